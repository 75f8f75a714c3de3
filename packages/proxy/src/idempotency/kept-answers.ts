/** A copy that takes room. */
export interface Keepable {
  readonly bytes: number;
  /** Somebody is being given it just now. */
  readonly isInUse: boolean;
  /** Forgets what it holds, and gives its room back. */
  drop(): void;
}

/** The room for copies of answers: the oldest go when another needs theirs. */
export class KeptAnswers {
  #usedBytes = 0;
  readonly #oldestFirst = new Set<Keepable>();

  constructor(private readonly totalBytes: number) {}

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Takes so many bytes, for which older copies are dropped. False, and nothing is dropped, where that is not enough. */
  take(bytes: number): boolean {
    let missing = this.#usedBytes + bytes - this.totalBytes;
    const dropped: Keepable[] = [];
    for (const copy of this.#oldestFirst) {
      if (missing <= 0) break;
      if (copy.isInUse) continue;
      dropped.push(copy);
      missing -= copy.bytes;
    }
    if (missing > 0) return false;
    for (const copy of dropped) copy.drop();
    this.#usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** The copy is complete: from now on it goes when others need its room. */
  add(copy: Keepable): void {
    this.#oldestFirst.add(copy);
  }

  remove(copy: Keepable): void {
    this.#oldestFirst.delete(copy);
  }
}
