import type { SlabPool } from "./slab-pool.js";

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
  /** A slab for the body, kept until the lease is given back. */
  slab(): Buffer;
  /** One of the lease's slabs that nobody reads any more. */
  giveBackSlab(slab: Buffer): void;
  /**
   * Keeps the memory for one more, such as a connection that may still send from it.
   * @returns what lets go of it; only its first call counts
   */
  hold(): () => void;
  /** Gives everything back, once nobody holds it any more. Only the first call counts. */
  release(): void;
}

/** What a lease asks of its budget. */
export interface LeaseBudget {
  growNow(lease: Lease, bytes: number): boolean;
  grow(lease: Lease, bytes: number, signal?: AbortSignal): Promise<void>;
  giveBack(lease: Lease, bytes: number): void;
  readonly slabs: SlabPool;
}

/** A lease as its budget sees it, which alone sets `bytes` to more. */
export class Lease implements MemoryLease {
  bytes = 0;
  mayGrow: boolean;
  readonly #budget: LeaseBudget;
  #slabs: Buffer[] | undefined;
  #holders = 1;
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

  slab(): Buffer {
    const slab = this.#budget.slabs.take();
    this.#slabs ??= [];
    this.#slabs.push(slab);
    return slab;
  }

  giveBackSlab(slab: Buffer): void {
    const at = this.#slabs?.lastIndexOf(slab) ?? -1;
    if (at < 0) return;
    this.#slabs?.splice(at, 1);
    this.#budget.slabs.giveBack([slab]);
  }

  hold(): () => void {
    let holds = true;
    this.#holders += 1;
    return () => {
      if (!holds) return;
      holds = false;
      this.#letGo();
    };
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.mayGrow = false;
    this.#letGo();
  }

  #letGo(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    if (this.#slabs !== undefined) this.#budget.slabs.giveBack(this.#slabs);
    this.#slabs = undefined;
    const { bytes } = this;
    this.bytes = 0;
    this.#budget.giveBack(this, bytes);
  }
}
