import { Lease, type LeaseBudget, type MemoryLease } from "./memory-lease.js";
import { sharedSlabs } from "./slab-pool.js";
import { systemTimers, type Timers } from "./timers.js";

export interface BudgetSettings {
  /** What all leases together may hold. */
  readonly totalBytes: number;
  /** What one lease may hold. */
  readonly largestLeaseBytes: number;
  /** A lease of unknown size gets this much at a time. */
  readonly stepBytes: number;
  /** How long to wait for memory before it is refused; without it, for as long as the signal lets. */
  readonly waitMs?: number;
  /** How many may wait at once; further ones are refused at once. */
  readonly maxWaiting?: number;
}

interface Waiting {
  readonly lease: Lease;
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * Memory for bodies. One of known length gets its memory at once, any other grows step by step, and both hold it
 * until it is given back. First come, first served.
 *
 * Bodies that hold memory and wait for more could block one another for ever. So the oldest growing one comes
 * before everybody, it is not turned away for waiting, and others are granted only what leaves room for it to
 * grow to the cap. Complete bodies need nothing more, so theirs comes back when they have been used: whatever the
 * oldest waits for will be free one day, then the next one is the oldest.
 */
export class ByteBudget {
  readonly #settings: BudgetSettings;
  readonly #refusal: () => Error;
  readonly #timers: Timers;
  /** Admitted bodies that may still grow, oldest first. */
  readonly #growing = new Set<Lease>();
  readonly #queue: Waiting[] = [];
  readonly #forLeases: LeaseBudget = {
    growNow: (lease, bytes) => this.#takeNow(lease, this.#nextStep(lease.bytes, bytes)),
    grow: (lease, bytes, signal) => this.#take(lease, this.#nextStep(lease.bytes, bytes), signal),
    giveBack: (lease, bytes) => this.#giveBack(lease, bytes),
    slabs: sharedSlabs,
  };
  #used = 0;

  /**
   * @param refusal what is thrown where no memory became free in time
   * @throws RangeError where the largest body would never fit
   */
  constructor(settings: BudgetSettings, refusal: () => Error, timers: Timers = systemTimers) {
    if (settings.totalBytes < settings.largestLeaseBytes) {
      throw new RangeError("A byte budget must hold at least one lease of the largest size");
    }
    this.#settings = settings;
    this.#refusal = refusal;
    this.#timers = timers;
  }

  /** Bytes granted and not given back. */
  get usedBytes(): number {
    return this.#used;
  }

  /** How many wait for memory. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Takes the memory of a body if that needs no waiting.
   * @param contentLength bytes of the body; undefined when the client does not say
   * @returns undefined where `admit` would wait or refuse
   */
  admitNow(contentLength: number | undefined): MemoryLease | undefined {
    const lease = new Lease(this.#forLeases, contentLength === undefined);
    return this.#takeNow(lease, this.#firstBytes(contentLength)) ? lease : undefined;
  }

  /**
   * Waits for the memory of a body.
   * @param contentLength bytes of the body; undefined when the client does not say
   * @throws the refusal, or the signal's reason; RangeError beyond the cap
   */
  async admit(contentLength: number | undefined, signal?: AbortSignal): Promise<MemoryLease> {
    const lease = new Lease(this.#forLeases, contentLength === undefined);
    await this.#take(lease, this.#firstBytes(contentLength), signal);
    return lease;
  }

  #firstBytes(contentLength: number | undefined): number {
    return contentLength ?? this.#nextStep(0, 1);
  }

  /** What to have granted so that `needed` fits, in whole steps up to the cap. */
  #nextStep(granted: number, needed: number): number {
    const { stepBytes, largestLeaseBytes } = this.#settings;
    if (needed > largestLeaseBytes) throw new RangeError("A lease must not grow beyond the cap");
    const steps = Math.ceil((needed - granted) / stepBytes);
    return Math.min(granted + steps * stepBytes, largestLeaseBytes);
  }

  /** Nobody passes those who wait, but the oldest growing one. */
  #takeNow(lease: Lease, bytes: number): boolean {
    const comesFirst = this.#queue.length === 0 || lease === this.#oldest();
    if (!comesFirst || !this.#fits(lease, bytes)) return false;
    this.#grant(lease, bytes);
    return true;
  }

  #take(lease: Lease, bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#takeNow(lease, bytes)) return Promise.resolve();
    if (this.#queue.length >= (this.#settings.maxWaiting ?? Infinity) && lease !== this.#oldest()) {
      return Promise.reject(this.#refusal());
    }
    return new Promise((resolve, reject) => this.#enqueue(lease, bytes, signal, resolve, reject));
  }

  #enqueue(
    lease: Lease,
    bytes: number,
    signal: AbortSignal | undefined,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ): void {
    const leave = () => {
      callOff();
      signal?.removeEventListener("abort", abort);
      this.#queue.splice(this.#queue.indexOf(waiting), 1);
    };
    const waiting: Waiting = {
      lease,
      bytes,
      grant: () => {
        leave();
        this.#grant(lease, bytes);
        resolve();
      },
    };
    const abort = () => {
      leave();
      reject(signal?.reason);
      this.#serve();
    };
    const { waitMs } = this.#settings;
    const onWaited = () => {
      if (lease === this.#oldest()) return;
      leave();
      reject(this.#refusal());
      this.#serve();
    };
    const callOff = waitMs === undefined ? () => undefined : this.#timers.after(waitMs, onWaited);
    signal?.addEventListener("abort", abort);
    this.#queue.push(waiting);
  }

  #oldest(): Lease | undefined {
    const [oldest] = this.#growing;
    return oldest;
  }

  #fits(lease: Lease, bytes: number): boolean {
    const oldest = this.#oldest();
    const reserve =
      oldest === undefined || oldest === lease ? 0 : this.#settings.largestLeaseBytes - oldest.bytes;
    return this.#used + bytes - lease.bytes + reserve <= this.#settings.totalBytes;
  }

  #grant(lease: Lease, bytes: number): void {
    this.#used += bytes - lease.bytes;
    lease.bytes = bytes;
    if (lease.mayGrow) this.#growing.add(lease);
  }

  #giveBack(lease: Lease, bytes: number): void {
    this.#growing.delete(lease);
    this.#used -= bytes;
    this.#serve();
  }

  /** Grants what has become possible: to the oldest growing upload, then in the order of the queue. */
  #serve(): void {
    if (this.#queue.length === 0) return;
    const oldest = this.#oldest();
    const first = this.#queue.find(({ lease }) => lease === oldest);
    if (first !== undefined && this.#fits(first.lease, first.bytes)) first.grant();
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (!this.#fits(head.lease, head.bytes)) return;
      head.grant();
    }
  }
}
