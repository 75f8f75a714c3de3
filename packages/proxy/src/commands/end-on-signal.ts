import type { Logger } from "pino";
import type { Gateway } from "../gateway.js";

/** An edit may run for its whole deadline; supervisors that want less time send SIGKILL after theirs. */
const drainLimitMs = 600_000;

/** npm passes Ctrl-C on to a process that the terminal has told already: both count as one. */
const sameSignalMs = 500;

/** The first signal finishes what runs and refuses the rest; a second one ends at once. */
export function endOnSignal(gateway: Gateway, log: Logger): void {
  let firstAtMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstAtMs !== undefined) {
      if (performance.now() - firstAtMs < sameSignalMs) return;
      log.warn({ signal }, "ending at once");
      gateway.close();
      process.exit(1);
    }
    firstAtMs = performance.now();
    log.info({ signal }, "finishing what runs; a second signal ends at once");
    void gateway.drain(drainLimitMs).then(() => process.exit(0));
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, onSignal);
}
