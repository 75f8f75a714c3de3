import type { Timers } from "./timers.js";

/** Does something again and again, each time so long after the time before has ended. The answer ends it. */
export function repeatedly(timers: Timers, everyMs: number, what: () => Promise<void>): () => void {
  let hasEnded = false;
  let callOff: () => void = () => undefined;
  const next = (): void => {
    if (hasEnded) return;
    callOff = timers.after(everyMs, () => void what().finally(next));
  };
  next();
  return () => {
    hasEnded = true;
    callOff();
  };
}
