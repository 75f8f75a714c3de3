/** Work that cannot be stopped: a signal ends the waiting for it, but not the work. */
export class UnstoppableWork {
  readonly #running = new Set<Promise<unknown>>();

  /** @throws what the work throws, or the signal's reason */
  async result<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
    this.#running.add(work);
    const ended = (): void => void this.#running.delete(work);
    work.then(ended, ended);
    let onAbort: (() => void) | undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(signal.reason as Error);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort);
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    }
  }

  /** Resolves when nothing of it goes on: what it reads may then be used for something else. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
