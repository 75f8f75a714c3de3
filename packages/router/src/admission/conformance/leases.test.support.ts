import { leaseMs } from "../admission.js";
import type { FreshAdmission } from "../admission.conformance.test.support.js";
import { attempt, calls, fill, fitsInMs, of, outcomeOf } from "./asking.test.support.js";

export function describeLeases(fresh: () => Promise<FreshAdmission>): void {
  describe("lease", () => {
    const slots = calls("slots", 2n);

    test("is held until it is released", async () => {
      const { admission } = await fresh();
      await admission.admit(attempt("1", [[of(slots)]]));
      await admission.admit(attempt("2", [[of(slots)]]));
      expect(await fitsInMs(admission, attempt("3", [[of(slots)]]))).toBeUndefined();
      await admission.release("1", "sent");
      await admission.release("1", "sent");
      expect(await outcomeOf(admission, attempt("3", [[of(slots)]]))).toBe(0);
      expect(await outcomeOf(admission, attempt("4", [[of(slots)]]))).toBe("refused");
    });

    test("expires unless it is renewed, of attempts and of requests", async () => {
      const { admission, time } = await fresh();
      const callers = calls("caller", 2n);
      const more = { requestId: "request", requestCharges: [of(callers)] };
      await admission.admit(attempt("1", [[of(slots)]], more));
      await admission.admit(attempt("2", [[of(slots)]]));
      time.pass(leaseMs - 1);
      expect(await fill(admission, slots)).toEqual([2n, 0n]);
      await admission.renew({ attemptIds: ["1"], requestIds: ["request"] });
      time.pass(1);
      expect(await fill(admission, slots)).toEqual([1n, 0n]);
      time.pass(leaseMs - 2);
      expect(await fill(admission, callers)).toEqual([1n, 0n]);
      time.pass(1);
      expect(await fill(admission, slots)).toEqual([0n, 0n]);
      expect(await fill(admission, callers)).toEqual([0n, 0n]);
    });

    test("is taken again by a renewal that comes late, even above the limit", async () => {
      const { admission, time } = await fresh();
      await admission.admit(attempt("frozen", [[of(slots, 2n)]]));
      time.pass(2 * leaseMs);
      expect(await outcomeOf(admission, attempt("2", [[of(slots)]]))).toBe(0);
      await admission.renew({ attemptIds: ["frozen"], requestIds: [] });
      expect(await fill(admission, slots)).toEqual([3n, 0n]);
      await admission.release("frozen", "sent");
      expect(await fill(admission, slots)).toEqual([1n, 0n]);
    });

    test("does not come back to life after its release", async () => {
      const { admission } = await fresh();
      const more = { requestId: "request", requestCharges: [of(slots)] };
      await admission.admit(attempt("1", [[of(slots)]], more));
      await admission.release("1", "sent");
      await admission.finish("request", "sent");
      await admission.renew({ attemptIds: ["1"], requestIds: ["request"] });
      expect(await fill(admission, slots)).toEqual([0n, 0n]);
    });

    test("one that has expired is not given back again by its release", async () => {
      const { admission, time } = await fresh();
      await admission.admit(attempt("1", [[of(slots)]]));
      time.pass(leaseMs);
      await admission.admit(attempt("2", [[of(slots, 2n)]]));
      await admission.release("1", "sent");
      expect(await fill(admission, slots)).toEqual([2n, 0n]);
    });
  });
}
