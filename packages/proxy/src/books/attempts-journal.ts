import type { Journal } from "@darkroom/accounts";
import type { Intent, Outcome, Journal as RouterJournal } from "@darkroom/router";
import { intentRecord, outcomeRecord } from "./attempt-records.js";
import type { Origins } from "./origins.js";

/** Told how long somebody waited for a record to be on the disk. */
export type CommitListener = (waitedMs: number) => void;

/** The router's attempts, as records of the journal. */
export class AttemptsJournal implements RouterJournal {
  #onCommit: CommitListener = () => undefined;

  constructor(
    private readonly journal: Pick<Journal, "intend" | "conclude">,
    private readonly origins: Origins,
  ) {}

  /** Has `listener` told of every commit that was waited for. There is one. */
  listen(listener: CommitListener): void {
    this.#onCommit = listener;
  }

  intend(intent: Intent): Promise<void> {
    return this.#timed(this.journal.intend(intentRecord(intent, this.origins.of(intent.request))));
  }

  async conclude(outcome: Outcome): Promise<void> {
    const record = outcomeRecord(outcome);
    this.origins.of(outcome.intent.request).idempotency?.charges.push(record);
    await this.#timed(this.journal.conclude(record));
  }

  async #timed<Result>(commit: Promise<Result>): Promise<Result> {
    const fromMs = performance.now();
    const result = await commit;
    this.#onCommit(performance.now() - fromMs);
    return result;
  }
}
