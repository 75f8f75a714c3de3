import { type ChargedTokens, chargedTokens } from "@darkroom/cost-calculator";
import type { Meter } from "../admission/meter.js";
import type { Deployment } from "../deployments/deployment.js";
import { JournalUnavailableError } from "../errors.js";
import { estimateOf } from "../estimate.js";
import type { EditRequest } from "../request.js";
import { classify } from "../retries/classification.js";
import type { Stop } from "../retries/stop.js";
import { type EndedAttempt, chargeOf } from "./charge.js";
import type { Intent, Journal, Outcome } from "./journal.js";

/**
 * A disk that takes longer than this is as good as none: the paid answer goes out, and the intent stands until the outcome
 * gets there after all.
 */
const longestOutcomeWaitMs = 10_000;

/** How attempts are written down. */
export interface JournalSettings {
  readonly journal: Journal;
  /** An answer with a status from 500 on is taken as not charged. */
  readonly serverErrorsUnbilled: boolean;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

/** What is known of an attempt before it is sent. */
export interface PlannedAttempt {
  /** As in {@link Intent}. */
  readonly attemptId: string;
  readonly request: EditRequest;
  readonly group: string;
  readonly deployment: Deployment;
  /** As in {@link Intent}. */
  readonly retry: number;
  readonly fallback: number;
  /** As in {@link Intent}. */
  readonly paidFrom: readonly Meter[];
}

/** How an attempt ended, on its way to the disk. */
export interface Conclusion {
  /** What it is charged at; null where no price is known. */
  readonly nanoUsd: bigint | null;
  /** Resolves when it is written, cannot be, or takes too long: what was paid is not thrown away for it. */
  readonly written: Promise<void>;
}

/** One attempt in the journal: written before it is sent, and when it has ended. */
export class AttemptEntry {
  #intent: Intent | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(
    private readonly settings: JournalSettings,
    private readonly planned: PlannedAttempt,
  ) {}

  /** Undefined where the attempt was never to be sent. */
  get attemptId(): string | undefined {
    return this.#intent?.attemptId;
  }

  /**
   * Writes that the attempt is about to be sent; it may be once this has resolved.
   * @throws JournalUnavailableError, or the failure that stops the attempt
   */
  async write(stop: Stop): Promise<void> {
    const { journal, epochMs } = this.settings;
    const { request, deployment } = this.planned;
    this.#intent = { ...this.planned, atMs: epochMs(), estimate: estimateOf(request, deployment) };
    this.#written = journal.intend(this.#intent);
    await new Promise<void>((resolve, reject) => {
      stop.listen(() => reject(stop.signal.reason as Error));
      this.#written.then(resolve, (cause: unknown) => reject(new JournalUnavailableError(cause)));
    });
  }

  /** Writes how the attempt ended. Undefined where it was never to be sent. */
  conclude(ended: EndedAttempt): Conclusion | undefined {
    if (this.#intent === undefined) return undefined;
    const outcome = this.#outcomeOf(this.#intent, ended);
    return { nanoUsd: outcome.nanoUsd, written: this.#write(outcome) };
  }

  async #write(outcome: Outcome): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, longestOutcomeWaitMs);
    });
    const concluded = this.#written.then(() => this.settings.journal.conclude(outcome));
    // Whoever keeps the journal knows, and says so; the intent stands.
    await Promise.race([concluded.catch(() => undefined), tooLong]);
    clearTimeout(timer);
  }

  #outcomeOf(intent: Intent, ended: EndedAttempt): Outcome {
    const { facts, cost, failure, report } = ended;
    const last = facts.at(-1);
    return {
      intent,
      atMs: this.settings.epochMs(),
      ...chargeOf(intent, ended, this.settings.serverErrorsUnbilled),
      cost,
      tokens: sumOfTokens(facts.map(({ usage }) => chargedTokens(usage))),
      images: facts.reduce((sum, { images }) => sum + images, 0),
      size: last?.size,
      quality: last?.quality,
      report,
      errorClass: failure && classify(failure).errorClass,
    };
  }
}

/** Null as soon as one part's are not known. */
export function sumOfTokens(parts: readonly (ChargedTokens | null)[]): ChargedTokens | null {
  let sum: ChargedTokens | null = null;
  for (const part of parts) {
    if (part === null) return null;
    sum = sum === null ? part : plus(sum, part);
  }
  return sum;
}

function plus(one: ChargedTokens, other: ChargedTokens): ChargedTokens {
  return {
    textInput: one.textInput + other.textInput,
    cachedTextInput: one.cachedTextInput + other.cachedTextInput,
    imageInput: one.imageInput + other.imageInput,
    cachedImageInput: one.cachedImageInput + other.cachedImageInput,
    imageOutput: one.imageOutput + other.imageOutput,
    textOutput: one.textOutput + other.textOutput,
  };
}
