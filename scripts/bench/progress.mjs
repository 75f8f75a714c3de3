/** Where a long run is: one line that is written anew on a terminal, a line now and then elsewhere. */
const pauseBetweenLinesMs = 15_000;

export class Progress {
  #doneMs = 0;
  #allMs;
  #startedAtMs = performance.now();
  #toldAtMs = -Infinity;

  /** @param {number} allMs the estimate for everything */
  constructor(allMs) {
    this.#allMs = allMs;
  }

  /** Says what begins now. */
  tell(what) {
    const line = `[${this.#percentage()}%, ${this.#timeLeft()} left] ${what}`;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[2K${line.slice(0, process.stderr.columns - 1)}`);
    } else if (performance.now() - this.#toldAtMs >= pauseBetweenLinesMs) {
      this.#toldAtMs = performance.now();
      console.error(line);
    }
  }

  /** So much of the estimate has been done. */
  done(estimatedMs) {
    this.#doneMs += estimatedMs;
  }

  /** Makes room for what is printed. */
  clear() {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
  }

  #percentage() {
    return Math.min(99, Math.floor((this.#doneMs / this.#allMs) * 100));
  }

  #timeLeft() {
    const elapsedMs = performance.now() - this.#startedAtMs;
    const pace = this.#doneMs === 0 ? 1 : elapsedMs / this.#doneMs;
    const seconds = Math.max(0, Math.ceil(((this.#allMs - this.#doneMs) * pace) / 1000));
    return seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
  }
}
