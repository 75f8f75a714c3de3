import type { Timers } from "../memory/timers.js";

/**
 * Calls back when nothing has come for so long. A process that was busy for all that time finds its timers before what has
 * come meanwhile: that is read first, since an answer which lies in the socket has come.
 * @returns what calls it off
 */
export function afterSilence(timers: Timers, deadlineMs: number, callback: () => void): () => void {
  let looking: NodeJS.Immediate | undefined;
  const callOff = timers.after(deadlineMs, () => {
    looking = setImmediate(callback);
  });
  return () => {
    callOff();
    clearImmediate(looking);
  };
}
