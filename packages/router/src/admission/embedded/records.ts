import type { Meter } from "../meter.js";
import { meterId } from "./meter-states.js";
import type { Taking } from "./meter-state.js";

/** What a request took as a whole, until it has ended. */
export class RequestRecord {
  constructor(
    readonly id: string,
    readonly takings: readonly Taking[],
    public heardAtMs: number,
  ) {}
}

/** What an attempt took, and how far it is. */
export class AttemptRecord {
  isReleased = false;
  isSettled = false;

  constructor(
    readonly id: string,
    /** Index of the candidate. */
    readonly candidate: number,
    readonly takings: readonly Taking[],
    readonly request: RequestRecord,
    public heardAtMs: number,
  ) {}

  /** It waits for its release, or to be settled. */
  get isNeeded(): boolean {
    return !this.isReleased || (!this.isSettled && [this, this.request].some(hasToSettle));
  }
}

function hasToSettle({ takings }: { readonly takings: readonly Taking[] }): boolean {
  return takings.some(({ state }) => state.kind !== "lease");
}

/** The first of those that a correction can mean, and that no other has. */
export function takingOf(
  meter: Meter,
  takings: readonly Taking[],
  corrected: ReadonlySet<Taking>,
): Taking | undefined {
  const id = meterId(meter);
  return takings.find((taking) => taking.meterId === id && !corrected.has(taking));
}
