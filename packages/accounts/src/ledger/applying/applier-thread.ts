import { Worker } from "node:worker_threads";
import { threadFile } from "../../thread-file.js";
import { LedgerError } from "../errors.js";
import type { ApplierSettings, FromApplier, ToApplier } from "./applier-worker.js";
import type { EntrySetAside } from "./applier.js";
import type { LedgerProgress } from "./follower.js";

/** `retrying`: it goes on by itself. `stopped`: a person has to do something. The reason is for that person. */
export type ApplierState =
  | { readonly kind: "applying" }
  | { readonly kind: "retrying"; readonly reason: string }
  | { readonly kind: "stopped"; readonly reason: string };

/** Called as soon as the thread tells. */
export interface ApplierListeners {
  readonly onProgress: (progress: LedgerProgress) => void;
  readonly onState: (state: ApplierState) => void;
  readonly onSetAside: (entry: EntrySetAside) => void;
}

interface Waiting {
  readonly through: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The thread that applies the journal, as the main thread sees it. */
export class ApplierThread {
  readonly #worker: Worker;
  readonly #listeners: ApplierListeners;
  readonly #ended: Promise<unknown>;
  #progress: LedgerProgress;
  #state: ApplierState = { kind: "applying" };
  #setAsideCount = 0;
  #told = -1;
  #waiting: Waiting[] = [];

  /** @throws LedgerError where the ledger cannot be kept in that folder; the message says what to do */
  static async start(settings: ApplierSettings, listeners: ApplierListeners): Promise<ApplierThread> {
    const worker = new Worker(threadFile(new URL("./applier-worker.js", import.meta.url)), {
      workerData: settings,
    });
    const first = await new Promise<FromApplier>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    worker.removeAllListeners("error");
    if (first.kind !== "opened") {
      await worker.terminate();
      throw new LedgerError("reason" in first ? first.reason : `unexpected: ${first.kind}`);
    }
    return new ApplierThread(worker, listeners, first.progress);
  }

  private constructor(worker: Worker, listeners: ApplierListeners, progress: LedgerProgress) {
    this.#worker = worker;
    this.#listeners = listeners;
    this.#progress = progress;
    this.#ended = new Promise((resolve) => worker.once("exit", resolve));
    worker.on("message", (message: FromApplier) => this.#take(message));
    worker.once("error", (error) => this.#enter({ kind: "stopped", reason: error.message }));
  }

  get progress(): LedgerProgress {
    return this.#progress;
  }

  get state(): ApplierState {
    return this.#state;
  }

  /** How many entries it has set aside. */
  get setAsideCount(): number {
    return this.#setAsideCount;
  }

  /** Tells the thread what may be applied. */
  follow(through: number): void {
    if (through <= this.#told) return;
    this.#told = through;
    this.#say({ kind: "follow", through });
  }

  /**
   * Waits until an entry is applied.
   * @throws LedgerError where that is not going on
   */
  async applied(through: number): Promise<void> {
    this.follow(through);
    if (this.#progress.appliedThrough >= through) return;
    if (this.#state.kind !== "applying") throw notApplying(this.#state.reason);
    await new Promise<void>((resolve, reject) => this.#waiting.push({ through, resolve, reject }));
  }

  /** Deletes rows that are older than a time. */
  deleteBefore(beforeMs: number): void {
    this.#say({ kind: "delete", beforeMs });
  }

  /** Ends the batch that is under way, and the thread. */
  async close(): Promise<void> {
    this.#say({ kind: "close" });
    await this.#ended;
    for (const { reject } of this.#waiting.splice(0)) reject(notApplying("the ledger was closed"));
  }

  #say(message: ToApplier): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromApplier): void {
    switch (message.kind) {
      case "progress":
        this.#progress = message.progress;
        this.#setAsideCount += message.setAside.length;
        for (const entry of message.setAside) this.#listeners.onSetAside(entry);
        this.#enter({ kind: "applying" });
        this.#listeners.onProgress(message.progress);
        this.#wake();
        return;
      case "retrying":
      case "stopped":
        this.#enter({ kind: message.kind, reason: message.reason });
        return;
      case "opened":
      case "refused":
    }
  }

  #wake(): void {
    const { appliedThrough } = this.#progress;
    const done = this.#waiting.filter(({ through }) => through <= appliedThrough);
    this.#waiting = this.#waiting.filter(({ through }) => through > appliedThrough);
    for (const { resolve } of done) resolve();
  }

  #enter(state: ApplierState): void {
    if (state.kind === this.#state.kind && state.kind === "applying") return;
    this.#state = state;
    this.#listeners.onState(state);
    if (state.kind === "applying") return;
    for (const { reject } of this.#waiting.splice(0)) reject(notApplying(state.reason));
  }
}

function notApplying(reason: string): LedgerError {
  return new LedgerError(`The ledger is behind its journal: ${reason}.`);
}
