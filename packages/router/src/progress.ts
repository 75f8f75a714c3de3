import type { EditCost } from "@darkroom/cost-calculator";
import type { Deployment } from "./deployments/deployment.js";
import type { AttemptReport, EditReport } from "./report.js";
import type { EditRequest } from "./request.js";

/** What an edit has come to so far; the reports are pictures of it. */
export class EditProgress {
  readonly attempts: AttemptReport[] = [];
  retries = 0;
  /** An attempt was sent as a whole and nothing says what became of it: it may have been charged. */
  mayBeBilled = false;
  /** Something of it has gone to an upstream. */
  wasSent = false;
  #retriedUncertain = false;
  #fallbacks = 0;
  #group: string;
  deployment: Deployment | undefined;
  cost: EditCost | null | undefined;
  images = 0;
  /** Time spent waiting, by what it was spent on. */
  readonly #waits = new Map<string, number>();
  /** When the attempt that runs was begun. */
  #attemptSinceMs: number | undefined;
  /** Resolves when it is written down how the last attempt ended, or cannot be. */
  concluded: Promise<void> | undefined;

  constructor(
    readonly request: EditRequest,
    group: string,
    private readonly nowMs: () => number,
  ) {
    this.#group = group;
  }

  /** The group in which the edit is tried now. */
  get group(): string {
    return this.#group;
  }

  /** How many fallbacks have been come to; 0 in the group that was asked for. */
  get fallbacks(): number {
    return this.#fallbacks;
  }

  goTo(group: string, fallbacks: number): void {
    this.#group = group;
    this.#fallbacks = fallbacks;
  }

  /** After such an attempt there is one retry, in all groups together: each may pay again. */
  get mayRetry(): boolean {
    return !(this.mayBeBilled && this.#retriedUncertain);
  }

  noteRetry(): void {
    this.retries += 1;
    this.#retriedUncertain ||= this.mayBeBilled;
  }

  /** It was not sent after all. */
  forgetRetry(): void {
    this.retries -= 1;
  }

  /** @param what for people, and one of few */
  noteWait(what: string, ms: number): void {
    this.#waits.set(what, (this.#waits.get(what) ?? 0) + ms);
  }

  /** From now on an attempt runs. */
  beginAttempt(): void {
    this.#attemptSinceMs = this.nowMs();
  }

  /** From `fromMs` to now it was our own work, and not the upstream's. */
  leaveOut(fromMs: number): void {
    if (this.#attemptSinceMs === undefined) return;
    this.#attemptSinceMs += this.nowMs() - Math.max(fromMs, this.#attemptSinceMs);
  }

  /** How long the attempt took, which has ended. */
  endAttempt(): number {
    const durationMs = this.#runningMs;
    this.#attemptSinceMs = undefined;
    return durationMs;
  }

  report(): EditReport {
    const { request, deployment, cost } = this;
    return {
      requestId: request.id,
      requestedModel: request.model,
      group: this.group,
      attempts: [...this.attempts],
      retries: this.retries,
      fallbacks: this.fallbacks,
      dropped: deployment === undefined ? [] : request.body.droppedFor(deployment),
      images: this.images,
      upstreamMs: this.#upstreamMs,
      waitedMs: [...this.#waits.values()].reduce((sum, ms) => sum + ms, 0),
      waits: [...this.#waits].map(([what, ms]) => ({ what, ms })),
      deployment,
      cost,
    };
  }

  /** The ended attempts and what the running one has taken so far. */
  get #upstreamMs(): number {
    return this.attempts.reduce((sum, { durationMs }) => sum + durationMs, this.#runningMs);
  }

  get #runningMs(): number {
    return this.#attemptSinceMs === undefined ? 0 : this.nowMs() - this.#attemptSinceMs;
  }
}
