import type { ByteBudget } from "../memory/byte-budget.js";
import type { MemoryLease } from "../memory/memory-lease.js";
import type { UpstreamAnswer } from "../upstream/upstream-call.js";

/** An answer that is larger than one may be. */
export class AnswerTooLargeError extends Error {
  override readonly name = "AnswerTooLargeError";

  constructor(readonly limitBytes: number) {
    super(`the answer is larger than ${String(limitBytes)} bytes`);
  }
}

/** The memory of one answer: reserved when its head is there, given back when the client has taken it. */
export class AnswerMemory {
  private constructor(
    private readonly lease: MemoryLease,
    private readonly limitBytes: number,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Waits for memory: all of it where the head tells the length, else a first step.
   * @throws AnswerTooLargeError, or the signal's reason
   */
  static async reserve(
    { headers }: UpstreamAnswer,
    budget: ByteBudget,
    limitBytes: number,
    signal: AbortSignal,
  ): Promise<AnswerMemory> {
    const length = headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
    if (length !== undefined && length > limitBytes) throw new AnswerTooLargeError(limitBytes);
    return new AnswerMemory(await budget.admit(length, signal), limitBytes, signal);
  }

  /**
   * Waits until there is memory for so many bytes in all.
   * @throws AnswerTooLargeError, or the signal's reason
   */
  async hold(bytes: number): Promise<void> {
    if (bytes <= this.lease.bytes) return;
    if (bytes > this.limitBytes) throw new AnswerTooLargeError(this.limitBytes);
    await this.lease.growTo(bytes, this.signal);
  }

  release(): void {
    this.lease.release();
  }
}
