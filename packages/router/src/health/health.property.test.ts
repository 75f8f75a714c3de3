import fc from "fast-check";
import type { Verdict } from "../retries/classification.js";
import type { Turn } from "./health.js";
import { HeldHealth, deploymentNamed } from "./health.test.support.js";

const verdicts: readonly Verdict[] = (["never", "counted", "as asked", "short", "long"] as const).map(
  (cooldown) => ({ errorClass: "APIError", next: "anywhere", billed: "no", cooldown }),
);

/** What may happen to a group: a call begins, one of those under way ends, or time passes. */
const command = fc.oneof(
  fc.record({ kind: fc.constant("begin" as const), index: fc.nat(3) }),
  fc.record({
    kind: fc.constant("end" as const),
    which: fc.nat(20),
    verdict: fc.option(fc.constantFrom(...verdicts)),
    retryAfterMs: fc.option(fc.nat(120_000), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.oneof(fc.nat(2_000), fc.nat(700_000)) }),
);

const settings = fc.record(
  { allowedFails: fc.nat(3), cooldownMs: fc.integer({ min: 1, max: 100_000 }) },
  { requiredKeys: [] },
);

test("whatever happens: nobody is called while cooling, one at a time while half-open, and no cooldown is cut short", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      settings,
      fc.array(command, { maxLength: 120, size: "max" }),
      async (size, given, commands) => {
        const group = Array.from({ length: size }, (_, index) => deploymentNamed(String(index)));
        const held = new HeldHealth(group, given, () => 0.5);
        const underWay: Turn[] = [];
        const coolingUntilMs = new Map<string, number>();
        for (const each of commands) {
          const { nowMs } = held.clock;
          if (each.kind === "pass") held.clock.pass(each.ms);
          else if (each.kind === "begin") {
            const deployment = group[each.index % size] as Turn["deployment"];
            const standing = held.health.standingOf(deployment);
            const hasProbe = underWay.some((turn) => turn.isProbe && turn.deployment === deployment);
            const turn = await held.health.turnAt(deployment);
            const mayBeCalled = standing === "well" || (standing === "half-open" && !hasProbe);
            expect(turn !== undefined).toBe(mayBeCalled);
            if (turn === undefined) continue;
            expect(nowMs).toBeGreaterThanOrEqual(coolingUntilMs.get(deployment.id) ?? 0);
            expect(turn.isProbe).toBe(standing === "half-open");
            underWay.push(turn);
          } else if (underWay.length > 0) {
            const [turn] = underWay.splice(each.which % underWay.length, 1) as [Turn];
            if (each.verdict === null) held.health.succeeded(turn);
            else held.fail(turn, each.verdict, each.retryAfterMs);
          }
          for (const deployment of group) {
            if (held.health.standingOf(deployment) !== "cooling") continue;
            const untilMs = held.health.callableAtMs(deployment);
            expect(untilMs).toBeGreaterThanOrEqual(coolingUntilMs.get(deployment.id) ?? 0);
            coolingUntilMs.set(deployment.id, untilMs);
          }
        }
        // Whoever is out comes back by itself: at the latest after the longest time, by a probe that succeeds.
        for (const turn of underWay) held.health.unused(turn);
        held.clock.pass(3_600_000 + 100_000);
        for (const [index, deployment] of group.entries()) {
          await held.success(index);
          expect(held.health.standingOf(deployment)).toBe("well");
        }
        const told = (what: string): number => held.events.filter((event) => event.includes(what)).length;
        expect(told("ended")).toBe(told("began"));
      },
    ),
    { numRuns: 300 },
  );
});
