import { Worker } from "node:worker_threads";
import { threadFile } from "../thread-file.js";
import { JournalFileError } from "./errors.js";
import type { BatchAnswer, Command, OpenAnswer, ThreadAnswer, ThreadData } from "./messages.js";

type Opened = Extract<OpenAnswer, { kind: "opened" }>;

/** The thread that writes, as the journal sees it. */
export class WriterThread {
  /** Called with every answer to a batch, and once with `broken` where the thread is no more. */
  onAnswer: (answer: BatchAnswer) => void = () => undefined;
  readonly #worker: Worker;
  #onClosed: () => void = () => undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (answer: ThreadAnswer) => {
      if (answer.kind === "closed") this.#onClosed();
      else if (answer.kind !== "opened" && answer.kind !== "refused") this.onAnswer(answer);
    });
    worker.on("error", (error) => this.#isGone(error.message));
    worker.on("exit", (code) => this.#isGone(`code ${code}`));
  }

  /** @throws JournalFileError */
  static async start(data: ThreadData): Promise<{ readonly thread: WriterThread; readonly opened: Opened }> {
    const worker = new Worker(threadFile(new URL("./journal-thread.js", import.meta.url)), {
      workerData: data,
      name: "journal",
    });
    const answer = await new Promise<OpenAnswer>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`The journal's thread ended with code ${code}`)));
    });
    if (answer.kind === "opened") return { thread: new WriterThread(worker), opened: answer };
    await worker.terminate();
    throw new JournalFileError(answer.message);
  }

  send(command: Command): void {
    this.#worker.postMessage(command);
  }

  /** Lets the file be closed, and the thread end. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
    });
    this.send({ kind: "close" });
    await closed;
    this.onAnswer = () => undefined;
    await this.#worker.terminate();
  }

  #isGone(how: string): void {
    this.#onClosed();
    this.onAnswer({ kind: "broken", reason: `its thread has ended: ${how}` });
  }
}
