import fc from "fast-check";
import type { Admission } from "./admission.js";
import { commands } from "./conformance/commands.test.support.js";
import { HeldTime } from "./conformance/held-time.test.support.js";
import { Play } from "./conformance/play.test.support.js";
import { EmbeddedAdmission } from "./embedded/embedded-admission.js";

/**
 * Whatever happens, an implementation answers as the embedded one does.
 * @param make an admission without any state whose only clock is the time that is given
 */
export function testSameAnswers(
  name: string,
  make: (time: HeldTime) => Promise<Admission> | Admission,
  { numRuns }: { readonly numRuns: number },
): void {
  // Thousands of questions, one after the other: on a busy machine they take a while.
  const mostMs = 180_000;
  test(
    `${name}: whatever happens, it answers as the embedded admission does`,
    async () => {
      await fc.assert(
        fc.asyncProperty(commands, async (happening) => {
          const time = new HeldTime();
          const admission = await make(time);
          try {
            const play = new Play([new EmbeddedAdmission({ nowMs: () => time.nowMs }), admission], time);
            for (const command of happening) await play.run(command);
          } finally {
            await admission.close();
          }
        }),
        { numRuns },
      );
    },
    mostMs,
  );
}
