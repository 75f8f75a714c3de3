/** The memory one body holds. */
export interface MemoryLease {
  /** Granted so far. */
  readonly bytes: number;
  /**
   * Has at least `bytes` granted if that needs no waiting; they must not exceed the cap.
   * @returns whether they are granted; otherwise `growTo` waits for them
   */
  growNow(bytes: number): boolean;
  /**
   * Waits until at least `bytes` are granted; they must not exceed the cap.
   * @throws the budget's refusal, or the signal's reason
   */
  growTo(bytes: number, signal?: AbortSignal): Promise<void>;
  /** The body is complete: it keeps `bytes` and asks for no more. */
  settle(bytes: number): void;
  /** Gives everything back. Only the first call counts. */
  release(): void;
}

/** What a lease asks of its budget. */
export interface LeaseBudget {
  growNow(lease: Lease, bytes: number): boolean;
  grow(lease: Lease, bytes: number, signal?: AbortSignal): Promise<void>;
  giveBack(lease: Lease, bytes: number): void;
}

/** A lease as its budget sees it, which alone sets `bytes` to more. */
export class Lease implements MemoryLease {
  bytes = 0;
  mayGrow: boolean;
  readonly #budget: LeaseBudget;
  #isReleased = false;

  constructor(budget: LeaseBudget, mayGrow: boolean) {
    this.#budget = budget;
    this.mayGrow = mayGrow;
  }

  growNow(bytes: number): boolean {
    return bytes <= this.bytes || this.#budget.growNow(this, bytes);
  }

  async growTo(bytes: number, signal?: AbortSignal): Promise<void> {
    if (bytes > this.bytes) await this.#budget.grow(this, bytes, signal);
  }

  settle(bytes: number): void {
    if (this.#isReleased) return;
    this.mayGrow = false;
    const surplus = Math.max(0, this.bytes - bytes);
    this.bytes -= surplus;
    this.#budget.giveBack(this, surplus);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.mayGrow = false;
    const { bytes } = this;
    this.bytes = 0;
    this.#budget.giveBack(this, bytes);
  }
}
