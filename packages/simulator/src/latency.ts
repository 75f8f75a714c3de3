import type { Services } from "./services.js";

/** Milliseconds to spend on one answer or between two events: evenly from mean - jitter to mean + jitter. */
export function latencyMs({ configuration, random }: Services): number {
  const { meanMs, jitterMs } = configuration.latency;
  return Math.max(0, meanMs + (2 * random() - 1) * jitterMs);
}
