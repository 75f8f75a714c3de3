import { type EditCost, costOfEdit } from "@darkroom/cost-calculator";
import type { AnswerFacts } from "./answer/answer-scanner.js";
import type { AnswerSink } from "./answer/answer-sink.js";
import { receiveWhole } from "./answer/receive-whole.js";
import type { Received } from "./answer/received.js";
import { relayEvents } from "./answer/relay-events.js";
import type { Deployment } from "./deployments/deployment.js";
import type { EditProgress } from "./progress.js";
import { openai } from "./providers/openai.js";
import type { AttemptReport } from "./report.js";
import type { Deadline } from "./retries/deadline.js";
import type { Failure } from "./retries/failure.js";
import type { Connections } from "./upstream/connections.js";
import { type UpstreamAnswer, UpstreamCallError, callUpstream } from "./upstream/upstream-call.js";

/** What an attempt works with. */
export interface AttemptContext {
  readonly deployment: Deployment;
  readonly progress: EditProgress;
  readonly deadline: Deadline;
  readonly sink: AnswerSink;
  readonly connections: Connections;
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
  const { received, head } = await send(context);
  context.progress.attemptSinceMs = undefined;
  const report = conclude(context, received, head, context.nowMs() - startedAtMs);
  received.release?.(context.progress.report());
  return {
    report,
    released: received.release !== undefined,
    ...(received.failure === undefined ? {} : { failure: received.failure }),
  };
}

interface Sent {
  readonly received: Received;
  readonly head?: UpstreamAnswer;
}

async function send({ deployment, progress, deadline, sink, connections }: AttemptContext): Promise<Sent> {
  const { request } = progress;
  const timeoutMs = request.parameters.stream
    ? (deployment.streamTimeoutMs ?? deployment.timeoutMs)
    : deployment.timeoutMs;
  return deadline.run(timeoutMs, async (signal) => {
    const failureOf = (error: UpstreamCallError): Failure => {
      if (signal.aborted) return signal.reason as Failure;
      return { kind: error.reason, reason: error.message };
    };
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
      const received = isEventStream(head)
        ? await relayEvents(head, sink, () => progress.report(), failureOf)
        : await receiveWhole(head, sink);
      return { received, head };
    } catch (error) {
      if (!(error instanceof UpstreamCallError)) throw error;
      return { received: { facts: [], failure: failureOf(error) }, ...(head === undefined ? {} : { head }) };
    }
  });
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
