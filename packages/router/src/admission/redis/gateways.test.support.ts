import { type Timers, backgroundTimers } from "../../memory/timers.js";
import { RedisConnection } from "../../redis/redis-connection.js";
import type { RedisSettings } from "../../redis/redis-settings.js";
import { SharedAdmission } from "./shared-admission.js";
import type { SharedAdmissionSettings, SharedAdmissionSurroundings } from "./shared-admission-settings.js";

/** For tests in which Redis always answers: however busy the machine is, it is not taken for gone after a quarter of a second. */
export const patience: Timers = {
  after: (milliseconds, callback) => backgroundTimers.after(Math.max(milliseconds, 20_000), callback),
};

/** Gateways, as far as their limits are concerned, gone after the test. */
export class Gateways {
  readonly #open: { admission: SharedAdmission; connection: RedisConnection }[] = [];

  /** One more. A Redis that does not answer is not waited for. */
  async start(
    settings: RedisSettings,
    shared: Partial<SharedAdmissionSettings> = {},
    surroundings: SharedAdmissionSurroundings = {},
  ): Promise<SharedAdmission> {
    const { timers } = surroundings;
    const connection = new RedisConnection(settings, timers && { timers });
    const admission = new SharedAdmission(connection, { onFailure: "local-share", ...shared }, surroundings);
    this.#open.push({ admission, connection });
    const isListened = timers === patience ? bothReady(connection) : undefined;
    await admission.start(1000);
    await isListened;
    return admission;
  }

  async close(): Promise<void> {
    for (const { admission, connection } of this.#open.splice(0)) {
      await admission.close();
      connection.close();
    }
  }
}

/**
 * Resolves when commands are answered and messages listened to. Either has a gateway tell again what it holds: in the middle of
 * a test, that would bring leases back to life that have expired.
 */
function bothReady(connection: RedisConnection): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    connection.onReady(() => {
      count += 1;
      if (count === 2) resolve();
    });
  });
}

/** Resolves as soon as the admission is in that state. */
export async function untilState(admission: SharedAdmission, kind: "shared" | "degraded"): Promise<void> {
  if (admission.state.kind === kind) return;
  await new Promise<void>((resolve) => {
    const stop = admission.onState((state) => {
      if (state.kind !== kind) return;
      stop();
      resolve();
    });
  });
}
