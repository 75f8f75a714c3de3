import type { NanoUsd } from "./money.js";

/** An amount by what it is for, in nano-dollars; the parts sum exactly to the amount. */
export interface Breakdown {
  readonly inputText: NanoUsd;
  readonly inputImage: NanoUsd;
  /** Text and images that the upstream had in its cache. */
  readonly cached: NanoUsd;
  /** Returned images, partial ones included; the whole amount where an image has a price of its own. */
  readonly outputImage: NanoUsd;
  readonly outputText: NanoUsd;
}

export interface Amount {
  readonly nanoUsd: NanoUsd;
  readonly breakdown: Breakdown;
}

const names = ["inputText", "inputImage", "cached", "outputImage", "outputText"] as const;

/**
 * Rounds the sum of the parts once, and gives each part its share of it by largest remainder: first the whole
 * nano-dollars of each, then one more to those that lost most. `parts` are in units of `1 / divisor` nano-dollars.
 */
export function rounded(parts: Breakdown, divisor: bigint, rounding: "half up" | "up"): Amount {
  const exact = sumOf(parts);
  // The list prices of tokens are whole nano-dollars: almost every amount ends here.
  if (divisor === 1n) return { nanoUsd: exact, breakdown: parts };
  const nanoUsd =
    rounding === "up" ? (exact + divisor - 1n) / divisor : (2n * exact + divisor) / (2n * divisor);
  const shares = names.map((name) => ({
    name,
    whole: parts[name] / divisor,
    remainder: parts[name] % divisor,
  }));
  let left = shares.reduce((rest, share) => rest - share.whole, nanoUsd);
  const breakdown = { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: 0n, outputText: 0n };
  for (const { name, whole } of shares.toSorted(byRemainder)) {
    breakdown[name] = left > 0n ? whole + 1n : whole;
    left -= 1n;
  }
  return { nanoUsd, breakdown };
}

/** The largest first; of equal ones, the first in the order of the parts. */
function byRemainder(a: { remainder: bigint }, b: { remainder: bigint }): number {
  return Number(b.remainder > a.remainder) - Number(b.remainder < a.remainder);
}

/** An amount that is for returned images alone. */
export function forImages(nanoUsd: NanoUsd): Amount {
  return {
    nanoUsd,
    breakdown: { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: nanoUsd, outputText: 0n },
  };
}

export function plus(left: Breakdown, right: Breakdown): Breakdown {
  return {
    inputText: left.inputText + right.inputText,
    inputImage: left.inputImage + right.inputImage,
    cached: left.cached + right.cached,
    outputImage: left.outputImage + right.outputImage,
    outputText: left.outputText + right.outputText,
  };
}

/** The same amount so many times. */
export function repeated({ nanoUsd, breakdown }: Amount, times: number): Amount {
  const by = BigInt(times);
  return {
    nanoUsd: nanoUsd * by,
    breakdown: {
      inputText: breakdown.inputText * by,
      inputImage: breakdown.inputImage * by,
      cached: breakdown.cached * by,
      outputImage: breakdown.outputImage * by,
      outputText: breakdown.outputText * by,
    },
  };
}

function sumOf(parts: Breakdown): bigint {
  return parts.inputText + parts.inputImage + parts.cached + parts.outputImage + parts.outputText;
}
