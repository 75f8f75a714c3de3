import type { FreshAdmission } from "../admission.conformance.test.support.js";
import { windowBuckets } from "../window-buckets.js";
import {
  attempt,
  bucketMs,
  countedMs,
  fill,
  fitsInMs,
  minute,
  minuteMs,
  of,
  outcomeOf,
  period,
} from "./asking.test.support.js";

const dayMs = 86_400_000;

export function describeWindows(fresh: () => Promise<FreshAdmission>): void {
  describe("rolling window", () => {
    test.each([1, 200, 1_000, 60_000, minuteMs, 30 * dayMs])(
      "of %d ms: nothing returns before it has passed, all of it a bucket later",
      async (ms) => {
        const { admission, time } = await fresh();
        const meter = minute("m", 1n, ms);
        const sizeMs = windowBuckets(ms).bucketMs;
        // In the middle of a bucket, so that its beginning and its end differ from it.
        time.pass(sizeMs - (time.nowMs % sizeMs) + Math.floor(sizeMs / 2));
        expect(await outcomeOf(admission, attempt("1", [[of(meter)]]))).toBe(0);
        time.pass(ms - 1);
        expect(await outcomeOf(admission, attempt("2", [[of(meter)]]))).toBe("refused");
        const waitMs = (await fitsInMs(admission, attempt("2", [[of(meter)]]))) ?? NaN;
        expect(waitMs).toBeGreaterThanOrEqual(1);
        expect(waitMs).toBeLessThanOrEqual(2 * sizeMs);
        time.pass(waitMs - 1);
        expect(await outcomeOf(admission, attempt("2", [[of(meter)]]))).toBe("refused");
        time.pass(1);
        expect(await outcomeOf(admission, attempt("2", [[of(meter)]]))).toBe(0);
      },
    );

    test("tells when an amount will fit, from the oldest buckets that make room for it", async () => {
      const { admission, time } = await fresh();
      const meter = minute("m", 10n);
      await admission.admit(attempt("1", [[of(meter, 2n)]]));
      time.pass(10 * bucketMs);
      await admission.admit(attempt("2", [[of(meter, 3n)]]));
      time.pass(10 * bucketMs + 100);
      await admission.admit(attempt("3", [[of(meter, 5n)]]));
      const wait = (amount: bigint) => fitsInMs(admission, attempt("4", [[of(meter, amount)]]));
      const passedMs = 20 * bucketMs + 100;
      expect(await wait(1n)).toBe(countedMs - passedMs);
      expect(await wait(2n)).toBe(countedMs - passedMs);
      expect(await wait(3n)).toBe(countedMs - passedMs + 10 * bucketMs);
      expect(await wait(5n)).toBe(countedMs - passedMs + 10 * bucketMs);
      expect(await wait(6n)).toBe(countedMs - 100);
      expect(await wait(10n)).toBe(countedMs - 100);
      expect(await wait(11n)).toBeUndefined();
      time.pass(countedMs - passedMs);
      expect(await fill(admission, meter)).toEqual([8n, 0n]);
    });

    test("counts what the same admission would take before", async () => {
      const { admission, time } = await fresh();
      const meter = minute("m", 10n);
      await admission.admit(attempt("1", [[of(meter, 6n)]]));
      time.pass(bucketMs);
      await admission.admit(attempt("2", [[of(meter, 2n)]]));
      expect(await fitsInMs(admission, attempt("3", [[of(meter, 2n), of(meter, 7n)]]))).toBe(countedMs);
      expect(await fitsInMs(admission, attempt("3", [[of(meter, 2n), of(meter, 9n)]]))).toBeUndefined();
    });

    test("forgets all after a long silence", async () => {
      const { admission, time } = await fresh();
      const meter = minute("m", 3n);
      await admission.admit(attempt("1", [[of(meter, 3n)]]));
      time.pass(1_000 * minuteMs);
      expect(await fill(admission, meter)).toEqual([0n, 0n]);
      expect(await outcomeOf(admission, attempt("2", [[of(meter, 3n)]]))).toBe(0);
    });

    test("meters of one key and different lengths count for themselves", async () => {
      const { admission } = await fresh();
      await admission.admit(attempt("1", [[of(minute("m", 1n))]]));
      expect(await outcomeOf(admission, attempt("2", [[of(minute("m", 1n, 1_000))]]))).toBe(0);
    });
  });

  describe("period", () => {
    test("counts from its start until before its end, and begins anew", async () => {
      const { admission, time } = await fresh();
      const startMs = time.nowMs;
      const endMs = startMs + dayMs;
      const today = period("m", 2n, startMs, endMs);
      const tomorrow = period("m", 2n, endMs, endMs + dayMs);
      expect(await outcomeOf(admission, attempt("1", [[of(today, 2n)]]))).toBe(0);
      time.pass(1_000);
      expect(await fitsInMs(admission, attempt("2", [[of(today)]]))).toBe(dayMs - 1_000);
      expect(await fitsInMs(admission, attempt("2", [[of(today, 3n)]]))).toBeUndefined();
      time.pass(dayMs - 1_001);
      expect(await outcomeOf(admission, attempt("2", [[of(today)]]))).toBe("refused");
      expect(await admission.admit(attempt("3", [[of(tomorrow)]]))).toEqual({
        kind: "wrong period",
        nowMs: endMs - 1,
      });
      time.pass(1);
      expect(await admission.admit(attempt("4", [[of(today)]]))).toEqual({
        kind: "wrong period",
        nowMs: endMs,
      });
      expect(await outcomeOf(admission, attempt("5", [[of(tomorrow, 2n)]]))).toBe(0);
    });

    test("the wrong one of any charge that would be taken counts, of a request only with its first admission", async () => {
      const { admission, time } = await fresh();
      const over = period("over", 9n, time.nowMs - 1_000, time.nowMs);
      const today = period("today", 9n, time.nowMs, time.nowMs + 1_000);
      const free = [of(minute("m", 9n))];
      expect(await outcomeOf(admission, attempt("1", [free, [of(over)]]))).toBe("wrong period");
      expect(await outcomeOf(admission, attempt("2", [free], { requestCharges: [of(over)] }))).toBe(
        "wrong period",
      );
      const more = { requestId: "request", requestCharges: [of(today)] };
      expect(await outcomeOf(admission, attempt("3", [free], more))).toBe(0);
      time.pass(1_000);
      expect(await outcomeOf(admission, attempt("4", [free], more))).toBe(0);
    });

    test("a release after its end undoes what was taken there", async () => {
      const { admission, time } = await fresh();
      const hour = period("m", 2n, time.nowMs, time.nowMs + 3_600_000);
      await admission.admit(attempt("1", [[of(hour, 2n)]]));
      time.pass(3_600_000);
      expect(await fill(admission, hour)).toEqual([2n, 0n]);
      await admission.release("1", "never sent");
      expect(await fill(admission, hour)).toEqual([0n, 0n]);
    });
  });
}
