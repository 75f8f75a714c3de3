import type { RecordKind } from "./records.js";

/** What a change of the directory has changed. */
export interface DirectoryChange {
  /** Consecutive: every change has the next one. */
  readonly version: number;
  readonly records: readonly ChangedRecord[];
}

export interface ChangedRecord {
  readonly kind: RecordKind;
  readonly id: string;
  readonly how: "put" | "removed";
}

/**
 * How everyone who remembers something of the directory learns that it has changed. A message may be lost: versions are
 * consecutive, so that whoever misses one knows it from the next.
 */
export interface DirectoryFeed {
  /** Resolves when whoever remembers something of it in this process has been told. */
  publish(change: DirectoryChange): Promise<void> | void;
  /** The answer ends it. */
  subscribe(listener: (change: DirectoryChange) => void): () => void;
}

/** For a gateway that is alone: whoever listens is told before a change is answered. */
export class LocalFeed implements DirectoryFeed {
  readonly #listeners = new Set<(change: DirectoryChange) => void>();

  publish(change: DirectoryChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  subscribe(listener: (change: DirectoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
