/*
 * What the journal and its thread say to each other. The thread is given one batch at a time and answers it once it is on
 * the disk, so that whatever comes meanwhile makes up the next: the slower the disk, the more share one commit.
 */

/** What the thread is started with. */
export interface ThreadData {
  readonly folder: string;
  readonly nowMs: number;
}

/** The first word of the thread. */
export type OpenAnswer =
  | {
      readonly kind: "opened";
      readonly id: string;
      /** The last sequence in the file, that of recovered attempts included. */
      readonly committed: number;
      readonly prunedThrough: number;
      /** How many attempts were left without outcome by whoever wrote before. */
      readonly recovered: number;
      /** The journal that the folder's ledger was made from was not there. */
      readonly isReplacement: boolean;
    }
  | { readonly kind: "refused"; readonly message: string };

/** To be written in one transaction. The lists are flat, since that is copied between threads in the least time. */
export interface BatchMessage {
  readonly kind: "batch";
  /** Ordinal, record, ordinal, record, ... */
  readonly intents: readonly (number | string)[];
  /** Ordinals of intents that have their outcome among the entries, now or before. */
  readonly concluded: readonly number[];
  /** Kind, record, kind, record, ... */
  readonly entries: readonly string[];
  /** Entries up to this sequence may go. */
  readonly pruneThrough: number;
}

export type Command = BatchMessage | { readonly kind: "close" };

/** What follows a batch. `broken` may also come unasked: nothing can be written any more. */
export type BatchAnswer =
  | { readonly kind: "committed"; readonly committed: number; readonly prunedThrough: number }
  | { readonly kind: "full" }
  | { readonly kind: "broken"; readonly reason: string };

export type ThreadAnswer = OpenAnswer | BatchAnswer | { readonly kind: "closed" };
