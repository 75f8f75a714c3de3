import type { ByteBudget, MemoryLease } from "@darkroom/router";
import { ConversionError } from "./conversion-error.js";

/** The memory of all that one conversion makes anew. Until something is held, it takes none. */
export class ConversionMemory {
  #lease: MemoryLease | undefined;
  #bytes = 0;

  /**
   * @param limitBytes what one lease of the budget may hold
   * @param signal ends the waiting for memory
   */
  constructor(
    private readonly budget: ByteBudget,
    private readonly limitBytes: number,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Waits until there is memory for so many bytes more.
   * @returns the lease they belong to
   * @throws ConversionError where there is not so much, or not in time
   */
  async hold(bytes: number): Promise<MemoryLease> {
    const wanted = this.#bytes + bytes;
    if (wanted > this.limitBytes) throw new ConversionError("it would take too much memory");
    try {
      this.#lease ??= this.budget.admitNow(undefined) ?? (await this.budget.admit(undefined, this.signal));
      if (!this.#lease.growNow(wanted)) await this.#lease.growTo(wanted, this.signal);
    } catch (error) {
      throw this.signal.aborted ? new ConversionError("there was no memory for it in time") : error;
    }
    this.#bytes = wanted;
    return this.#lease;
  }

  /** So many of the bytes are not needed any more: others may stand in their place. */
  letGo(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** All is made: what is held stays, and asks for no more. */
  settle(): void {
    this.#lease?.settle(this.#bytes);
  }

  release(): void {
    this.#lease?.release();
  }
}
