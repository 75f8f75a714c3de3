/** Answers that are held back until somebody releases them. */
export class Holds {
  /** In the order in which they came. */
  readonly #held = new Set<() => void>();

  get held(): number {
    return this.#held.size;
  }

  /** Resolves when it is released, or when `gone` says that nobody waits for it any more. */
  hold(gone: (callback: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const release = () => {
        this.#held.delete(release);
        resolve();
      };
      this.#held.add(release);
      gone(release);
    });
  }

  /** The first so many, or all. @returns how many there were */
  release(count = Number.POSITIVE_INFINITY): number {
    const released = [...this.#held].slice(0, count);
    for (const release of released) release();
    return released.length;
  }
}
