import { bucketsPerWindow } from "./meter.js";

/** How a rolling window is cut into buckets. */
export interface WindowBuckets {
  /** Whole milliseconds. A time's bucket is `floor(ms since 1970 / bucketMs)`. */
  readonly bucketMs: number;
  /** How many count, the one under way included: what is in bucket b counts until `(b + counted) * bucketMs`. */
  readonly counted: number;
}

/**
 * As fine as {@link bucketsPerWindow} allow. The bucket under way has only begun and the oldest counts as a whole, so those
 * between them alone are as long as the window: whatever happens within it is counted together.
 */
export function windowBuckets(windowMs: number): WindowBuckets {
  const bucketMs = Math.ceil(windowMs / (bucketsPerWindow - 1));
  return { bucketMs, counted: Math.ceil(windowMs / bucketMs) + 1 };
}
