import fc from "fast-check";
import { LatestUse } from "../latest-use.js";
import type { Meter } from "../meter.js";
import { LearnedLimits } from "./learned-limits.js";

/** An answer after a while, of an attempt that began a while before it. */
const answer = fc.record({
  afterMs: fc.nat(90_000),
  tookMs: fc.nat(120_000),
  used: fc.nat(120),
  limit: fc.option(fc.nat(300)),
  remaining: fc.option(fc.nat(300)),
  reset: fc.option(fc.constantFrom("0s", "120ms", "1s", "1m0s", "6h0m0s", "nonsense")),
  error: fc.option(
    fc.constantFrom({ type: "images" }, { code: "slow_down" }, { type: "input-images" }, undefined),
  ),
  retryAfter: fc.option(fc.constantFrom("0", "1", "3600", "nonsense")),
});

const longestMs = 600_000;
const wholeAfterMs = 18 * 60_000;

test("whatever an upstream says: never more than configured, never for long, and whole again after clean time", () => {
  fc.assert(
    fc.property(
      fc.array(answer, { maxLength: 60, size: "max" }),
      fc.integer({ min: 1, max: 200 }),
      (answers, limit) => {
        let nowMs = 0;
        const meter: Meter = { key: "images", window: { kind: "rolling", ms: 60_000 }, limit: BigInt(limit) };
        const use = new LatestUse(new Set([meter.key]), () => nowMs);
        const held: { limit: bigint; untilMs: number }[] = [];
        const constrain = (of: Meter, to: bigint, forMs: number): void => {
          expect(of).toBe(meter);
          expect(to).toBeLessThan(meter.limit);
          expect(to).toBeGreaterThanOrEqual(0n);
          expect(forMs).toBeGreaterThan(0);
          expect(forMs).toBeLessThanOrEqual(longestMs);
          held.push({ limit: to, untilMs: nowMs + forMs });
        };
        let differences = 0;
        const learned = new LearnedLimits(
          { constrain },
          use,
          () => nowMs,
          () => (differences += 1),
        );
        for (const { afterMs, tookMs, used, limit, remaining, reset, error, retryAfter } of answers) {
          nowMs += afterMs;
          const headers = {
            ...(limit !== null && { "x-ratelimit-limit-images": String(limit) }),
            ...(remaining !== null && { "x-ratelimit-remaining-images": String(remaining) }),
            ...(reset !== null && { "x-ratelimit-reset-images": reset }),
            ...(retryAfter !== null && { "retry-after": retryAfter }),
          };
          const admitted = [{ meter, used: BigInt(used), reserved: 0n, limit: meter.limit }];
          use.note(admitted);
          learned.note({
            quota: "org",
            meters: [{ dimension: "images", meter }],
            admitted,
            startedAtMs: nowMs - tookMs,
            headers,
            ...(error !== null && { rateLimited: { error } }),
          });
        }
        expect(differences).toBeLessThanOrEqual(2);
        // Nothing lasts by itself, and a good answer after clean time holds nothing back.
        nowMs += Math.max(longestMs, wholeAfterMs);
        expect(held.filter(({ untilMs }) => untilMs > nowMs)).toEqual([]);
        held.length = 0;
        const whole = {
          "x-ratelimit-limit-images": String(limit),
          "x-ratelimit-remaining-images": String(limit),
        };
        learned.note({
          quota: "org",
          meters: [{ dimension: "images", meter }],
          admitted: [],
          startedAtMs: nowMs,
          headers: whole,
        });
        expect(held).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});
