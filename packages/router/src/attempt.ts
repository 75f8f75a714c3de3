import { type EditCost, costOfEdit, sumOfCosts } from "@darkroom/cost-calculator";
import type { AnswerFacts } from "./answer/answer-scanner.js";
import { AnswerMemory, AnswerTooLargeError } from "./answer/answer-memory.js";
import type { AnswerSink } from "./answer/answer-sink.js";
import { receiveWhole } from "./answer/receive-whole.js";
import type { Received } from "./answer/received.js";
import { relayEvents } from "./answer/relay-events.js";
import type { Deployment } from "./deployments/deployment.js";
import { knownModelOf } from "./deployments/known-model.js";
import { fittedSize } from "./sizes/fitted-size.js";
import type { ByteBudget } from "./memory/byte-budget.js";
import { parametersFor } from "./parameters-for.js";
import type { EditProgress } from "./progress.js";
import { EntraError } from "./providers/entra/issue-token.js";
import type { AttemptReport } from "./report.js";
import type { Deadline } from "./retries/deadline.js";
import type { Failure } from "./retries/failure.js";
import type { Stop } from "./retries/stop.js";
import { type UpstreamAnswer, UpstreamCallError, callUpstream } from "./upstream/upstream-call.js";
import type { UpstreamTargets } from "./upstream/upstream-target.js";

const longestErrorBytes = 1024 * 1024;

/** How much memory answers may take. */
export interface AnswerLimits {
  readonly memory: ByteBudget;
  /** Of one answer. */
  readonly maxBytes: number;
}

/** What an attempt works with. */
export interface AttemptContext {
  readonly deployment: Deployment;
  readonly progress: EditProgress;
  readonly deadline: Deadline;
  readonly sink: AnswerSink;
  readonly targets: UpstreamTargets;
  readonly answers: AnswerLimits;
  readonly nowMs: () => number;
}

/** How an attempt ended; a failure without release may be made good elsewhere. */
export interface AttemptOutcome {
  readonly report: AttemptReport;
  readonly failure: Failure | undefined;
  readonly released: boolean;
}

/**
 * One call of one deployment. Every attempt passes here, always in this order: send → conclude → release.
 * What must be written down about a paid answer is written in `conclude`, before the client gets it.
 */
export async function attempt(context: AttemptContext): Promise<AttemptOutcome> {
  const { nowMs, progress } = context;
  const sending = send(context);
  // From here on the time is the upstream's: handing the request to the system was our own work.
  const sentAtMs = nowMs();
  progress.attemptSinceMs = sentAtMs;
  const { received, head, memory } = await sending;
  progress.attemptSinceMs = undefined;
  const report = conclude(context, received, head, nowMs() - sentAtMs);
  const taken = received.release?.(progress.report()) ?? Promise.resolve();
  void taken.finally(() => memory?.release());
  return {
    report,
    released: received.release !== undefined,
    failure: received.failure,
  };
}

interface Sent {
  readonly received: Received;
  readonly head?: UpstreamAnswer;
  /** What the answer holds until it is released, and taken. */
  readonly memory?: AnswerMemory;
}

async function send(context: AttemptContext): Promise<Sent> {
  const { deployment, progress, deadline, targets } = context;
  const { parameters, body, memory, headers } = progress.request;
  const timeoutMs = parameters.stream
    ? (deployment.streamTimeoutMs ?? deployment.timeoutMs)
    : deployment.timeoutMs;
  return deadline.run(timeoutMs, async (stop) => {
    let head: UpstreamAnswer | undefined;
    const target = targets.targetOf(deployment);
    let isEntered = target.limit.enterNow();
    try {
      if (!isEntered) {
        await target.limit.enter(stop);
        isEntered = true;
      }
      const token = target.token && (target.token.now() ?? (await target.token.wait(stop)));
      stop.isUnderWay = true;
      head = await callUpstream({
        target,
        token,
        contentType: body.contentType,
        headers,
        body: body.bodyFor(deployment, fittedSize(progress.request, deployment)?.drawn),
        memory,
        stop,
      });
      return await receive(head, context, stop);
    } catch (error) {
      head?.discard();
      const failure = failureOf(error, stop, head !== undefined);
      // An error that goes on and on is no answer, and not a dear one: another deployment may do better.
      const isError = failure.kind === "too large" && head !== undefined && head.status >= 400;
      const received = { facts: [], failure: isError ? { ...failure, kind: "cut" as const } : failure };
      return head === undefined ? { received } : { received, head };
    } finally {
      if (isEntered) target.limit.leave();
    }
  });
}

