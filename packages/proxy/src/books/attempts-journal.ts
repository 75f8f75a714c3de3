import type { Journal, Payer } from "@darkroom/accounts";
import type { Deployment, EditRequest, Intent, Outcome, Journal as RouterJournal } from "@darkroom/router";
import { intentRecord, outcomeRecord } from "./attempt-records.js";
import type { Origins } from "./origins.js";
import { reservationNote } from "./reservation-note.js";

/** Told how long somebody waited for a record to be on the disk. */
export type CommitListener = (waitedMs: number) => void;

/** Told of attempts as they are written down. */
export interface AttemptsFollower {
  /** @param payers whom it is charged to */
  intended?(intent: Intent, payers: readonly string[]): void;
  /** It could not be written, and so is not sent. */
  notIntended?(intent: Intent): void;
  /**
   * @param sequence of the journal's entry that says so
   * @param payers who pay for its request, wherever it is sent
   */
  concluded(outcome: Outcome, sequence: number, payers: readonly Payer[]): void;
}

/** The router's attempts, as records of the journal. */
export class AttemptsJournal implements RouterJournal {
  #onCommit: CommitListener = () => undefined;
  readonly #followers: AttemptsFollower[] = [];

  constructor(
    private readonly journal: Pick<Journal, "intend" | "conclude">,
    private readonly origins: Origins,
    /** Whether others could find what attempts reserve, should this journal be lost. */
    private readonly isOneOfMany = false,
  ) {}

  /** Has `listener` told of every commit that was waited for. There is one. */
  listen(listener: CommitListener): void {
    this.#onCommit = listener;
  }

  /** Has `follower` told of every attempt. */
  follow(follower: AttemptsFollower): void {
    this.#followers.push(follower);
  }

  intend(intent: Intent): Promise<void> {
    const record = intentRecord(intent, this.origins.of(intent.request));
    const payers = record.charges.map(({ meter }) => meter);
    for (const follower of this.#followers) follower.intended?.(intent, payers);
    return this.#timed(this.journal.intend(record)).catch((error: unknown) => {
      for (const follower of this.#followers) follower.notIntended?.(intent);
      throw error;
    });
  }

  async conclude(outcome: Outcome): Promise<void> {
    const record = outcomeRecord(outcome);
    const { idempotency, payers } = this.origins.of(outcome.intent.request);
    idempotency?.charges.push(record);
    const sequence = await this.#timed(this.journal.conclude(record));
    for (const follower of this.#followers) follower.concluded(outcome, sequence, payers);
  }

  noteOf(request: EditRequest, deployments: readonly Deployment[]): string | undefined {
    return this.isOneOfMany ? reservationNote(request, deployments, this.origins.of(request)) : undefined;
  }

  async #timed<Result>(commit: Promise<Result>): Promise<Result> {
    const fromMs = performance.now();
    const result = await commit;
    this.#onCommit(performance.now() - fromMs);
    return result;
  }
}
