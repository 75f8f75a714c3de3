import { Lease, type LeaseBudget, type MemoryLease } from "./memory-lease.js";
import { systemTimers, type Timers } from "./timers.js";
import { UploadMemoryError } from "./upload-errors.js";
import { defaultUploadTuning, type UploadSettings, type UploadTuning } from "./upload-settings.js";

type BudgetSettings = Pick<UploadSettings, "memoryBudgetBytes" | "maxRequestBytes" | "waitMs"> &
  Partial<Pick<UploadTuning, "stepBytes" | "maxWaiting" | "retryAfterSeconds">>;

interface Waiting {
  readonly lease: Lease;
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * Memory for uploads. A body of known length gets its memory at once, any other grows step by step, and both
 * hold it until their request is answered. First come, first served.
 *
 * Uploads that hold memory and wait for more could block one another for ever. So the oldest growing one comes
 * before everybody, it is not turned away for waiting, and others are granted only what leaves room for it to
 * grow to the cap. Complete uploads need nothing more, so theirs comes back when their requests are answered:
 * whatever the oldest waits for will be free one day, then the next one is the oldest.
 */
export class ByteBudget {
  readonly #settings: Required<BudgetSettings>;
  readonly #timers: Timers;
  /** Admitted uploads that may still grow, oldest first. */
  readonly #growing = new Set<Lease>();
  readonly #queue: Waiting[] = [];
  #used = 0;

  /** @throws RangeError where the largest request would never fit */
  constructor(settings: BudgetSettings, timers: Timers = systemTimers) {
    if (settings.memoryBudgetBytes < settings.maxRequestBytes) {
      throw new RangeError("The memory for uploads must hold at least one request of the largest size");
    }
    this.#settings = { ...defaultUploadTuning, ...settings };
    this.#timers = timers;
  }

  /** Bytes granted and not given back. */
  get usedBytes(): number {
    return this.#used;
  }

  /** How many uploads wait for memory. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Waits for the memory of an upload.
   * @param contentLength bytes of the body; undefined when the client does not say
   * @throws UploadMemoryError, or the signal's reason
   */
  async admit(contentLength: number | undefined, signal?: AbortSignal): Promise<MemoryLease> {
    const lease = new Lease(this.#asBudget(), contentLength === undefined);
    await this.#request(lease, contentLength ?? this.#nextStep(0, 1), signal);
    return lease;
  }

  #asBudget(): LeaseBudget {
    return {
      grow: (lease, bytes, signal) => this.#request(lease, this.#nextStep(lease.bytes, bytes), signal),
      giveBack: (lease, bytes) => this.#giveBack(lease, bytes),
    };
  }

  /** What to have granted so that `needed` fits, in whole steps up to the cap. */
  #nextStep(granted: number, needed: number): number {
    const { stepBytes, maxRequestBytes } = this.#settings;
    if (needed > maxRequestBytes) throw new RangeError("An upload must not grow beyond the cap");
    const steps = Math.ceil((needed - granted) / stepBytes);
    return Math.min(granted + steps * stepBytes, maxRequestBytes);
  }

  #request(lease: Lease, bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const comesFirst = this.#queue.length === 0 || lease === this.#oldest();
    if (comesFirst && this.#fits(lease, bytes)) {
      this.#grant(lease, bytes);
      return Promise.resolve();
    }
    if (this.#queue.length >= this.#settings.maxWaiting && lease !== this.#oldest()) {
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
    const callOff = this.#timers.after(this.#settings.waitMs, () => {
      if (lease === this.#oldest()) return;
      leave();
      reject(this.#refusal());
      this.#serve();
    });
    signal?.addEventListener("abort", abort);
    this.#queue.push(waiting);
  }

  #refusal(): UploadMemoryError {
    return new UploadMemoryError(this.#settings.retryAfterSeconds);
  }

  #oldest(): Lease | undefined {
    const [oldest] = this.#growing;
    return oldest;
  }

  #fits(lease: Lease, bytes: number): boolean {
    const oldest = this.#oldest();
    const reserve =
      oldest === undefined || oldest === lease ? 0 : this.#settings.maxRequestBytes - oldest.bytes;
    return this.#used + bytes - lease.bytes + reserve <= this.#settings.memoryBudgetBytes;
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
    const oldest = this.#oldest();
    const first = this.#queue.find(({ lease }) => lease === oldest);
    if (first !== undefined && this.#fits(first.lease, first.bytes)) first.grant();
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (!this.#fits(head.lease, head.bytes)) return;
      head.grant();
    }
  }
}