/** Reads the answer within its memory, which is kept where there is something to release. */
async function receive(
  head: UpstreamAnswer,
  { progress, sink, answers }: AttemptContext,
  stop: Stop,
): Promise<Sent> {
  // The body of an error outlives its memory, for as long as others are tried.
  const maxBytes = head.status >= 400 ? Math.min(longestErrorBytes, answers.maxBytes) : answers.maxBytes;
  const memory = await AnswerMemory.reserve(head, answers.memory, maxBytes, stop);
  try {
    const received = isEventStream(head)
      ? await relayEvents(
          head,
          sink,
          memory,
          progress.request.parameters.n,
          () => progress.report(),
          (error) => failureOf(error, stop, true),
        )
      : await receiveWhole(head, sink, memory);
    if (received.release !== undefined) return { received, head, memory };
    memory.release();
    return { received, head };
  } catch (error) {
    memory.release();
    throw error;
  }
}

/**
 * @param isAnswered whether the upstream's answer had begun
 * @throws the error itself, where it is none of those that a call may end with
 */
function failureOf(error: unknown, stop: Stop, isAnswered: boolean): Failure {
  if (stop.failure?.kind === "timeout" || stop.failure?.kind === "client gone") {
    const bodySent = error instanceof UpstreamCallError ? error.bodySent : isAnswered;
    return { ...stop.failure, bodySent };
  }
  if (stop.failure !== undefined) return stop.failure;
  if (error instanceof EntraError) return { kind: "connection", reason: error.message };
  if (error instanceof UpstreamCallError) return { kind: error.reason, reason: error.message };
  if (error instanceof AnswerTooLargeError) return { kind: "too large", reason: error.message };
  throw error;
}

function conclude(
  { deployment, progress }: AttemptContext,
  received: Received,
  head: UpstreamAnswer | undefined,
  durationMs: number,
): AttemptReport {
  // Azure's gateway answers with an id of its own where the service behind it has not been reached.
  const upstreamRequestId = (head?.headers["x-request-id"] ?? head?.headers["apim-request-id"])?.toString();
  const report: AttemptReport = {
    deployment,
    durationMs,
    succeeded: received.failure === undefined,
    status: head?.status,
    reason: received.failure?.reason,
    upstreamRequestId,
    dropped: progress.request.body.droppedFor(deployment),
  };
  progress.attempts.push(report);
  if (received.facts.length > 0) {
    progress.cost = costOf(received.facts, deployment, progress);
    progress.images = received.facts.reduce((sum, facts) => sum + facts.images, 0);
  }
  return report;
}

/** The cost of all that was answered; null as soon as one part of it has no known price. */
function costOf(
  all: readonly AnswerFacts[],
  deployment: Deployment,
  { request }: EditProgress,
): EditCost | null {
  const model = knownModelOf(deployment);
  const { size, quality } = parametersFor(request, deployment);
  return sumOfCosts(
    all.map((facts) =>
      costOfEdit(
        {
          model,
          size: facts.size ?? size,
          quality: facts.quality ?? quality,
          images: facts.images,
          usage: facts.usage,
        },
        deployment.prices,
      ),
    ),
  );
}

function isEventStream(answer: UpstreamAnswer): boolean {
  return answer.status < 400 && /^text\/event-stream\b/i.test(answer.headers["content-type"] ?? "");
}
