import type { FreshAdmission } from "../admission.conformance.test.support.js";
import {
  attempt,
  bucketMs,
  calls,
  countedMs,
  fill,
  minute,
  money,
  of,
  settlement,
} from "./asking.test.support.js";

export function describeSettling(fresh: () => Promise<FreshAdmission>): void {
  describe("settle", () => {
    const tokens = minute("tokens", 1_000n);
    const marked = (sequence: bigint, journalId = "journal") => ({ journalId, sequence });

    test("puts what was used in the place of what was taken, where it was taken", async () => {
      const { admission, time } = await fresh();
      const admittedAtMs = time.nowMs;
      await admission.admit(attempt("1", [[of(tokens, 600n)]]));
      time.pass(10 * bucketMs);
      await admission.settle([settlement("1", admittedAtMs, [[tokens, 200n]])]);
      expect(await fill(admission, tokens)).toEqual([200n, 0n]);
      time.pass(countedMs - 10 * bucketMs - 1);
      expect(await fill(admission, tokens)).toEqual([200n, 0n]);
      time.pass(1);
      expect(await fill(admission, tokens)).toEqual([0n, 0n]);
    });

    test("leaves a window that has gone on, and what it does not name", async () => {
      const { admission, time } = await fresh();
      const images = minute("images", 9n, 600_000);
      const admittedAtMs = time.nowMs;
      await admission.admit(attempt("1", [[of(tokens, 600n), of(images, 2n)]]));
      time.pass(countedMs);
      await admission.admit(attempt("2", [[of(tokens, 100n)]]));
      await admission.settle([settlement("1", admittedAtMs, [[tokens, 10n]])]);
      expect(await fill(admission, tokens)).toEqual([100n, 0n]);
      expect(await fill(admission, images)).toEqual([2n, 0n]);
    });

    test("more than was taken counts in full, and keeps others out", async () => {
      const { admission, time } = await fresh();
      await admission.admit(attempt("1", [[of(tokens, 600n)]]));
      await admission.settle([settlement("1", time.nowMs, [[tokens, 1_400n]])]);
      expect(await fill(admission, tokens)).toEqual([1_400n, 0n]);
      expect((await admission.admit(attempt("2", [[of(tokens)]]))).kind).toBe("refused");
    });

    test("puts what an attempt has cost in the place of all money that is reserved for it, where it is known", async () => {
      const { admission, time } = await fresh();
      const budgets = ["one", "other"].map((key) => money(minute(key, 1_000n)));
      await admission.seed(budgets.map((meter) => ({ meter, spent: 0n })));
      await admission.admit(attempt("1", [[...budgets.map((meter) => of(meter, 600n)), of(tokens, 5n)]]));
      const cost = (attemptId: string) => ({ ...settlement(attemptId, time.nowMs, []), money: 70n });
      await admission.settle([cost("1"), cost("unknown")]);
      await admission.settle([cost("1")]);
      for (const budget of budgets) expect(await fill(admission, budget)).toEqual([70n, 0n]);
      expect(await fill(admission, tokens)).toEqual([5n, 0n]);
    });

    test("corrects a request's own charges too", async () => {
      const { admission, time } = await fresh();
      const callers = minute("caller", 1_000n);
      const more = { requestId: "request", requestCharges: [of(callers, 500n)] };
      await admission.admit(attempt("1", [[of(tokens, 500n)]], more));
      await admission.release("1", "sent");
      await admission.finish("request", "sent");
      await admission.settle([
        settlement("1", time.nowMs, [
          [callers, 70n],
          [tokens, 60n],
        ]),
      ]);
      expect(await fill(admission, callers)).toEqual([70n, 0n]);
      expect(await fill(admission, tokens)).toEqual([60n, 0n]);
    });

    test("of two charges of one meter each has its correction", async () => {
      const { admission, time } = await fresh();
      await admission.admit(attempt("1", [[of(tokens, 100n), of(tokens, 200n)]]));
      await admission.admit(attempt("2", [[of(tokens, 100n), of(tokens, 200n)]]));
      await admission.settle([settlement("1", time.nowMs, [[tokens, 10n]])]);
      expect(await fill(admission, tokens)).toEqual([510n, 0n]);
      await admission.settle([
        settlement("2", time.nowMs, [
          [tokens, 10n],
          [tokens, 10n],
        ]),
      ]);
      expect(await fill(admission, tokens)).toEqual([230n, 0n]);
    });

    test("without a mark it counts once for its attempt, before and after the release", async () => {
      const { admission, time } = await fresh();
      await admission.admit(attempt("1", [[of(tokens, 600n)]]));
      const once = settlement("1", time.nowMs, [[tokens, 200n]]);
      expect(await admission.settle([once, once])).toEqual(new Map());
      expect(await fill(admission, tokens)).toEqual([200n, 0n]);
      await admission.release("1", "sent");
      await admission.settle([once]);
      expect(await fill(admission, tokens)).toEqual([200n, 0n]);
      const forgotten = settlement("2", time.nowMs, [[tokens, 5n]]);
      await admission.settle([forgotten]);
      await admission.settle([forgotten]);
      expect(await fill(admission, tokens)).toEqual([205n, 0n]);
    });

    test("with a mark it is applied exactly once and in order", async () => {
      const { admission, time } = await fresh();
      const spend = (sequence: bigint, journalId?: string) =>
        settlement(`forgotten ${sequence}`, time.nowMs, [[tokens, sequence]], marked(sequence, journalId));
      expect(await admission.settle([spend(2n)])).toEqual(new Map([["journal", 0n]]));
      expect(await fill(admission, tokens)).toEqual([0n, 0n]);
      expect(await admission.settle([spend(1n), spend(2n), spend(2n), spend(4n), spend(5n)])).toEqual(
        new Map([["journal", 2n]]),
      );
      expect(await fill(admission, tokens)).toEqual([3n, 0n]);
      expect(await admission.settle([spend(1n), spend(2n), spend(3n)])).toEqual(new Map([["journal", 3n]]));
      expect(await fill(admission, tokens)).toEqual([6n, 0n]);
      expect(await admission.settle([spend(4n), spend(1n, "other")])).toEqual(
        new Map([
          ["journal", 4n],
          ["other", 1n],
        ]),
      );
      expect(await fill(admission, tokens)).toEqual([11n, 0n]);
    });

    test("a settlement that names nothing moves its mark on", async () => {
      const { admission, time } = await fresh();
      expect(await admission.settle([settlement("nobody", time.nowMs, [], marked(1n))])).toEqual(
        new Map([["journal", 1n]]),
      );
    });

    test("goes on from what a seed says is in its sums, of a journal that is not known yet", async () => {
      const { admission, time } = await fresh();
      const spend = (sequence: bigint) =>
        settlement(`forgotten ${sequence}`, time.nowMs, [[tokens, sequence]], marked(sequence));
      await admission.seed([], new Map([["journal", 5n]]));
      expect(await admission.settle([spend(5n), spend(6n)])).toEqual(new Map([["journal", 6n]]));
      expect(await fill(admission, tokens)).toEqual([6n, 0n]);
      await admission.seed([], new Map([["journal", 9n]]));
      expect(await admission.settle([spend(10n)])).toEqual(new Map([["journal", 6n]]));
      expect(await admission.settle([spend(7n)])).toEqual(new Map([["journal", 7n]]));
      expect(await fill(admission, tokens)).toEqual([13n, 0n]);
    });

    test("what is settled again under a further mark comes on top", async () => {
      const { admission, time } = await fresh();
      await admission.admit(attempt("1", [[of(tokens, 600n)]]));
      await admission.settle([settlement("1", time.nowMs, [[tokens, 500n]], marked(1n))]);
      await admission.settle([settlement("1", time.nowMs, [[tokens, -100n]], marked(2n))]);
      expect(await fill(admission, tokens)).toEqual([400n, 0n]);
      await admission.release("1", "sent");
      await admission.settle([settlement("1", time.nowMs, [[tokens, 50n]], marked(3n))]);
      expect(await fill(admission, tokens)).toEqual([450n, 0n]);
      await admission.settle([settlement("1", time.nowMs, [[tokens, -900n]], marked(4n))]);
      expect(await fill(admission, tokens)).toEqual([0n, 0n]);
    });

    test("an attempt that the store has forgotten is charged where it was admitted", async () => {
      const { admission, time } = await fresh();
      const admittedAtMs = time.nowMs;
      time.pass(countedMs - 1);
      await admission.settle([settlement("gone", admittedAtMs, [[tokens, 7n]])]);
      expect(await fill(admission, tokens)).toEqual([7n, 0n]);
      time.pass(1);
      expect(await fill(admission, tokens)).toEqual([0n, 0n]);
      await admission.settle([settlement("long gone", admittedAtMs, [[tokens, 7n]])]);
      expect(await fill(admission, tokens)).toEqual([0n, 0n]);
    });

    test("what is settled cannot be undone", async () => {
      const { admission, time } = await fresh();
      const slots = calls("slots", 1n);
      const budget = money(minute("budget", 100n));
      await admission.seed([{ meter: budget, spent: 0n }]);
      await admission.admit(attempt("1", [[of(tokens, 600n), of(budget, 50n), of(slots)]]));
      await admission.settle([settlement("1", time.nowMs, [[budget, 40n]], marked(1n))]);
      expect(await fill(admission, slots)).toEqual([1n, 0n]);
      await admission.release("1", "never sent");
      expect(await fill(admission, tokens)).toEqual([600n, 0n]);
      expect(await fill(admission, budget)).toEqual([40n, 0n]);
      expect(await fill(admission, slots)).toEqual([0n, 0n]);
    });
  });
}
