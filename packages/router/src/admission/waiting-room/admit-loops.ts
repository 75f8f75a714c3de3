import Bottleneck from "bottleneck";

/** A loop that has not ended by then is given up: what it tries goes on, and its place is another's. */
const expirationMs = 10_000;

/**
 * Runs the loops in which those who wait are tried: two at once, so that one may wait for a store while another goes on.
 *
 * By Bottleneck, within this process only and never with results that somebody waits for: over Redis it loses its place for
 * ever after a flush, and holds results back. Each job costs it some milliseconds, so no more than one waits to begin: it will
 * see whatever has changed until then. A job of Bottleneck's needs an expiration, or one that hangs holds its place for ever.
 */
export class AdmitLoops {
  readonly #limiter = new Bottleneck({ maxConcurrent: 2 });
  #isNextComing = false;

  /** @param loop must not throw */
  constructor(private readonly loop: () => Promise<void>) {}

  /** A loop begins after this, soon. */
  run(): void {
    if (this.#isNextComing) return;
    this.#isNextComing = true;
    const begin = (): Promise<void> => {
      this.#isNextComing = false;
      return this.loop();
    };
    // It rejects where the loop has expired, and others go on.
    this.#limiter.schedule({ expiration: expirationMs }, begin).catch(() => undefined);
  }
}
