import { Worker } from "node:worker_threads";
import { threadFile } from "../../thread-file.js";
import { LedgerError } from "../errors.js";
import type { DailyFilter, DailyKey, DailyOrder, DailySum, DeletedAttempts } from "./daily-spend.js";
import type { RequestExplanation } from "./explain.js";
import type { AttemptFilter, RequestFilter } from "./filter.js";
import type { KeyedAttempt } from "./keyed-attempts.js";
import type { Page, PageRequest } from "./page.js";
import type { ReportAnswer, ReportQuestion } from "./reports-worker.js";
import type { CarriedSpend, LedgerReports } from "./reports.js";
import type { LedgerAttempt, LedgerRequest } from "./rows.js";
import type { MeterSpend } from "./spend.js";
import type { SharedSpend, Spent, TimeSpan } from "./spent.js";
import type { KeyedSum, LedgerSum, SumKey } from "./sum.js";

interface Asked {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Reports in a thread of their own, so that a long one holds up nothing else; started with the first. */
export class ReportsThread implements LedgerReports {
  readonly #folder: string;
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  attempts(filter: AttemptFilter, page: PageRequest): Promise<Page<LedgerAttempt>> {
    return this.#ask("attempts", filter, page);
  }

  count(filter: AttemptFilter): Promise<number> {
    return this.#ask("count", filter);
  }

  requests(filter: RequestFilter, page: PageRequest): Promise<Page<LedgerRequest>> {
    return this.#ask("requests", filter, page);
  }

  attempt(attemptId: string): Promise<LedgerAttempt | undefined> {
    return this.#ask("attempt", attemptId);
  }

  explain(requestId: string): Promise<RequestExplanation | undefined> {
    return this.#ask("explain", requestId);
  }

  sum(filter: AttemptFilter): Promise<LedgerSum> {
    return this.#ask("sum", filter);
  }

  sumBy(filter: AttemptFilter, by: SumKey): Promise<readonly KeyedSum[]> {
    return this.#ask("sumBy", filter, by);
  }

  dailySpend(filter: DailyFilter, by: readonly DailyKey[], order?: DailyOrder): Promise<readonly DailySum[]> {
    return this.#ask("dailySpend", filter, by, order);
  }

  deleted(): Promise<DeletedAttempts> {
    return this.#ask("deleted");
  }

  spend(of: { readonly meter?: string; readonly period?: string }): Promise<readonly MeterSpend[]> {
    return this.#ask("spend", of);
  }

  spentIn(meter: string, span: TimeSpan, shared?: SharedSpend): Promise<Spent> {
    return this.#ask("spentIn", meter, span, shared);
  }

  keyedAttempts(sinceMs: number): Promise<readonly KeyedAttempt[]> {
    return this.#ask("keyedAttempts", sinceMs);
  }

  keylessCallers(): Promise<readonly string[]> {
    return this.#ask("keylessCallers");
  }

  carriedSpend(): Promise<readonly CarriedSpend[]> {
    return this.#ask("carriedSpend");
  }

  setAside(): Promise<number> {
    return this.#ask("setAside");
  }

  async close(): Promise<void> {
    if (this.#worker === undefined) return;
    const ended = new Promise((resolve) => this.#worker?.once("exit", resolve));
    await this.#ask("close");
    await ended;
  }

  #ask<Result>(name: keyof LedgerReports, ...values: readonly unknown[]): Promise<Result> {
    const worker = (this.#worker ??= this.#start());
    const id = (this.#lastId += 1);
    return new Promise<Result>((resolve, reject) => {
      this.#asked.set(id, { resolve: resolve as (result: unknown) => void, reject });
      worker.postMessage({ id, name, values } satisfies ReportQuestion);
    });
  }

  #start(): Worker {
    const worker = new Worker(threadFile(new URL("./reports-worker.js", import.meta.url)), {
      workerData: { folder: this.#folder },
    });
    worker.on("message", (answer: ReportAnswer) => {
      const asked = this.#asked.get(answer.id);
      this.#asked.delete(answer.id);
      if ("reason" in answer) asked?.reject(new LedgerError(answer.reason));
      else asked?.resolve(answer.result);
    });
    // Should it end by itself, whatever was asked has no answer, and the next question starts another.
    worker.once("error", (error) => this.#fail(worker, error));
    worker.once("exit", () => this.#fail(worker, new LedgerError("The thread that reports has ended.")));
    return worker;
  }

  #fail(worker: Worker, error: Error): void {
    if (this.#worker === worker) this.#worker = undefined;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
