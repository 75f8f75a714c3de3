import type { Timers } from "../timers.js";
import { Batch, type Entry, type Intent } from "./batch.js";
import type { BatchAnswer } from "./messages.js";
import type { WriterThread } from "./writer-thread.js";

/** Whether records are written, and why not. `heals`: it goes on by itself as soon as it can; else not in this process. */
export type JournalState =
  | { readonly name: "writing" }
  | { readonly name: "stopped"; readonly reason: string; readonly heals: boolean };

export interface CommitQueueOptions {
  readonly thread: WriterThread;
  readonly committed: number;
  readonly prunedThrough: number;
  /** Notes that may wait. */
  readonly maxNotes: number;
  readonly timers: Timers;
  readonly onStateChange: (state: JournalState) => void;
}

/** What nobody waits for is sent to be written after this time, in milliseconds, if no commit took it along before. */
const noteDelayMs = 50;
/** How long after a disk was found full it is tried again, in milliseconds. */
const probeDelayMs = 1_000;
const diskFull = "the disk is full";
/** Records in a transaction: so many that the commit costs each next to nothing, so few that the next need not wait long. */
const maxBatchSize = 1_024;

/**
 * Group commit: one batch is being written, what comes meanwhile makes up the next.
 *
 * A full disk stops the queue: whoever waits is sent away, what is kept waits for a try a second later, and so on until one
 * succeeds. Any other failure ends it: after a failed fsync nobody knows what is on the disk, and trying again may claim
 * success for pages that were dropped.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #state: JournalState = { name: "writing" };
  #committed: number;
  #prunedThrough: number;
  #pruneThrough = 0;
  /** The last one is being filled. */
  #waiting: Batch[] = [];
  #waitingNotes = 0;
  #lostNotes = 0;
  /** Whether anybody waits for what is waiting. */
  #hasWaiters = false;
  /** Being written. */
  #sent: Batch | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #callOffDelay: (() => void) | undefined;
  #onDrained: (() => void) | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#committed = options.committed;
    this.#prunedThrough = options.prunedThrough;
    options.thread.onAnswer = (answer) => this.#receive(answer);
  }

  get state(): JournalState {
    return this.#state;
  }

  /** The last sequence that is on the disk. */
  get committed(): number {
    return this.#committed;
  }

  /** Notes that were not written and never will be. */
  get lostNotes(): number {
    return this.#lostNotes;
  }

  /** Only while the state is `writing`. */
  addIntent(intent: Intent): void {
    this.#filling().addIntent(intent);
    this.#hasWaiters = true;
    this.#sendThisTurn();
  }

  /** Only while the queue is not at its end; while it is stopped, what is added is kept. */
  addEntry(entry: Entry): void {
    this.#filling().addEntry(entry);
    this.#hasWaiters = true;
    this.#sendThisTurn();
  }

  addNote(note: Entry): void {
    if (this.#waitingNotes >= this.#options.maxNotes || this.#isAtEnd()) {
      this.#lostNotes += 1;
      return;
    }
    this.#waitingNotes += 1;
    this.#filling().addEntry(note);
    this.#sendLater();
  }

  /** Lets the entries up to a sequence go, some with each of the next commits. */
  prune(through: number): void {
    this.#pruneThrough = Math.max(this.#pruneThrough, through);
    this.#sendLater();
  }

  /** Resolves when nothing waits any more: all is written, or cannot be. */
  async drain(): Promise<void> {
    if (this.#isAtEnd()) return;
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
    // Also where the disk was full: it is tried once more.
    if (this.#sent === undefined) this.#send();
    await drained;
  }

  #isAtEnd(): boolean {
    return this.#state.name === "stopped" && !this.#state.heals;
  }

  #filling(): Batch {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.size < maxBatchSize) return last;
    const batch = new Batch();
    this.#waiting.push(batch);
    return batch;
  }

  /** Once all that comes in this turn of the event loop is there. */
  #sendThisTurn(): void {
    if (this.#immediate !== undefined || this.#sent !== undefined || this.#state.name === "stopped") return;
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      this.#sendWaiting();
    });
  }

  #sendLater(): void {
    if (this.#callOffDelay !== undefined || this.#state.name === "stopped") return;
    this.#callOffDelay = this.#options.timers.after(noteDelayMs, () => {
      this.#callOffDelay = undefined;
      this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    if (this.#sent !== undefined || this.#state.name === "stopped") return;
    if (this.#waiting.length > 0 || this.#pruneThrough > this.#prunedThrough) this.#send();
  }

  /** Where nothing waits, the thread writes all the same, which tells whether there is room. */
  #send(): void {
    this.#sent = this.#waiting.shift() ?? new Batch();
    this.#hasWaiters &&= this.#waiting.length > 0;
    this.#options.thread.send(this.#sent.message(this.#pruneThrough));
  }

  #receive(answer: BatchAnswer): void {
    if (this.#isAtEnd()) return;
    if (answer.kind === "broken") return this.#end(answer.reason);
    const batch = this.#sent;
    this.#sent = undefined;
    if (batch === undefined) return;
    if (answer.kind === "full") return this.#stop(batch);

    this.#committed = answer.committed;
    this.#prunedThrough = answer.prunedThrough;
    this.#waitingNotes -= batch.notes;
    batch.succeed(answer.committed);
    if (this.#state.name === "stopped") this.#setState({ name: "writing" });
    this.#goOn();
  }

  #goOn(): void {
    if (this.#onDrained !== undefined) {
      if (this.#waiting.length > 0) return this.#send();
      this.#callOffDelay?.();
      this.#onDrained();
    } else if (this.#hasWaiters) {
      this.#sendThisTurn();
    } else if (this.#waiting.length > 0 || this.#pruneThrough > this.#prunedThrough) {
      this.#sendLater();
    }
  }

  #stop(batch: Batch): void {
    const postponed = [batch, ...this.#waiting];
    for (const one of postponed) one.postpone(diskFull);
    this.#waiting = postponed.filter(({ size }) => size > 0);
    this.#callOffDelay?.();
    if (this.#onDrained !== undefined) return this.#end(diskFull);
    this.#callOffDelay = this.#options.timers.after(probeDelayMs, () => {
      this.#callOffDelay = undefined;
      this.#send();
    });
    if (this.#state.name === "writing") this.#setState({ name: "stopped", reason: diskFull, heals: true });
  }

  #end(reason: string): void {
    const failed = [this.#sent ?? new Batch(), ...this.#waiting];
    this.#sent = undefined;
    this.#waiting = [];
    this.#callOffDelay?.();
    for (const batch of failed) {
      this.#lostNotes += batch.notes;
      batch.fail(reason);
    }
    this.#setState({ name: "stopped", reason, heals: false });
    this.#onDrained?.();
  }

  #setState(state: JournalState): void {
    this.#state = state;
    this.#options.onStateChange(state);
  }
}
