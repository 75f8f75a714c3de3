import type { Lessons } from "./admission/learning/lessons.js";
import type { AnswerLimits } from "./answer/answer-limits.js";
import type { AnswerSink } from "./answer/answer-sink.js";
import { type AttemptOutcome, attempt } from "./attempt.js";
import type { Groups } from "./deployments/groups.js";
import { JournalUnavailableError } from "./errors.js";
import type { RouterEvents } from "./events.js";
import type { Health, Turn } from "./health/health.js";
import type { JournalSettings } from "./journal/attempt-entry.js";
import type { EditProgress } from "./progress.js";
import type { AdmittedTurn } from "./retries/candidates.js";
import { type Verdict, classify } from "./retries/classification.js";
import type { Deadline } from "./retries/deadline.js";
import { type Failure, retryAfterOf } from "./retries/failure.js";
import type { GroupVisit } from "./retries/group-visit.js";
import type { Retries } from "./retries/retries.js";
import { observed } from "./strategies/attempt-observer.js";
import type { Strategy } from "./strategies/strategy.js";
import type { UpstreamTargets } from "./upstream/upstream-target.js";

/** An edit that is being served. */
export interface RunningEdit {
  readonly progress: EditProgress;
  readonly deadline: Deadline;
  readonly sink: AnswerSink;
}

/** What attempts are made with. */
export interface AttemptParts {
  readonly groups: Groups;
  readonly strategy: Strategy;
  readonly health: Health;
  readonly retries: Retries;
  readonly lessons: Lessons;
  readonly targets: UpstreamTargets;
  readonly answers: AnswerLimits;
  readonly journal: JournalSettings | undefined;
  readonly events: RouterEvents;
  readonly nowMs: () => number;
}

/** Makes attempts in one group, until one is answered or no further one may be made. */
export class GroupAttempts {
  constructor(private readonly parts: AttemptParts) {}

  /** The last failure, or undefined once an answer has gone to the client. */
  async make(visit: GroupVisit, first: AdmittedTurn, edit: RunningEdit): Promise<Failure | undefined> {
    let turn = first;
    for (let retry = 0; ; retry += 1) {
      const failure = await this.#attempt(turn, retry, visit, edit);
      if (failure === undefined) return undefined;
      const { group, candidates } = visit;
      // Others took its room before it was sent: it can be called as soon as there is some again.
      if (failure.kind === "full") candidates.addAgain(turn.deployment, this.parts.nowMs());
      const { progress, deadline } = edit;
      const failed = { failure, turn, retry, group, candidates, progress, deadline };
      const further = await this.parts.retries.turnAfter(failed);
      if (further === undefined) return deadline.failure ?? failure;
      turn = further;
    }
  }

  /** One call, told to all who listen. Its failure, or undefined where the client has seen something of the answer. */
  async #attempt(
    turn: AdmittedTurn,
    retry: number,
    { group }: GroupVisit,
    { progress, deadline, sink }: RunningEdit,
  ): Promise<Failure | undefined> {
    const { health, strategy, events, lessons, targets, answers, journal, nowMs } = this.parts;
    const { deployment, isProbe, pass } = turn;
    const requestId = progress.request.id;
    progress.deployment = deployment;
    if (events.listenerCount("attemptStarted") > 0) {
      events.emit("attemptStarted", { requestId, group: group.name, deployment, retry, isProbe });
    }
    let outcome: AttemptOutcome;
    const startedAtMs = nowMs();
    try {
      const context = {
        deployment,
        pass,
        retry,
        progress,
        deadline,
        sink,
        targets,
        answers,
        journal,
        nowMs,
      };
      const observing = { deployment, edit: progress.request };
      outcome = await observed(strategy.observer, observing, () => attempt(context));
    } catch (error) {
      health.unused(turn);
      if (error instanceof JournalUnavailableError && retry > 0) progress.forgetRetry();
      throw error;
    }
    const { report, failure, headers, released } = outcome;
    const verdict = failure && classify(failure);
    if (headers !== undefined) lessons.note({ deployment, pass, startedAtMs, headers, failure, verdict });
    if (failure === undefined || verdict === undefined) health.succeeded(turn);
    else this.#noteFailure(turn, failure, verdict, progress);
    events.emit("attempt", {
      requestId,
      attemptId: report.attemptId,
      group: group.name,
      deployment,
      retry,
      durationMs: report.durationMs,
      succeeded: report.succeeded,
      status: report.status,
      reason: report.reason,
      upstreamRequestId: report.upstreamRequestId,
      dropped: report.dropped,
      verdict,
    });
    return released ? undefined : failure;
  }

  #noteFailure(turn: Turn, failure: Failure, verdict: Verdict, progress: EditProgress): void {
    const { health, groups, lessons } = this.parts;
    progress.mayBeBilled ||= verdict.ambiguous === true;
    // A client that waits for a moment only must not take deployments out for others.
    const { timeoutMs } = progress.request;
    if (failure.kind === "timeout" && failure.timeoutMs === timeoutMs) health.unused(turn);
    else {
      const { reason } = failure;
      const retryAfterMs = retryAfterOf(failure);
      const failed = { verdict, reason, retryAfterMs };
      health.failed({ ...failed, turn, group: groups.membersOf(turn.deployment) });
      for (const deployment of lessons.alsoRefused(turn.deployment, failure)) {
        const group = groups.membersOf(deployment);
        health.failed({ ...failed, turn: { deployment, isProbe: false }, group });
      }
    }
  }
}
