import {
  type AnswerSink,
  ClientGoneError,
  DeadlineError,
  type EditReport,
  InvalidRequestError,
  RouterError,
  type Timers,
  backgroundTimers,
} from "@darkroom/router";
import type { RequestRecord } from "../observability/request-record.js";
import { AnswerCopy } from "./answer-copy.js";
import { type AttemptCharge, type RequestCharge, sumOfCharges } from "./attempt-charges.js";
import { type EarlierEdits, type PaidEdit, keptMs } from "./earlier-edits.js";
import { answerGone, earlierEditsUnknown, givenUp, otherBody, tooManyKeys } from "./errors.js";
import type { Idempotency } from "./idempotency.js";
import { KeptAnswers } from "./kept-answers.js";
import { Replay } from "./replay.js";
import { SharedAnswer } from "./shared-answer.js";

/** A request with a key. */
export interface KeyedRequest {
  readonly idempotency: Idempotency;
  readonly record: RequestRecord;
  readonly answer: AnswerSink;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes the edit. Called for the first request of a key alone. */
  readonly begin: (sink: AnswerSink) => Promise<EditReport>;
  /** Called where it is not: the request's body is not needed. */
  readonly letGo: () => void;
}

export interface IdempotentEditsOptions {
  /** Room for copies of answers; with 0 none are kept. */
  readonly memoryBytes: number;
  /** How many keys are remembered at once. */
  readonly mostKeys?: number;
  /** What became of keys before this process was started. Asked with the first key, and again as long as it fails. */
  readonly loadEarlier?: () => Promise<EarlierEdits>;
  readonly timers?: Timers;
}

/** A hundred and sixty-six edits a second for ten minutes; each key takes less than a kilobyte besides its answer. */
const defaultMostKeys = 100_000;

interface EndedEdit extends PaidEdit {
  /** Of an earlier process's edit there is none. */
  readonly copy?: AnswerCopy;
}

/** An ended edit, or the error of one that nobody has paid. */
type End = { readonly edit: EndedEdit } | { readonly error: unknown };

interface RunningEdit {
  readonly requestId: string;
  readonly fingerprint: string;
  readonly answer: SharedAnswer;
  readonly ended: Promise<End>;
}

/**
 * Edits that are never paid twice: of the requests with one key only the first makes the edit. Those that come while it runs
 * get its answer with it; those that come within ten minutes of its end get the copy, or are told that there is none any more.
 * A failure that nobody has charged, for certain, leaves no trace, so that another try is a real one.
 */
export class IdempotentEdits {
  readonly #running = new Map<string, RunningEdit>();
  readonly #ended = new Map<string, EndedEdit>();
  readonly #kept: KeptAnswers;
  readonly #mostKeys: number;
  readonly #loadEarlier: (() => Promise<EarlierEdits>) | undefined;
  readonly #timers: Timers;
  #earlier: EarlierEdits | undefined;
  #loading: Promise<EarlierEdits> | undefined;
  #waiting = 0;

  constructor({ memoryBytes, mostKeys, loadEarlier, timers }: IdempotentEditsOptions) {
    this.#kept = new KeptAnswers(memoryBytes);
    this.#mostKeys = mostKeys ?? defaultMostKeys;
    this.#loadEarlier = loadEarlier;
    this.#timers = timers ?? backgroundTimers;
  }

  /** Bytes of the room for copies that are taken. */
  get keptBytes(): number {
    return this.#kept.usedBytes;
  }

  /** How many requests wait for the edit of another. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Answers a request with a key, by making its edit or by giving it the answer of the one that was or is being made.
   * @throws what `begin` throws; RouterError where that is the answer; GatewayError (409) where the key belongs to another
   * body, or its answer is not kept any more; GatewayError (503) where there are too many keys, or earlier ones are not known
   */
  async serve(request: KeyedRequest): Promise<void> {
    const { key, fingerprint } = request.idempotency;
    if (this.#loadEarlier !== undefined) this.#earlier ??= await this.#load(this.#loadEarlier);
    // From here on nothing is waited for until the edit is begun: of two requests only one finds the key unused.
    const running = this.#running.get(key);
    const ended: EndedEdit | undefined = this.#ended.get(key) ?? this.#earlier?.find(key);
    const first = running ?? ended;
    if (first === undefined) return this.#begin(request);
    if (first.fingerprint !== fingerprint) throw otherBody(first.requestId);
    request.letGo();
    const replay = new Replay(request.answer, request.record, first.requestId);
    if (running !== undefined) await this.#join(running, replay, request.timeoutMs);
    else if (ended !== undefined) await give(ended, replay);
  }

  /** @throws GatewayError (503) */
  async #load(loadEarlier: () => Promise<EarlierEdits>): Promise<EarlierEdits> {
    this.#loading ??= loadEarlier();
    try {
      return await this.#loading;
    } catch (cause) {
      this.#loading = undefined;
      throw earlierEditsUnknown(cause);
    }
  }

