import type { IncomingHttpHeaders } from "node:http";
import type { AnswerLimits } from "./answer/answer-limits.js";
import { AnswerMemory, AnswerTooLargeError } from "./answer/answer-memory.js";
import type { AnswerSink } from "./answer/answer-sink.js";
import type { Refusal } from "./admission/admission.js";
import type { Pass } from "./admission/pass.js";
import { receiveWhole } from "./answer/receive-whole.js";
import type { Received } from "./answer/received.js";
import { relayEvents } from "./answer/relay-events.js";
import { conclude, concludeUnknown } from "./conclude-attempt.js";
import type { Deployment } from "./deployments/deployment.js";
import { AttemptEntry, type JournalSettings } from "./journal/attempt-entry.js";
import { fittedSize } from "./sizes/fitted-size.js";
import type { EditProgress } from "./progress.js";
import { EntraError } from "./providers/entra/issue-token.js";
import type { AttemptReport } from "./report.js";
import type { Deadline } from "./retries/deadline.js";
import type { Failure } from "./retries/failure.js";
import type { Stop } from "./retries/stop.js";
import {
  type UpstreamAnswer,
  UpstreamCallError,
  type UpstreamRequest,
  callUpstream,
} from "./upstream/upstream-call.js";
import type { UpstreamTargets } from "./upstream/upstream-target.js";

const longestErrorBytes = 1024 * 1024;

/** What an attempt works with. */
export interface AttemptContext {
  readonly deployment: Deployment;
  /** What it has been admitted with. */
  readonly pass: Pass;
  /** 0 for the first attempt in a group. */
  readonly retry: number;
  readonly progress: EditProgress;
  readonly deadline: Deadline;
  readonly sink: AnswerSink;
  readonly targets: UpstreamTargets;
  readonly answers: AnswerLimits;
  /** Where attempts are written down, if anywhere. */
  readonly journal: JournalSettings | undefined;
  readonly nowMs: () => number;
}

/** How an attempt ended; a failure without release may be made good elsewhere. */
export interface AttemptOutcome {
  readonly report: AttemptReport;
  readonly failure: Failure | undefined;
  /** Of the upstream's answer, where there was one. */
  readonly headers: IncomingHttpHeaders | undefined;
  readonly released: boolean;
}

/**
 * One call of one deployment that it has been admitted to. Every attempt passes here, always in this order: intend → send →
 * conclude → release → settle. The intent is written before the first byte goes to the upstream, and what became of it before
 * the client gets the answer; what comes back of what the attempt took comes back when it is concluded.
 * @throws JournalUnavailableError if the intent cannot be written: nothing is sent then
 */
export async function attempt(context: AttemptContext): Promise<AttemptOutcome> {
  const { progress, pass } = context;
  const entry = entryOf(context);
  const sending = send(context, entry);
  // From here on the time is the upstream's: handing the request to the system was our own work.
  progress.beginAttempt();
  const { received, head, memory } = await sending
    .catch((error: unknown) => {
      concludeUnknown(context, entry);
      throw error;
    })
    .finally(() => {
      progress.wasSent ||= pass.isCalled;
      pass.end();
    });
  const report = conclude(context, entry, received, head);
  // A failed attempt that another one may make good is not waited for.
  if (received.release !== undefined) await progress.concluded;
  const taken = received.release?.(progress.report()) ?? Promise.resolve();
  void taken.finally(() => memory?.release());
  return {
    report,
    released: received.release !== undefined,
    failure: received.failure,
    headers: head?.headers,
  };
}

function entryOf({ journal, deployment, pass, retry, progress }: AttemptContext): AttemptEntry | undefined {
  if (journal === undefined) return undefined;
  const { request, group, fallbacks: fallback } = progress;
  const { attemptId, paidFrom } = pass;
  return new AttemptEntry(journal, { attemptId, request, group, deployment, retry, fallback, paidFrom });
}

interface Sent {
  readonly received: Received;
  readonly head?: UpstreamAnswer;
  /** What the answer holds until it is released, and taken. */
  readonly memory?: AnswerMemory;
}

