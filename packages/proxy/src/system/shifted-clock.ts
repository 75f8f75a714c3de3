/** Moves the clock of a process, and of its threads; what runs by timers goes on as ever. */
const program = `
const aheadMs = Number(process.env.CLOCK_AHEAD_MS);
const TrueDate = Date;
globalThis.Date = class Date extends TrueDate {
  constructor(...given) {
    super(...(given.length === 0 ? [TrueDate.now() + aheadMs] : given));
  }
  static now() {
    return TrueDate.now() + aheadMs;
  }
};
`;

/**
 * What a process is started with for its clock to be at a time when it begins, so that no test depends on the day it runs on.
 * @param atMs milliseconds since 1970
 */
export function shiftedClock(atMs: number): {
  readonly environment: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
} {
  return {
    environment: { CLOCK_AHEAD_MS: `${atMs - Date.now()}`, NODE_OPTIONS: "--import ./shifted-clock.mjs" },
    files: { "shifted-clock.mjs": program },
  };
}
