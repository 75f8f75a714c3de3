import { type Timers, systemTimers } from "../timers.js";
import type { NoteKind } from "./batch.js";
import { CommitQueue, type JournalState } from "./commit-queue.js";
import { DataFolderLock } from "./data-folder-lock.js";
import { JournalUnavailableError } from "./errors.js";
import {
  carriedText,
  attemptText,
  correctionText,
  intentText,
  outcomeText,
  refusalsText,
  requestText,
} from "./record-text.js";
import type {
  CarriedSpendRecord,
  CorrectionRecord,
  IntentRecord,
  OutcomeRecord,
  RefusalsRecord,
  RequestRecord,
} from "./records.js";
import { WriterThread } from "./writer-thread.js";

export interface JournalOptions {
  /** The data folder: made where it is missing, held by this process alone until the journal is closed. */
  readonly folder: string;
  /** Is told of every change, except of the one that `close` makes. */
  readonly onStateChange?: (state: JournalState) => void;
  /** Attempts that may be without outcome at a time; further intents are refused. 16,384 by default. */
  readonly maxOpenAttempts?: number;
  /** Notes that may wait to be written; further ones are lost, and counted. 16,384 by default. */
  readonly maxWaitingNotes?: number;
  readonly timers?: Timers;
  /** In milliseconds since 1970. */
  readonly now?: () => number;
}

const defaults = { maxOpenAttempts: 16_384, maxWaitingNotes: 16_384 };

interface OpenAttempt {
  readonly ordinal: number;
  readonly text: string;
  isCommitted: boolean;
}

/**
 * What was paid, written down whatever dies: an attempt is intended before it is sent, and concluded before its answer is
 * released; either is on the disk when its promise resolves. What was intended and never concluded becomes an entry at the
 * next start, uncertain, at its estimate. Entries have consecutive sequences, from 1.
 */
export class Journal {
  /** Made with the file: id and sequence name an entry for good. */
  readonly id: string;
  /** How many attempts were found without outcome when this was opened. */
  readonly recovered: number;
  /**
   * The journal that the folder's ledger was made from was not there, and this one was begun in its place: what that one had
   * not handed over is in no books.
   */
  readonly isReplacement: boolean;
  readonly #lock: DataFolderLock;
  readonly #thread: WriterThread;
  readonly #queue: CommitQueue;
  readonly #maxOpenAttempts: number;
  /** By their ids. */
  readonly #openAttempts = new Map<string, OpenAttempt>();
  #ordinal = 0;
  #closed: Promise<void> | undefined;

  /**
   * @throws DataFolderInUseError where another process works in the folder; DataFolderError where nothing can be written
   *   there; JournalFileError where the journal's files are damaged, of another format, or cannot be written
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const lock = new DataFolderLock(options.folder);
    try {
      const nowMs = (options.now ?? Date.now)();
      const { thread, opened } = await WriterThread.start({ folder: options.folder, nowMs });
      const queue = new CommitQueue({
        thread,
        committed: opened.committed,
        prunedThrough: opened.prunedThrough,
        maxNotes: options.maxWaitingNotes ?? defaults.maxWaitingNotes,
        timers: options.timers ?? systemTimers,
        onStateChange: options.onStateChange ?? (() => undefined),
      });
      return new Journal(options, lock, thread, queue, opened);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(
    options: JournalOptions,
    lock: DataFolderLock,
    thread: WriterThread,
    queue: CommitQueue,
    { id, recovered, isReplacement }: Pick<Journal, "id" | "recovered" | "isReplacement">,
  ) {
    this.id = id;
    this.recovered = recovered;
    this.isReplacement = isReplacement;
    this.#lock = lock;
    this.#thread = thread;
    this.#queue = queue;
    this.#maxOpenAttempts = options.maxOpenAttempts ?? defaults.maxOpenAttempts;
  }

  get state(): JournalState {
    return this.#closed === undefined ? this.#queue.state : closedState;
  }

  /** The last sequence that is on the disk. */
  get committed(): number {
    return this.#queue.committed;
  }

  /** Attempts that were intended and not concluded. */
  get openAttempts(): number {
    return this.#openAttempts.size;
  }

  /** Notes that were not written and never will be. */
  get lostNotes(): number {
    return this.#queue.lostNotes;
  }

