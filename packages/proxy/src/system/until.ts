import { setTimeout } from "node:timers/promises";

/** Asks again and again until there is something other than `undefined` or `false`; the test's own deadline ends it. */
export async function until<Result>(
  ask: () => Result | undefined | false | Promise<Result | undefined | false>,
): Promise<Result> {
  for (;;) {
    const result = await ask();
    if (result !== undefined && result !== false) return result;
    // Without a reference: what is still asked when its test has failed must not keep the test run alive.
    await setTimeout(10, undefined, { ref: false });
  }
}
