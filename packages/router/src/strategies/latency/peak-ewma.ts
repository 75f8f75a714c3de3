/**
 * A moving average that follows a rise at once and a fall slowly: what has become slow is left alone before it has
 * slowed many. After Finagle's PeakEwma
 * (https://github.com/twitter/finagle/blob/develop/finagle-core/src/main/scala/com/twitter/finagle/loadbalancer/PeakEwma.scala);
 * its window of 10 s is 120 s here, since an edit takes from 5 to 60 s.
 */
export class PeakEwma {
  static readonly windowMs = 120_000;

  #atMs: number;
  #valueMs: number;

  constructor(firstMs: number, nowMs: number) {
    this.#valueMs = firstMs;
    this.#atMs = nowMs;
  }

  get valueMs(): number {
    return this.#valueMs;
  }

  /** When it was last told something. */
  get atMs(): number {
    return this.#atMs;
  }

  observe(sampleMs: number, nowMs: number): void {
    const kept = Math.exp(-(nowMs - this.#atMs) / PeakEwma.windowMs);
    this.#atMs = nowMs;
    this.#valueMs = sampleMs > this.#valueMs ? sampleMs : this.#valueMs * kept + sampleMs * (1 - kept);
  }
}
