import { chargedTokens } from "@darkroom/cost-calculator";
import type { Pass } from "./admission/pass.js";
import { costOfAnswer } from "./answer/answer-cost.js";
import type { AnswerFacts } from "./answer/answer-scanner.js";
import type { Received } from "./answer/received.js";
import type { Deployment } from "./deployments/deployment.js";
import type { AttemptUse } from "./deployments/quotas.js";
import { type AttemptEntry, sumOfTokens } from "./journal/attempt-entry.js";
import { parametersFor } from "./parameters-for.js";
import type { EditProgress } from "./progress.js";
import type { AttemptReport } from "./report.js";
import type { Failure } from "./retries/failure.js";
import type { UpstreamAnswer } from "./upstream/upstream-call.js";

/** An attempt that has ended. */
interface MadeAttempt {
  readonly deployment: Deployment;
  /** What it has been admitted with. */
  readonly pass: Pass;
  readonly progress: EditProgress;
}

/** Reports how an attempt ended, has it written down, and settles what it took once that is done. */
export function conclude(
  context: MadeAttempt,
  entry: AttemptEntry | undefined,
  { facts, failure }: Received,
  head: UpstreamAnswer | undefined,
): AttemptReport {
  const { deployment, progress } = context;
  const report = reportOf(context, entry, failure, head);
  progress.attempts.push(report);
  const cost = costOfAnswer(facts, deployment, parametersFor(progress.request, deployment));
  if (facts.length > 0) {
    progress.cost = cost;
    progress.images = facts.reduce((sum, { images }) => sum + images, 0);
  }
  const conclusion = entry?.conclude({ facts, cost, failure, report });
  if (conclusion !== undefined) progress.concluded = conclusion.written;
  const nanoUsd = conclusion === undefined ? (cost?.nanoUsd ?? null) : conclusion.nanoUsd;
  void Promise.resolve(conclusion?.written).then(() => context.pass.settle(useOf(facts), nanoUsd));
  return report;
}

/** What the upstream told that it counted; nothing where it told nothing. */
function useOf(facts: readonly AnswerFacts[]): AttemptUse {
  if (facts.length === 0) return {};
  const images = facts.reduce((sum, fact) => sum + fact.images, 0);
  const tokens = sumOfTokens(facts.map(({ usage }) => chargedTokens(usage)));
  if (tokens === null) return { images };
  const counts: readonly number[] = Object.values(tokens);
  return { images, tokens: counts.reduce((sum, count) => sum + count, 0) };
}

/** After an error of our own. If the upstream was called, nobody knows what it has charged. */
export function concludeUnknown(context: MadeAttempt, entry: AttemptEntry | undefined): void {
  const failure: Failure = { kind: "cut", reason: "internal error" };
  const report = reportOf(context, entry, failure, undefined);
  entry?.conclude({ facts: [], cost: null, failure, report });
}

function reportOf(
  { deployment, progress }: MadeAttempt,
  entry: AttemptEntry | undefined,
  failure: Failure | undefined,
  head: UpstreamAnswer | undefined,
): AttemptReport {
  return {
    attemptId: entry?.attemptId,
    deployment,
    durationMs: progress.endAttempt(),
    succeeded: failure === undefined,
    status: head?.status,
    reason: failure?.reason,
    dropped: progress.request.body.droppedFor(deployment),
    // Azure's gateway answers with an id of its own where the service behind it has not been reached.
    upstreamRequestId: (head?.headers["x-request-id"] ?? head?.headers["apim-request-id"])?.toString(),
  };
}
