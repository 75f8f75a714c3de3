/** A bill that cannot be read; the message says what is wrong with it. */
export class BillError extends Error {
  override readonly name = "BillError";
}

/** One call that an upstream charges. */
export interface BillLine {
  /** The upstream's id of the call, which its answer had in `x-request-id`. */
  readonly requestId: string;
  /** When it was charged. Milliseconds since 1970. */
  readonly atMs: number;
  readonly model: string;
  readonly nanoUsd: bigint;
}

/** What an upstream charges for one thing on one day (UTC). */
export interface BillItem {
  /** `2026-11-28`. */
  readonly day: string;
  readonly project?: string;
  /** In the upstream's own words: `gpt-image-1, image output`. */
  readonly item?: string;
  readonly nanoUsd: bigint;
}

/** A bill in lines, or in sums of days. */
export type Bill =
  | { readonly kind: "lines"; readonly lines: readonly BillLine[] }
  | { readonly kind: "days"; readonly items: readonly BillItem[] };
