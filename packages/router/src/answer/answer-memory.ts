import { type BodyChunks, bodyChunks } from "../memory/body-chunks.js";
import type { ByteBudget } from "../memory/byte-budget.js";
import type { MemoryLease } from "../memory/memory-lease.js";
import type { Stop } from "../retries/stop.js";
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
    private readonly expectedBytes: number | undefined,
    private readonly limitBytes: number,
    private readonly stop: Stop,
  ) {}

  /**
   * Waits for memory: all of it where the head tells the length, else a first step.
   * @throws AnswerTooLargeError, or the failure that stops the attempt
   */
  static async reserve(
    { headers }: UpstreamAnswer,
    budget: ByteBudget,
    limitBytes: number,
    stop: Stop,
  ): Promise<AnswerMemory> {
    const length = headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
    if (length !== undefined && length > limitBytes) throw new AnswerTooLargeError(limitBytes);
    const lease = budget.admitNow(length) ?? (await budget.admit(length, stop.signal));
    return new AnswerMemory(lease, length, limitBytes, stop);
  }

  /**
   * Waits until there is memory for so many bytes in all; undefined where there is already.
   * @throws AnswerTooLargeError, or the failure that stops the attempt
   */
  hold(bytes: number): Promise<void> | undefined {
    if (bytes > this.limitBytes) throw new AnswerTooLargeError(this.limitBytes);
    return this.lease.growNow(bytes) ? undefined : this.lease.growTo(bytes, this.stop.signal);
  }

  /** What keeps the answer's bytes until its memory is released. */
  chunks(emit: (bytes: Buffer) => void): BodyChunks {
    return bodyChunks(this.lease, this.expectedBytes, emit);
  }

  /** The answer is complete: it keeps what it holds and makes room for others to grow. */
  settle(bytes: number): void {
    this.lease.settle(bytes);
  }

  release(): void {
    this.lease.release();
  }
}
