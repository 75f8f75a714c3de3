import { type EditCost, costOfEdit } from "@darkroom/cost-calculator";
import type { AnswerFacts } from "./answer/answer-scanner.js";
import { AnswerMemory, AnswerTooLargeError } from "./answer/answer-memory.js";
import type { AnswerSink } from "./answer/answer-sink.js";
import { receiveWhole } from "./answer/receive-whole.js";
import type { Received } from "./answer/received.js";
import { relayEvents } from "./answer/relay-events.js";
import type { Deployment } from "./deployments/deployment.js";
import type { ByteBudget } from "./memory/byte-budget.js";
import type { EditProgress } from "./progress.js";
import { openai } from "./providers/openai.js";
import type { AttemptReport } from "./report.js";
import type { Deadline } from "./retries/deadline.js";
import type { Failure } from "./retries/failure.js";
import type { Connections } from "./upstream/connections.js";
import { type UpstreamAnswer, UpstreamCallError, callUpstream } from "./upstream/upstream-call.js";

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
  readonly connections: Connections;
  readonly answers: AnswerLimits;
  readonly nowMs: () => number;
}

/** How an attempt ended; a failure without release may be made good elsewhere. */
export interface AttemptOutcome {
  readonly report: AttemptReport;
  readonly failure?: Failure;
  readonly released: boolean;
}

/**
 * One call of one deployment. Every attempt passes here, always in this order: send → conclude → release.
 * What must be written down about a paid answer is written in `conclude`, before the client gets it.
 */
export async function attempt(context: AttemptContext): Promise<AttemptOutcome> {
  const startedAtMs = context.nowMs();
  context.progress.attemptSinceMs = startedAtMs;
  const { received, head, memory } = await send(context);
  context.progress.attemptSinceMs = undefined;
  const report = conclude(context, received, head, context.nowMs() - startedAtMs);
  const taken = received.release?.(context.progress.report()) ?? Promise.resolve();
  void taken.finally(() => memory?.release());
  return {
    report,
    released: received.release !== undefined,
    ...(received.failure === undefined ? {} : { failure: received.failure }),
  };
}

interface Sent {
  readonly received: Received;
  readonly head?: UpstreamAnswer;
  /** What the answer holds until it is released, and taken. */
  readonly memory?: AnswerMemory;
}

async function send(context: AttemptContext): Promise<Sent> {
  const { deployment, progress, deadline, connections } = context;
  const { request } = progress;
  const timeoutMs = request.parameters.stream
    ? (deployment.streamTimeoutMs ?? deployment.timeoutMs)
    : deployment.timeoutMs;
  return deadline.run(timeoutMs, async (signal) => {
    let head: UpstreamAnswer | undefined;
    try {
      head = await callUpstream(
        {
          url: openai.editUrl(deployment),
          headers: {
            ...request.headers,
            "user-agent": "darkroom",
            accept: "*/*",
            // The answer is passed on as it comes and read on the way: compressed, it could not be priced.
            "accept-encoding": "identity",
            ...lowerCased(deployment.extraHeaders),
            ...openai.headers(deployment),
            "content-type": request.body.contentType,
          },
          body: request.body.bodyFor(deployment),
          signal,
        },
        connections,
      );
      return { head, ...(await receive(head, context, signal)) };
    } catch (error) {
      head?.discard();
      return {
        received: { facts: [], failure: failureOf(error, signal) },
        ...(head === undefined ? {} : { head }),
      };
    }
  });
}

/** Reads the answer within its memory, which is kept where there is something to release. */
async function receive(
  head: UpstreamAnswer,
  { progress, sink, answers }: AttemptContext,
  signal: AbortSignal,
): Promise<Pick<Sent, "received" | "memory">> {
  const memory = await AnswerMemory.reserve(head, answers.memory, answers.maxBytes, signal);
  try {
    const received = isEventStream(head)
      ? await relayEvents(
          head,
          sink,
          memory,
          () => progress.report(),
          (error) => failureOf(error, signal),
        )
      : await receiveWhole(head, sink, memory);
    if (received.release !== undefined) return { received, memory };
    memory.release();
    return { received };
  } catch (error) {
    memory.release();
    throw error;
  }
}

/** @throws the error itself, where it is none of those that a call may end with */
function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return signal.reason as Failure;
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
  const upstreamRequestId = head?.headers["x-request-id"];
  const report: AttemptReport = {
    deployment,
    durationMs,
    succeeded: received.failure === undefined,
    ...(head === undefined ? {} : { status: head.status }),
    ...(received.failure === undefined ? {} : { reason: received.failure.reason }),
    ...(upstreamRequestId === undefined ? {} : { upstreamRequestId }),
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
  const model = deployment.baseModel ?? deployment.model;
  const costs = all.map((facts) => costOfEdit({ ...request.parameters, ...facts, model }));
  return costs.reduce((sum, cost) =>
    sum === null || cost === null ? null : { ...cost, nanoUsd: sum.nanoUsd + cost.nanoUsd },
  );
}

function isEventStream(answer: UpstreamAnswer): boolean {
  return answer.status < 400 && (answer.headers["content-type"] ?? "").startsWith("text/event-stream");
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
