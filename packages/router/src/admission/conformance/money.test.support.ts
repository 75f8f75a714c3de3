import { leaseMs } from "../admission.js";
import type { FreshAdmission } from "../admission.conformance.test.support.js";
import {
  attempt,
  countedMs,
  fill,
  fitsInMs,
  minute,
  money,
  of,
  outcomeOf,
  period,
  refusalsOf,
  settlement,
} from "./asking.test.support.js";

const dayMs = 86_400_000;

export function describeMoney(fresh: () => Promise<FreshAdmission>): void {
  describe("money", () => {
    const begin = async () => {
      const { admission, time } = await fresh();
      const startedAtMs = time.nowMs;
      const budget = money(period("budget", 100n, startedAtMs, startedAtMs + dayMs));
      return { admission, time, startedAtMs, budget };
    };

    test("must be told what was spent before, and only money", async () => {
      const { admission, budget } = await begin();
      const other = money(minute("other", 100n));
      const asked = attempt("1", [
        [of(minute("m", 1n)), of(budget)],
        [of(other), of(budget)],
      ]);
      expect(await admission.admit(asked)).toEqual({ kind: "unseeded", meters: [budget, other] });
      expect(await fill(admission, minute("m", 1n))).toEqual([0n, 0n]);
      await admission.seed([
        { meter: budget, spent: 99n },
        { meter: other, spent: 0n },
      ]);
      expect(await outcomeOf(admission, asked)).toBe(0);
      expect(await fill(admission, budget)).toEqual([99n, 1n]);
    });

    test("is told once", async () => {
      const { admission, budget } = await begin();
      await admission.seed([{ meter: budget, spent: 40n }]);
      await admission.seed([{ meter: budget, spent: 7n }]);
      expect(await fill(admission, budget)).toEqual([40n, 0n]);
    });

    test("a new period must be told of anew", async () => {
      const { admission, time, budget, startedAtMs } = await begin();
      await admission.seed([{ meter: budget, spent: 0n }]);
      time.pass(dayMs);
      const next = money(period("budget", 100n, startedAtMs + dayMs, startedAtMs + 2 * dayMs));
      expect(await outcomeOf(admission, attempt("1", [[of(next)]]))).toBe("unseeded");
    });

    test("is reserved until it is settled, whatever else happens", async () => {
      const { admission, time, budget, startedAtMs } = await begin();
      await admission.seed([{ meter: budget, spent: 0n }]);
      await admission.admit(attempt("1", [[of(budget, 60n)]]));
      await admission.release("1", "sent");
      await admission.finish("request of 1", "sent");
      time.pass(100 * leaseMs);
      expect(await fill(admission, budget)).toEqual([0n, 60n]);
      expect(await outcomeOf(admission, attempt("2", [[of(budget, 41n)]]))).toBe("refused");
      await admission.settle([settlement("1", startedAtMs, [[budget, 45n]])]);
      expect(await fill(admission, budget)).toEqual([45n, 0n]);
      expect(await outcomeOf(admission, attempt("2", [[of(budget, 55n)]]))).toBe(0);
    });

    test("comes back of an attempt that was never sent", async () => {
      const { admission, budget } = await begin();
      await admission.seed([{ meter: budget, spent: 10n }]);
      await admission.admit(attempt("1", [[of(budget, 60n)]]));
      await admission.release("1", "never sent");
      expect(await fill(admission, budget)).toEqual([10n, 0n]);
    });

    test("more than was reserved is charged in full", async () => {
      const { admission, budget, startedAtMs } = await begin();
      await admission.seed([{ meter: budget, spent: 0n }]);
      await admission.admit(attempt("1", [[of(budget, 90n)]]));
      await admission.settle([settlement("1", startedAtMs, [[budget, 130n]])]);
      expect(await refusalsOf(admission, attempt("2", [[of(budget, 0n)]]))).toEqual([
        expect.objectContaining({ used: 130n, reserved: 0n, limit: 100n, fitsInMs: dayMs }),
      ]);
    });

    test("what its settlement does not name was spent as it was reserved", async () => {
      const { admission, budget, startedAtMs } = await begin();
      await admission.seed([{ meter: budget, spent: 0n }]);
      await admission.admit(attempt("1", [[of(budget, 90n)]]));
      await admission.settle([settlement("1", startedAtMs, [])]);
      expect(await fill(admission, budget)).toEqual([90n, 0n]);
    });

    test("a late settlement goes into the period of its admission, and not into the next", async () => {
      const { admission, time, budget, startedAtMs } = await begin();
      await admission.seed([{ meter: budget, spent: 0n }]);
      time.pass(dayMs - 1);
      await admission.admit(attempt("1", [[of(budget, 90n)]]));
      time.pass(2_000);
      const next = money(period("budget", 100n, startedAtMs + dayMs, startedAtMs + 2 * dayMs));
      await admission.seed([{ meter: next, spent: 0n }]);
      await admission.settle([settlement("1", startedAtMs + dayMs - 1, [[budget, 80n]])]);
      expect(await fill(admission, budget)).toEqual([80n, 0n]);
      expect(await fill(admission, next)).toEqual([0n, 0n]);
    });

    test("in a rolling window it is spent when it was admitted, and open reservations stay", async () => {
      const { admission, time, startedAtMs } = await begin();
      const budget = money(minute("budget", 100n));
      await admission.seed([{ meter: budget, spent: 0n }]);
      await admission.admit(attempt("1", [[of(budget, 60n)]]));
      await admission.admit(attempt("2", [[of(budget, 30n)]]));
      time.pass(countedMs - 1);
      await admission.settle([settlement("1", startedAtMs, [[budget, 50n]])]);
      expect(await fill(admission, budget)).toEqual([50n, 30n]);
      time.pass(1);
      expect(await fill(admission, budget)).toEqual([0n, 30n]);
      await admission.settle([settlement("2", startedAtMs, [[budget, 30n]])]);
      expect(await fill(admission, budget)).toEqual([0n, 0n]);
    });

    test("tells when it fits: not while only reservations are in the way", async () => {
      const { admission, time, budget, startedAtMs } = await begin();
      const rolling = money(minute("rolling", 100n));
      await admission.seed([
        { meter: budget, spent: 0n },
        { meter: rolling, spent: 0n },
      ]);
      await admission.admit(attempt("1", [[of(budget, 20n), of(rolling, 20n)]]));
      await admission.settle([
        settlement("1", startedAtMs, [
          [budget, 20n],
          [rolling, 20n],
        ]),
      ]);
      await admission.admit(attempt("2", [[of(budget, 70n), of(rolling, 70n)]]));
      time.pass(1_000);
      const wait = (meter: typeof budget, amount: bigint) =>
        fitsInMs(admission, attempt("3", [[of(meter, amount)]]));
      expect(await wait(budget, 80n)).toBeUndefined();
      expect(await wait(budget, 81n)).toBe(dayMs - 1_000);
      expect(await wait(budget, 101n)).toBeUndefined();
      expect(await wait(rolling, 80n)).toBeUndefined();
      // Even when all that was spent has left the window there is no room beside what is reserved.
      expect(await wait(rolling, 81n)).toBeUndefined();
      await admission.settle([settlement("2", startedAtMs, [[rolling, 10n]])]);
      expect(await wait(rolling, 81n)).toBe(countedMs - 1_000);
    });

    test("what is settled before its meter was told is not lost", async () => {
      const { admission, budget, startedAtMs } = await begin();
      await admission.settle([settlement("forgotten", startedAtMs, [[budget, 30n]])]);
      expect(await outcomeOf(admission, attempt("1", [[of(budget)]]))).toBe("unseeded");
      await admission.seed([{ meter: budget, spent: 40n }]);
      expect(await fill(admission, budget)).toEqual([70n, 0n]);
    });
  });
}