  /**
   * Resolves once the intent is on the disk: the attempt may be sent.
   *
   * @throws JournalUnavailableError where it is not written: the attempt must not be sent
   */
  async intend(record: IntentRecord): Promise<void> {
    const { state } = this;
    if (state.name === "stopped") throw new JournalUnavailableError(state.reason, state.heals, false);
    if (this.#openAttempts.size >= this.#maxOpenAttempts)
      throw new JournalUnavailableError(
        `${this.#maxOpenAttempts} attempts have no outcome yet, and more may not be`,
        true,
        false,
      );
    if (this.#openAttempts.has(record.attemptId))
      throw new Error(`The attempt ${record.attemptId} was intended before`);

    const attempt = { ordinal: (this.#ordinal += 1), text: intentText(record), isCommitted: false };
    this.#openAttempts.set(record.attemptId, attempt);
    try {
      await new Promise<void>((resolve, reject) =>
        this.#queue.addIntent({ ...attempt, waiter: { resolve, reject } }),
      );
    } catch (error) {
      this.#openAttempts.delete(record.attemptId);
      throw error;
    }
    attempt.isCommitted = true;
  }

  /**
   * Resolves with the entry's sequence once the outcome is on the disk: the answer may be released.
   *
   * @throws JournalUnavailableError where it is not written: the answer is released all the same, its intent stands. `kept`
   *   says that it will be written once there is room, unless the process ends before
   */
  async conclude(record: OutcomeRecord): Promise<number> {
    const attempt = this.#openAttempts.get(record.attemptId);
    if (attempt?.isCommitted !== true)
      throw new Error(`The attempt ${record.attemptId} has an outcome already, or was never intended`);
    const { state } = this;
    if (state.name === "stopped" && !state.heals)
      throw new JournalUnavailableError(state.reason, false, false);

    const text = attemptText(attempt.text, outcomeText(record));
    const outcome = { kind: "outcome", text, concludes: attempt.ordinal } as const;
    this.#openAttempts.delete(record.attemptId);
    if (state.name === "stopped") {
      this.#queue.addEntry(outcome);
      throw new JournalUnavailableError(state.reason, true, true);
    }
    return new Promise((resolve, reject) =>
      this.#queue.addEntry({ ...outcome, waiter: { resolve, reject } }),
    );
  }

  /**
   * Resolves with the entry's sequence once the correction is on the disk.
   *
   * @throws JournalUnavailableError where it is not written
   */
  async correct(record: CorrectionRecord): Promise<number> {
    const { state } = this;
    if (state.name === "stopped") throw new JournalUnavailableError(state.reason, state.heals, false);
    const text = correctionText(record);
    return new Promise((resolve, reject) =>
      this.#queue.addEntry({ kind: "correction", text, waiter: { resolve, reject } }),
    );
  }

  /**
   * Resolves with the entry's sequence once what was spent elsewhere is on the disk.
   *
   * @throws JournalUnavailableError where it is not written
   */
  async carry(record: CarriedSpendRecord): Promise<number> {
    const { state } = this;
    if (state.name === "stopped") throw new JournalUnavailableError(state.reason, state.heals, false);
    const text = carriedText(record);
    return new Promise((resolve, reject) =>
      this.#queue.addEntry({ kind: "carried", text, waiter: { resolve, reject } }),
    );
  }

  /** Nobody waits for a note: it goes with the next commit, within 50 ms. A kill before loses it. */
  note(kind: "request", record: RequestRecord): void;
  note(kind: "refusals", record: RefusalsRecord): void;
  note(kind: NoteKind, record: RequestRecord | RefusalsRecord): void {
    if (this.#closed !== undefined) return;
    const text =
      kind === "request" ? requestText(record as RequestRecord) : refusalsText(record as RefusalsRecord);
    this.#queue.addNote({ kind, text });
  }

  /**
   * Lets the entries up to a sequence go, since whoever reads them has them safe on a disk of its own.
   *
   * @throws RangeError where the sequence was not given yet
   */
  prune(through: number): void {
    if (!Number.isSafeInteger(through) || through < 0 || through > this.committed)
      throw new RangeError(`prune: ${through} is no sequence up to ${this.committed}`);
    if (this.#closed === undefined) this.#queue.prune(through);
  }

  /** Writes what waits, notes too, and lets the folder go. Attempts without outcome are found by the next start. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#queue.drain();
    await this.#thread.close();
    this.#lock.release();
  }
}

const closedState = { name: "stopped", reason: "it is closed", heals: false } as const;
