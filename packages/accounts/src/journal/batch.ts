import { JournalUnavailableError } from "./errors.js";
import type { BatchMessage } from "./messages.js";

/** Whoever waits for a record to be on the disk. */
export interface Waiter<Value> {
  resolve(value: Value): void;
  reject(error: JournalUnavailableError): void;
}

export interface Intent {
  /** Its number in the file. */
  readonly ordinal: number;
  readonly text: string;
  readonly waiter: Waiter<void>;
}

/** What nobody waits for. */
export type NoteKind = "request" | "refusals";

export interface Entry {
  readonly kind: "outcome" | "correction" | "carried" | NoteKind;
  readonly text: string;
  /** The ordinal of the intent that it ends. */
  readonly concludes?: number;
  /** Is told the entry's sequence. */
  readonly waiter?: Waiter<number>;
}

/** Whether an entry that cannot be written now is written later, when whoever waited for it has been sent away. */
function isKept({ kind }: Entry): boolean {
  return kind !== "correction" && kind !== "carried";
}

/** What goes into one transaction, and who waits for it. */
export class Batch {
  #intents: Intent[] = [];
  #entries: Entry[] = [];

  get size(): number {
    return this.#intents.length + this.#entries.length;
  }

  get notes(): number {
    return this.#entries.filter(({ kind }) => kind === "request" || kind === "refusals").length;
  }

  addIntent(intent: Intent): void {
    this.#intents.push(intent);
  }

  addEntry(entry: Entry): void {
    this.#entries.push(entry);
  }

  message(pruneThrough: number): BatchMessage {
    const intents: (number | string)[] = [];
    for (const { ordinal, text } of this.#intents) intents.push(ordinal, text);
    const concluded: number[] = [];
    const entries: string[] = [];
    for (const { kind, text, concludes } of this.#entries) {
      entries.push(kind, text);
      if (concludes !== undefined) concluded.push(concludes);
    }
    return { kind: "batch", intents, concluded, entries, pruneThrough };
  }

  /** @param committed the sequence of the last entry */
  succeed(committed: number): void {
    for (const { waiter } of this.#intents) waiter.resolve();
    let sequence = committed - this.#entries.length;
    for (const { waiter } of this.#entries) {
      sequence += 1;
      waiter?.resolve(sequence);
    }
  }

  /** Sends away everybody who waits; what remains is what is kept. */
  postpone(reason: string): void {
    for (const { waiter } of this.#intents) waiter.reject(new JournalUnavailableError(reason, true, false));
    for (const entry of this.#entries)
      entry.waiter?.reject(new JournalUnavailableError(reason, true, isKept(entry)));
    this.#intents = [];
    this.#entries = this.#entries.filter(isKept).map(({ waiter: _, ...entry }) => entry);
  }

  /** Sends away everybody who waits; nothing of it will be written. */
  fail(reason: string): void {
    const error = new JournalUnavailableError(reason, false, false);
    for (const { waiter } of this.#intents) waiter.reject(error);
    for (const { waiter } of this.#entries) waiter?.reject(error);
  }
}
