import type { FreshAdmission } from "../admission.conformance.test.support.js";
import { attempt, calls, fill, minute, of, outcomeOf, refusalsOf } from "./asking.test.support.js";

export function describeAdmitting(fresh: () => Promise<FreshAdmission>): void {
  describe("admit", () => {
    const requests = minute("requests", 2n);
    const images = minute("images", 5n);
    const slots = calls("slots", 9n);

    test("admits what is exactly full and not one more", async () => {
      const { admission } = await fresh();
      expect(await outcomeOf(admission, attempt("1", [[of(images, 5n)]]))).toBe(0);
      expect(await outcomeOf(admission, attempt("2", [[of(images)]]))).toBe("refused");
    });

    test("takes all charges or none", async () => {
      const { admission } = await fresh();
      const asked = attempt("1", [[of(requests), of(slots), of(images, 6n)]], {
        requestCharges: [of(minute("caller", 9n))],
      });
      expect(await outcomeOf(admission, asked)).toBe("refused");
      for (const meter of [requests, slots, images, minute("caller", 9n)])
        expect(await fill(admission, meter)).toEqual([0n, 0n]);
    });

    test("takes from the first candidate that fits, and from no other", async () => {
      const { admission } = await fresh();
      const [a, b, c] = [minute("a", 0n), minute("b", 1n), minute("c", 1n)];
      expect(await outcomeOf(admission, attempt("1", [[of(a)], [of(b)], [of(c)]]))).toBe(1);
      expect(await outcomeOf(admission, attempt("2", [[of(a)], [of(b)], [of(c)]]))).toBe(2);
      expect(await refusalsOf(admission, attempt("3", [[of(a)], [of(b)], [of(c)]]))).toEqual([
        { candidate: 0, charge: of(a), meter: a, used: 0n, reserved: 0n, limit: 0n, fitsInMs: undefined },
        expect.objectContaining({ candidate: 1, charge: of(b), used: 1n }),
        expect.objectContaining({ candidate: 2, charge: of(c), used: 1n }),
      ]);
    });

    test("answers again as it did, and takes nothing", async () => {
      const { admission } = await fresh();
      const [full, free] = [minute("full", 0n), minute("free", 1n)];
      const asked = attempt("1", [[of(full)], [of(free)]], { requestCharges: [of(slots)] });
      const answer = await admission.admit(asked);
      expect(answer).toEqual({
        kind: "admitted",
        candidate: 1,
        use: [
          { meter: free, used: 1n, reserved: 0n, limit: 1n },
          { meter: slots, used: 1n, reserved: 0n, limit: 9n },
        ],
      });
      expect(await admission.admit(asked)).toEqual(answer);
      expect(await fill(admission, free)).toEqual([1n, 0n]);
      expect(await fill(admission, slots)).toEqual([1n, 0n]);
    });

    test("what was refused may be asked again", async () => {
      const { admission } = await fresh();
      await admission.admit(attempt("1", [[of(slots, 9n)]]));
      expect(await outcomeOf(admission, attempt("2", [[of(slots)]]))).toBe("refused");
      await admission.release("1", "sent");
      expect(await outcomeOf(admission, attempt("2", [[of(slots)]]))).toBe(0);
    });

    test("takes a request's charges once, with its first admission", async () => {
      const { admission } = await fresh();
      const caller = minute("caller", 1n);
      const more = { requestId: "request", requestCharges: [of(caller)] };
      expect(await outcomeOf(admission, attempt("1", [[of(requests, 3n)]], more))).toBe("refused");
      expect(await outcomeOf(admission, attempt("2", [[of(requests)]], more))).toBe(0);
      expect(await outcomeOf(admission, attempt("3", [[of(requests)]], more))).toBe(0);
      expect(await fill(admission, caller)).toEqual([1n, 0n]);
      expect(
        await refusalsOf(admission, attempt("4", [[of(slots)]], { requestCharges: [of(caller)] })),
      ).toEqual([expect.objectContaining({ candidate: undefined, charge: of(caller), used: 1n })]);
      expect(await fill(admission, slots)).toEqual([0n, 0n]);
    });

    test("a request may take nothing but its own charges", async () => {
      const { admission } = await fresh();
      const caller = minute("caller", 1n);
      expect(await outcomeOf(admission, attempt("1", [], { requestCharges: [of(caller)] }))).toBe(-1);
      expect(await outcomeOf(admission, attempt("2", [], { requestCharges: [of(caller)] }))).toBe("refused");
    });

    test("charges of one meter add up, the request's and the candidate's too", async () => {
      const { admission } = await fresh();
      const twice = [of(images, 2n), of(images, 2n)];
      expect(
        await refusalsOf(admission, attempt("1", [twice], { requestCharges: [of(images, 2n)] })),
      ).toEqual([expect.objectContaining({ candidate: 0, charge: of(images, 2n), used: 0n, limit: 5n })]);
      expect(await outcomeOf(admission, attempt("2", [twice], { requestCharges: [of(images)] }))).toBe(0);
      expect(await fill(admission, images)).toEqual([5n, 0n]);
    });

    test("the limit that is asked with counts, whatever it was before", async () => {
      const { admission } = await fresh();
      expect(await outcomeOf(admission, attempt("1", [[of(minute("m", 3n), 3n)]]))).toBe(0);
      expect(await outcomeOf(admission, attempt("2", [[of(minute("m", 4n))]]))).toBe(0);
      expect(await outcomeOf(admission, attempt("3", [[of(minute("m", 2n))]]))).toBe("refused");
    });

    test("amounts are exact up to four million dollars", async () => {
      const { admission } = await fresh();
      const most = minute("most", 4_000_000_000_000_000n);
      expect(await outcomeOf(admission, attempt("1", [[of(most, 3_999_999_999_999_998n)]]))).toBe(0);
      expect(await outcomeOf(admission, attempt("2", [[of(most, 3n)]]))).toBe("refused");
      expect(await outcomeOf(admission, attempt("3", [[of(most, 1n)]]))).toBe(0);
      expect(await outcomeOf(admission, attempt("4", [[of(most, 1n)]]))).toBe(0);
      expect(await fill(admission, most)).toEqual([4_000_000_000_000_000n, 0n]);
    });

    test("an attempt that was never sent gives all back, and its request keeps its own", async () => {
      const { admission } = await fresh();
      const caller = minute("caller", 1n);
      const more = { requestId: "request", requestCharges: [of(caller)] };
      await admission.admit(attempt("1", [[of(images, 5n), of(slots)]], more));
      await admission.release("1", "never sent");
      await admission.release("1", "never sent");
      expect(await fill(admission, images)).toEqual([0n, 0n]);
      expect(await fill(admission, slots)).toEqual([0n, 0n]);
      expect(await fill(admission, caller)).toEqual([1n, 0n]);
      await admission.finish("request", "never sent");
      await admission.finish("request", "never sent");
      expect(await fill(admission, caller)).toEqual([0n, 0n]);
    });

    test("one that was sent gives its leases back and nothing else", async () => {
      const { admission } = await fresh();
      const [caller, callerSlots] = [minute("caller", 1n), calls("caller's slots", 1n)];
      const more = { requestId: "request", requestCharges: [of(caller), of(callerSlots)] };
      await admission.admit(attempt("1", [[of(images, 5n), of(slots)]], more));
      await admission.release("1", "sent");
      await admission.release("1", "never sent");
      expect(await fill(admission, images)).toEqual([5n, 0n]);
      expect(await fill(admission, slots)).toEqual([0n, 0n]);
      expect(await fill(admission, callerSlots)).toEqual([1n, 0n]);
      await admission.finish("request", "sent");
      await admission.finish("request", "never sent");
      expect(await fill(admission, callerSlots)).toEqual([0n, 0n]);
      expect(await fill(admission, caller)).toEqual([1n, 0n]);
    });

    test("unknown ids are passed over", async () => {
      const { admission } = await fresh();
      await admission.release("nobody", "never sent");
      await admission.finish("nobody", "sent");
      await admission.renew({ attemptIds: ["nobody"], requestIds: ["nobody"] });
      expect(await fill(admission, slots)).toEqual([0n, 0n]);
    });

    test("tells when something came back, until it is told to stop", async () => {
      const { admission } = await fresh();
      let told = 0;
      let heard: () => void = () => undefined;
      const stop = admission.onReturned(() => {
        told += 1;
        heard();
      });
      const returned = new Promise<void>((resolve) => (heard = resolve));
      await admission.admit(attempt("1", [[of(slots)]]));
      expect(told).toBe(0);
      await admission.release("1", "sent");
      await returned;
      stop();
      const toldBefore = told;
      await admission.admit(attempt("2", [[of(slots)]]));
      await admission.release("2", "sent");
      expect(told).toBe(toldBefore);
    });
  });
}
