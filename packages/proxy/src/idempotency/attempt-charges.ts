import type { KeyedAttempt } from "@darkroom/accounts";

/** What an attempt was charged at. */
export type AttemptCharge = Pick<KeyedAttempt, "state" | "costNanoUsd">;

/** What the attempts of a request were charged at together. */
export interface RequestCharge {
  /** `uncertain`: it may have been charged, and no more than that. */
  readonly state: "certain" | "uncertain";
  /** Null where it is not known. */
  readonly costNanoUsd: bigint | null;
}

/** The sum; undefined where nobody has charged anything, for certain. */
export function sumOfCharges(charges: readonly AttemptCharge[]): RequestCharge | undefined {
  let sum: RequestCharge | undefined;
  for (const { state, costNanoUsd } of charges) {
    if (state === "failed") continue;
    sum = sum === undefined ? { state, costNanoUsd } : plus(sum, { state, costNanoUsd });
  }
  return sum;
}

function plus(one: RequestCharge, other: RequestCharge): RequestCharge {
  const isKnown = one.costNanoUsd !== null && other.costNanoUsd !== null;
  return {
    state: one.state === "certain" ? other.state : "uncertain",
    costNanoUsd: isKnown ? one.costNanoUsd + other.costNanoUsd : null,
  };
}
