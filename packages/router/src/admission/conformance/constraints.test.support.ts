import type { FreshAdmission } from "../admission.conformance.test.support.js";
import {
  attempt,
  calls,
  countedMs,
  fitsInMs,
  minute,
  of,
  outcomeOf,
  refusalsOf,
} from "./asking.test.support.js";

export function describeConstraints(fresh: () => Promise<FreshAdmission>): void {
  describe("constrain", () => {
    const meter = minute("m", 10n);

    test("lowers a limit for so long", async () => {
      const { admission, time } = await fresh();
      await admission.constrain(meter, 3n, 5_000);
      expect(await admission.usage([meter])).toEqual([{ meter, used: 0n, reserved: 0n, limit: 3n }]);
      expect(await outcomeOf(admission, attempt("1", [[of(meter, 3n)]]))).toBe(0);
      time.pass(4_999);
      expect(await refusalsOf(admission, attempt("2", [[of(meter)]]))).toEqual([
        expect.objectContaining({ used: 3n, limit: 3n, fitsInMs: 1 }),
      ]);
      time.pass(1);
      expect(await outcomeOf(admission, attempt("2", [[of(meter, 7n)]]))).toBe(0);
    });

    test("never raises one", async () => {
      const { admission } = await fresh();
      await admission.constrain(meter, 30n, 5_000);
      expect(await outcomeOf(admission, attempt("1", [[of(meter, 11n)]]))).toBe("refused");
    });

    test("of several the lowest that holds counts, in whatever order they came", async () => {
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [1, 0, 2],
      ]) {
        const { admission, time } = await fresh();
        const constraints = [
          [2n, 1_000],
          [5n, 2_000],
          [7n, 1_500],
        ] satisfies [bigint, number][];
        for (const index of order) {
          const [limit, forMs] = constraints[index]!;
          await admission.constrain(meter, limit, forMs);
        }
        const limits: bigint[] = [];
        for (const passMs of [999, 1, 600, 399, 1]) {
          time.pass(passMs);
          limits.push((await admission.usage([meter]))[0]!.limit);
        }
        expect(limits).toEqual([2n, 5n, 5n, 5n, 10n]);
      }
    });

    test("a refusal tells when it fits, by the limits that hold then", async () => {
      const { admission } = await fresh();
      await admission.admit(attempt("1", [[of(meter, 4n)]]));
      await admission.constrain(meter, 2n, 1_000);
      await admission.constrain(meter, 5n, countedMs + 2_000);
      const wait = (amount: bigint) => fitsInMs(admission, attempt("2", [[of(meter, amount)]]));
      expect(await wait(1n)).toBe(1_000);
      expect(await wait(2n)).toBe(countedMs);
      expect(await wait(6n)).toBe(countedMs + 2_000);
      expect(await wait(11n)).toBeUndefined();
    });

    test("holds for leases as well", async () => {
      const { admission, time } = await fresh();
      const slots = calls("slots", 4n);
      await admission.constrain(slots, 1n, 1_000);
      expect(await outcomeOf(admission, attempt("1", [[of(slots)]]))).toBe(0);
      expect(await fitsInMs(admission, attempt("2", [[of(slots)]]))).toBe(1_000);
      time.pass(1_000);
      expect(await outcomeOf(admission, attempt("2", [[of(slots)]]))).toBe(0);
    });
  });
}
