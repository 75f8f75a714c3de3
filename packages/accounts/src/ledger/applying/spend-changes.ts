import type { OutcomeState } from "../../journal/records.js";
import type { AlikeAttempts } from "./alike-attempts.js";
import type { ChargedMeter } from "./read-entry.js";

/** What upstreams may have charged, and nobody knows. */
export interface UncertainTotal {
  readonly attempts: number;
  readonly nanoUsd: bigint;
}

/** What a meter is charged in a period. */
export interface SpendChange {
  readonly meter: string;
  readonly period: string;
  certainNanoUsd: bigint;
  uncertainNanoUsd: bigint;
  attempts: number;
}

/** What the attempts of a batch change in the spend, each meter's together. */
export class SpendChanges {
  readonly #changes = new Map<string, SpendChange>();
  #uncertainAttempts = 0;
  #uncertainNanoUsd = 0n;
  #hasTakenBack = false;

  /** What the batch adds to the attempts that nobody knows the cost of; less than nothing, where it settles more. */
  get uncertain(): UncertainTotal {
    return { attempts: this.#uncertainAttempts, nanoUsd: this.#uncertainNanoUsd };
  }

  /** Whether something was taken back that somebody else has entered: {@link uncertain} says nothing of the whole then. */
  get hasTakenBack(): boolean {
    return this.#hasTakenBack;
  }

  /** New attempts. */
  add({ charges, state, attempts, nanoUsd }: AlikeAttempts): void {
    if (state === "uncertain") this.#addUncertain(attempts, nanoUsd);
    for (const charge of charges) {
      this.#of(charge).attempts += attempts;
      this.#move(charge, state, nanoUsd);
    }
  }

  /** An attempt is taken out again, as it was charged. */
  takeBack(
    charges: readonly ChargedMeter[],
    from: { readonly state: OutcomeState; readonly nanoUsd: bigint | null },
  ): void {
    this.#hasTakenBack = true;
    for (const charge of charges) {
      this.#of(charge).attempts -= 1;
      this.#move(charge, from.state, -(from.nanoUsd ?? 0n));
    }
  }

  /** What was spent elsewhere. */
  carry(charge: ChargedMeter, nanoUsd: bigint): void {
    this.#move(charge, "certain", nanoUsd);
  }

  /** An attempt that was charged at one amount is certain to have cost another. */
  settle(
    charges: readonly ChargedMeter[],
    from: { readonly state: OutcomeState; readonly nanoUsd: bigint | null },
    toNanoUsd: bigint,
  ): void {
    if (from.state === "uncertain") this.#addUncertain(-1, -(from.nanoUsd ?? 0n));
    for (const charge of charges) {
      this.#move(charge, from.state, -(from.nanoUsd ?? 0n));
      this.#move(charge, "certain", toNanoUsd);
    }
  }

  /** In an order that is the same everywhere: two who change the same rows wait for each other, and never both. */
  inOrder(): readonly SpendChange[] {
    const ordered = [...this.#changes].sort(([one], [other]) => (one < other ? -1 : 1));
    return ordered.map(([, change]) => change);
  }

  #addUncertain(attempts: number, nanoUsd: bigint): void {
    this.#uncertainAttempts += attempts;
    this.#uncertainNanoUsd += nanoUsd;
  }

  #move(charge: ChargedMeter, state: OutcomeState, nanoUsd: bigint): void {
    const change = this.#of(charge);
    if (state === "uncertain") change.uncertainNanoUsd += nanoUsd;
    else change.certainNanoUsd += nanoUsd;
  }

  #of({ meter, period }: ChargedMeter): SpendChange {
    const key = JSON.stringify([meter, period]);
    const known = this.#changes.get(key);
    if (known !== undefined) return known;
    const change = { meter, period, certainNanoUsd: 0n, uncertainNanoUsd: 0n, attempts: 0 };
    this.#changes.set(key, change);
    return change;
  }
}
