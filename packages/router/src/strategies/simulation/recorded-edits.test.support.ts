import type { RoutedEdit } from "../strategy.js";
import { edit, seeded } from "../strategies.test.support.js";

/** An edit of the mix, and what chance has in store for it: the same for every strategy. */
export interface RecordedEdit extends RoutedEdit {
  readonly atMs: number;
  /** What it takes at a deployment of the usual speed that is idle. */
  readonly workMs: number;
  /** From 0 to 1, one for each deployment: how long it takes there, and whether it meets an error there. */
  readonly chances: readonly { readonly duration: number; readonly error: number }[];
}

/** Image edits take from seconds to a minute, most of it by quality; several images are drawn side by side. */
const qualities = [
  { quality: "low", share: 0.4, workMs: 8_000 },
  { quality: "medium", share: 0.4, workMs: 16_000 },
  { quality: "high", share: 0.2, workMs: 40_000 },
] as const;
const sizes = [
  { size: "1024x1024", share: 0.7, factor: 1 },
  { size: "1536x1024", share: 0.3, factor: 1.3 },
] as const;
const counts = [
  { n: 1, share: 0.8 },
  { n: 4, share: 0.2 },
] as const;

export interface MixOptions {
  readonly seed: number;
  readonly edits: number;
  /** Edits that arrive a second, on the average; they come by chance (a Poisson process). */
  readonly perSecond: number;
  readonly deployments: number;
}

export function recordedEdits({ seed, edits, perSecond, deployments }: MixOptions): RecordedEdit[] {
  const random = seeded(seed);
  let atMs = 0;
  return Array.from({ length: edits }, () => {
    atMs += (-Math.log(1 - random()) * 1000) / perSecond;
    const { quality, workMs } = drawn(qualities, random());
    const { size, factor } = drawn(sizes, random());
    const { n } = drawn(counts, random());
    return {
      ...edit({ quality, size, n }),
      atMs,
      workMs: workMs * factor * (1 + 0.2 * (n - 1)),
      chances: Array.from({ length: deployments }, () => ({ duration: random(), error: random() })),
    };
  });
}

function drawn<Choice extends { readonly share: number }>(
  choices: readonly Choice[],
  chance: number,
): Choice {
  let below = 0;
  for (const choice of choices) {
    below += choice.share;
    if (chance < below) return choice;
  }
  return choices.at(-1)!;
}
