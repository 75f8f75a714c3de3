import type { Deployment } from "../deployments/deployment.js";
import type { RoutedEdit, Strategy } from "./strategy.js";

export function deployment(id: string, more: Partial<Deployment> = {}): Deployment {
  return {
    id,
    group: "group",
    model: "model",
    apiBase: "https://upstream.test/v1",
    apiKey: "sk-test",
    ...more,
  };
}

/** A small seeded generator (mulberry32), so that the shares are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An edit with these parameters, of a picture of 64 by 64 and a prompt of 10 bytes. */
export function edit(parameters: Partial<RoutedEdit["parameters"]> = {}): RoutedEdit {
  return {
    parameters: { n: 1, stream: false, ...parameters },
    body: {
      contentType: "multipart/form-data",
      contents: { isJson: false, images: 1, hasMask: false, fileId: undefined },
      bodyFor: () => [],
      droppedFor: () => [],
      unsupportedBy: () => [],
      inputs: () => ({ promptBytes: 10, images: [{ width: 64, height: 64 }] }),
    },
  };
}

/** How often each was first in an order. */
export function firstPicks(
  strategy: Strategy,
  candidates: readonly Deployment[],
  rounds: number,
  asked = edit(),
): Map<string, number> {
  const picks = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    const id = strategy.order(candidates, asked)[0]?.id ?? "";
    picks.set(id, (picks.get(id) ?? 0) + 1);
  }
  return picks;
}

/** Pearson's statistic of what was counted against shares. */
export function chiSquare(
  counts: ReadonlyMap<string, number>,
  shares: Readonly<Record<string, number>>,
): number {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const whole = Object.values(shares).reduce((sum, share) => sum + share, 0);
  return Object.entries(shares).reduce((sum, [id, share]) => {
    const expected = (all * share) / whole;
    return sum + ((counts.get(id) ?? 0) - expected) ** 2 / expected;
  }, 0);
}

/** What chance exceeds once in a thousand times, by degrees of freedom. */
export const chiSquareLimit: Readonly<Record<number, number>> = { 1: 10.83, 2: 13.82, 3: 16.27 };