  async #begin({ idempotency, record, answer, begin }: KeyedRequest): Promise<void> {
    const { key, fingerprint, charges } = idempotency;
    if (answer.isGone) throw new ClientGoneError();
    if (this.#running.size + this.#ended.size >= this.#mostKeys) throw tooManyKeys();
    const copy = new AnswerCopy(this.#kept);
    const shared = new SharedAnswer(answer, copy);
    const first = { requestId: record.id, fingerprint };
    let tellEnd: (end: End) => void = () => undefined;
    const ended = new Promise<End>((resolve) => {
      tellEnd = resolve;
    });
    this.#running.set(key, { ...first, answer: shared, ended });
    try {
      await begin(shared);
      tellEnd({ edit: this.#keep(key, copy, { ...first, ...chargeOf(charges) }) });
    } catch (error) {
      if (isUnbilled(error, charges)) {
        copy.drop();
        tellEnd({ error });
      } else {
        takeFailure(copy, error);
        tellEnd({ edit: this.#keep(key, copy, { ...first, ...chargeOf(charges) }) });
      }
      throw error;
    } finally {
      this.#running.delete(key);
    }
  }

  #keep(key: string, copy: AnswerCopy, paid: PaidEdit): EndedEdit {
    const edit = { ...paid, copy };
    copy.complete();
    this.#ended.set(key, edit);
    this.#timers.after(keptMs, () => {
      this.#ended.delete(key);
      copy.drop();
    });
    return edit;
  }

  async #join({ answer, ended, requestId }: RunningEdit, replay: Replay, timeoutMs: number): Promise<void> {
    answer.join(replay);
    this.#waiting += 1;
    let end: End;
    try {
      end = await this.#inTime(ended, replay, timeoutMs);
    } finally {
      this.#waiting -= 1;
      answer.leave(replay);
    }
    if (replay.isBegun) return;
    if ("edit" in end) return give(end.edit, replay);
    if (end.error instanceof ClientGoneError) throw givenUp(requestId);
    throw end.error instanceof RouterError ? replay.errorFrom(end.error) : end.error;
  }

  /**
   * Waits as long as the client does, and no longer than it may take.
   * @throws ClientGoneError, DeadlineError
   */
  #inTime(ended: Promise<End>, client: AnswerSink, timeoutMs: number): Promise<End> {
    return new Promise((resolve, reject) => {
      const callOff = this.#timers.after(timeoutMs, () => reject(new DeadlineError(timeoutMs)));
      const leave = (): void => {
        callOff();
        reject(new ClientGoneError());
      };
      if (client.isGone) return leave();
      client.whenGone(leave);
      void ended.then((end) => {
        callOff();
        resolve(end);
      });
    });
  }
}

async function give(edit: EndedEdit, replay: Replay): Promise<void> {
  if (edit.copy?.isThere !== true) throw answerGone(edit);
  await edit.copy.giveTo(replay);
}

/** As far as it is written down. */
function chargeOf(charges: readonly AttemptCharge[]): RequestCharge {
  return sumOfCharges(charges) ?? { state: "uncertain", costNanoUsd: null };
}

/** Whatever else went wrong on our side may have happened behind the upstream's answer. */
function isUnbilled(error: unknown, charges: readonly AttemptCharge[]): boolean {
  const isToldOf = error instanceof RouterError || error instanceof InvalidRequestError;
  return isToldOf && sumOfCharges(charges) === undefined;
}

/** A client that had left was told nothing, so there is nothing to tell again. */
function takeFailure(copy: AnswerCopy, error: unknown): void {
  if (!(error instanceof RouterError) || error instanceof ClientGoneError) return copy.drop();
  // With the same key another try would end the same way.
  error.mayBeBilled = true;
  copy.takeError(error);
}
