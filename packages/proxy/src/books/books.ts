import {
  type ApplierState,
  type EntrySetAside,
  Journal,
  type JournalState,
  type KeyedAttempt,
  Ledger,
  type PostgresSettings,
  type Retention,
} from "@darkroom/accounts";
import { setTimeout as wait } from "node:timers/promises";
import { RedisUnavailableError } from "@darkroom/router";
import type { Logger } from "pino";
import type { RequestRecord } from "../observability/request-record.js";
import { AttemptsJournal } from "./attempts-journal.js";
import { Origins } from "./origins.js";
import { RefusedRequests } from "./refusals.js";
import { isRefusal, requestRow } from "./request-rows.js";
import { SettledMark, type SettledStore } from "./settled-mark.js";
import { type SettlingStore, settleJournal } from "./settle-journal.js";

/** Rows of requests are on the disk within half of it. */
const notesWithinMs = 100;

export interface BooksOptions {
  /** Where the ledger is, unless it is in the folder too. */
  readonly postgres?: PostgresSettings | undefined;
  /** For how long its rows are kept; absent: for ever. */
  readonly retention?: Retention | undefined;
}

/** The gateway's books: the journal, where every attempt is written down, and the ledger that is made of it. */
export class Books {
  readonly origins = new Origins();
  /** Where the router writes its attempts. */
  readonly attempts: AttemptsJournal;
  readonly #refused: RefusedRequests;

  private constructor(
    private readonly folder: string,
    private readonly journal: Journal,
    readonly ledger: Ledger,
    private readonly settled: SettledMark | undefined,
  ) {
    this.attempts = new AttemptsJournal(journal, this.origins, settled !== undefined);
    this.#refused = new RefusedRequests(journal);
  }

  /**
   * Opens the books of a data folder, for this process alone.
   * @throws DataFolderInUseError, DataFolderError, JournalFileError, LedgerError
   */
  static async open(folder: string, log: Logger, { postgres, retention }: BooksOptions = {}): Promise<Books> {
    const settled = postgres === undefined ? undefined : new SettledMark();
    const journal = await Journal.open({ folder, onStateChange: (state) => tellOfJournal(log, state) });
    tellOfStart(log, journal);
    try {
      const ledger = await Ledger.open({
        folder,
        journal,
        ...(postgres !== undefined && { postgres }),
        ...(settled !== undefined && { mayForget: () => settled.through(journal.committed) }),
        ...(retention !== undefined && { retention }),
        onState: (state) => tellOfLedger(log, state),
        onSetAside: (entry) => tellOfEntry(log, entry),
      });
      return new Books(folder, journal, ledger, settled);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /**
   * Settles what the journal still has where the limits are kept, since whoever wrote it may have died before; what is
   * settled already stays so. From now on the journal forgets nothing that is not settled there.
   */
  async settleIn(limits: SettledStore & SettlingStore): Promise<void> {
    if (this.settled === undefined) return;
    const journal = { folder: this.folder, journalId: this.journal.id, through: this.journal.committed };
    await settleJournal(journal, limits).catch((error: unknown) => {
      // What was never sent stays reserved until the next start.
      if (!(error instanceof RedisUnavailableError)) throw error;
    });
    this.settled.follow(limits);
  }

  /** What the journal does. */
  get state(): JournalState {
    return this.journal.state;
  }

  /** Whether what is spent can be written down: without it nothing is. */
  get areOpen(): boolean {
    return this.journal.state.name === "writing";
  }

  /** Entries of the journal that are on the disk. */
  get entries(): number {
    return this.journal.committed;
  }

  /** Rows of requests that were not written and never will be: too many were waiting. */
  get lostNotes(): number {
    return this.journal.lostNotes;
  }

  /** What upstreams may have charged and nobody knows. */
  get uncertainNanoUsd(): bigint {
    return this.ledger.uncertain.nanoUsd;
  }

  /**
   * The attempts of requests with an idempotency key, as far as they have ended in the last so many milliseconds.
   * @throws LedgerError where nothing can be read at present
   */
  async keyedAttempts(lastMs: number): Promise<readonly KeyedAttempt[]> {
    await this.ledger.catchUp();
    return this.ledger.reports.keyedAttempts(Date.now() - lastMs);
  }

  /** Writes a row for a request that has ended, if it was an edit that somebody known asked for. */
  noteRequest(record: RequestRecord, route: string, status: number): void {
    const { caller } = record;
    if (caller === undefined) return;
    const row = requestRow({
      id: record.id,
      startedAtMs: record.receivedAtMs,
      endedAtMs: Date.now(),
      caller,
      route,
      requestedModel: record.group,
      status,
      requestBytes: record.requestBytes,
      answerBytes: record.answerBytes,
      report: record.report,
      reason: record.reason,
      replayOf: record.replayOf,
    });
    if (isRefusal(row)) this.#refused.note(row);
    else this.journal.note("request", row);
  }

  /**
   * Whether all that was written down by now is in the ledger.
   * @throws LedgerError where nothing is applied at present
   */
  async areShipped(): Promise<boolean> {
    this.#refused.flush();
    await wait(notesWithinMs);
    await this.ledger.catchUp();
    return this.ledger.lagEntries === 0;
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    this.#refused.flush();
    await this.ledger.close();
    await this.journal.close();
  }
}

function tellOfStart(log: Logger, { recovered, isReplacement }: Journal): void {
  if (isReplacement)
    log.error(
      "the journal was not there, and another one is begun: what it had not handed to the ledger is missing from the books",
    );
  if (recovered > 0)
    log.warn(
      { attempts: recovered },
      "attempts were under way when the gateway ended: they are uncertain, at their estimates",
    );
}

function tellOfJournal(log: Logger, state: JournalState): void {
  if (state.name === "stopped") {
    log.error(
      { reason: state.reason },
      "the journal has stopped: no edit is served until it is written again",
    );
  } else log.warn("the journal is written again: edits are served");
}

function tellOfLedger(log: Logger, state: ApplierState): void {
  if (state.kind === "applying") log.info("the ledger goes on");
  else if (state.kind === "retrying")
    log.warn({ reason: state.reason }, "the ledger falls behind and will try again");
  else log.error({ reason: state.reason }, "the ledger has stopped; the journal keeps what is not in it");
}

function tellOfEntry(log: Logger, { sequence, kind, reason }: EntrySetAside): void {
  log.error({ sequence, kind, reason }, "an entry of the journal cannot be applied, and was set aside");
}
