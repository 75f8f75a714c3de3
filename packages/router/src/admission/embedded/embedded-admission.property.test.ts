import fc from "fast-check";
import { testSameAnswers } from "../admission.property.test.support.js";
import { attempt, of } from "../conformance/asking.test.support.js";
import { commands } from "../conformance/commands.test.support.js";
import { HeldTime } from "../conformance/held-time.test.support.js";
import { Play } from "../conformance/play.test.support.js";
import type { Meter, MeterUse } from "../meter.js";
import { windowBuckets } from "../window-buckets.js";
import { EmbeddedAdmission } from "./embedded-admission.js";
import { ExactModel } from "./exact-model.test.support.js";

testSameAnswers("another embedded one", (time) => new EmbeddedAdmission({ nowMs: () => time.nowMs }), {
  numRuns: 20,
});

/** What is in use, held against what truly is: no less than that, and more only as far as a bucket is coarse. */
function isTrue({ meter, used, reserved }: MeterUse, model: ExactModel, nowMs: number): boolean {
  const { window } = meter;
  if (window.kind === "lease") return used === model.held(meter, nowMs);
  if (window.kind === "period")
    return (
      used === model.inPeriod(meter, window.startMs) && reserved === model.reserved(meter, window.startMs)
    );
  const coarseMs = 2 * windowBuckets(window.ms).bucketMs;
  return (
    used >= model.within(meter, window.ms, nowMs) &&
    used <= model.within(meter, window.ms + coarseMs, nowMs) &&
    reserved === model.reserved(meter, 0)
  );
}

/** What truly counts of a meter, with what is reserved. */
function taken(meter: Meter, model: ExactModel, nowMs: number): bigint {
  const { window } = meter;
  if (window.kind === "lease") return model.held(meter, nowMs);
  if (window.kind === "rolling") return model.within(meter, window.ms, nowMs) + model.reserved(meter, 0);
  return model.inPeriod(meter, window.startMs) + model.reserved(meter, window.startMs);
}

test("whatever happens: no limit is exceeded in any window, nothing that was admitted is lost, and a wait that is told is true", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (happening) => {
      const time = new HeldTime();
      const admission = new EmbeddedAdmission({ nowMs: () => time.nowMs });
      const model = new ExactModel();
      const play: Play = new Play([admission], time, {
        admitted: (admitted) => {
          model.admitted(admitted);
          // Of one that is charged twice the limit asked last counts.
          const meters = new Map<string, Meter>();
          for (const { meter } of [...admitted.requestCharges, ...admitted.charges])
            meters.set(meter.key, meter);
          for (const meter of meters.values())
            expect(taken(meter, model, time.nowMs) <= meter.limit).toBe(true);
        },
        released: ({ asked }, isSent) => model.released(asked.attemptId, isSent),
        finished: (id, isSent) => model.released(id, isSent),
        settled: ({ asked }, corrections) => model.settled(asked.attemptId, corrections),
        renewed: (attemptIds, requestIds) => model.renewed([...attemptIds, ...requestIds], time.nowMs),
        seeded: (meter, spent) => model.seeded(meter, spent, time.nowMs),
        after: () => {
          const untrue = admission.usage(play.meters()).filter((use) => !isTrue(use, model, time.nowMs));
          expect(untrue).toEqual([]);
        },
      });
      for (const command of happening) await play.run(command);

      for (const name of ["minute", "second"] as const) {
        const asked = attempt(`last of ${name}`, [[of(play.meterNamed(name, 9n), 5n)]]);
        const answer = admission.admit(asked);
        const waitMs = answer.kind === "refused" ? answer.refusals[0]?.fitsInMs : undefined;
        if (waitMs === undefined) continue;
        time.pass(waitMs - 1);
        expect(admission.admit(asked).kind).toBe("refused");
        time.pass(1);
        expect(admission.admit(asked).kind).toBe("admitted");
      }
    }),
    { numRuns: 200 },
  );
});