async function send(context: AttemptContext, entry: AttemptEntry | undefined): Promise<Sent> {
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
      const call = {
        target,
        token,
        contentType: body.contentType,
        headers,
        body: body.bodyFor(deployment, fittedSize(progress.request, deployment)?.drawn),
        memory,
        stop,
      };
      head = await makeCall(call, entry, context);
      return await receive(head, context, stop);
    } catch (error) {
      head?.discard();
      const failure =
        error instanceof NoRoomAnyMoreError ? full(context, error) : failureOf(error, stop, head);
      // An error that goes on and on is no answer, and not a dear one: another deployment may do better.
      const isError = failure.kind === "too large" && head !== undefined && head.status >= 400;
      const received = { facts: [], failure: isError ? { ...failure, kind: "cut" as const } : failure };
      return head === undefined ? { received } : { received, head };
    } finally {
      if (isEntered) target.limit.leave();
    }
  });
}

/** All before the upstream's answer is our own time. */
async function makeCall(
  call: UpstreamRequest,
  entry: AttemptEntry | undefined,
  { progress, pass, nowMs }: AttemptContext,
): Promise<UpstreamAnswer> {
  const fromMs = nowMs();
  let answer: Promise<UpstreamAnswer>;
  try {
    await entry?.write(call.stop);
    const refusal = await pass.beginCall();
    if (refusal !== undefined) throw new NoRoomAnyMoreError(refusal);
    // Whoever it was for may have gone meanwhile.
    call.stop.throwIfStopped();
    answer = callUpstream(call);
  } finally {
    progress.leaveOut(fromMs);
  }
  return answer;
}

/** The attempt waited until others had taken its room. */
class NoRoomAnyMoreError extends Error {
  override readonly name = "NoRoomAnyMoreError";

  constructor(readonly refusal: Refusal | "ask anew") {
    super("others took its room");
  }
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
          (error) => failureOf(error, stop, head),
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

/** @throws the error itself, where it is none of those that a call may end with */
function failureOf(error: unknown, stop: Stop, head: UpstreamAnswer | undefined): Failure {
  if (stop.failure?.kind === "timeout" || stop.failure?.kind === "client gone") {
    return { ...stop.failure, bodySent: wasSent(error, head) };
  }
  if (error instanceof EntraError) return { kind: "connection", reason: error.message };
  if (error instanceof UpstreamCallError) {
    return { kind: wasSent(error, head) ? error.reason : "connection", reason: error.message };
  }
  if (error instanceof AnswerTooLargeError) return { kind: "too large", reason: error.message };
  throw error;
}

function full({ deployment, progress }: AttemptContext, error: NoRoomAnyMoreError): Failure {
  const { message: reason } = error;
  const { group } = progress;
  if (error.refusal === "ask anew")
    return { kind: "full", group, refusal: undefined, fitsInMs: undefined, reason };
  const { account } = progress.request;
  // Of money, whose it is tells its account: another attempt has reserved it meanwhile, or spent it.
  if (account !== undefined && error.refusal.charge.meter.isMoney === true) {
    const { error: ofAccount, waits } = account.refusalFor(error.refusal);
    return waits
      ? { kind: "full", group, refusal: undefined, ofAccount, fitsInMs: undefined, reason }
      : { kind: "denied", error: ofAccount, isFinal: false, reason: ofAccount.code };
  }
  const refusal = { ...error.refusal, deployment, dimension: undefined };
  return { kind: "full", group, refusal, fitsInMs: refusal.fitsInMs, reason };
}

/** Who answers an edit has got it, whatever our side of the connection says; who refuses it need not have. */
function wasSent(error: unknown, head: UpstreamAnswer | undefined): boolean {
  if (head === undefined) return error instanceof UpstreamCallError && error.bodySent;
  return head.status < 400 || head.wasBodySent();
}

function isEventStream(answer: UpstreamAnswer): boolean {
  return answer.status < 400 && /^text\/event-stream\b/i.test(answer.headers["content-type"] ?? "");
}
