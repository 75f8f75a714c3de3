import { type UpstreamAnswer } from "../upstream/upstream-call.js";
import type { AnswerMemory } from "./answer-memory.js";
import { AnswerScanner } from "./answer-scanner.js";
import type { AnswerSink } from "./answer-sink.js";
import type { Received } from "./received.js";

const incomplete = { kind: "cut", reason: "the answer is not complete JSON" } as const;

/**
 * Holds a JSON answer, as the buffers that arrived, until it is complete.
 * @throws UpstreamCallError if the connection breaks first; AnswerTooLargeError.
 */
export async function receiveWhole(
  answer: UpstreamAnswer,
  sink: AnswerSink,
  memory: AnswerMemory,
): Promise<Received> {
  const scanner = new AnswerScanner();
  const body: Buffer[] = [];
  let bytes = 0;
  await answer.read((chunk) => {
    bytes += chunk.length;
    body.push(chunk);
    scanner.push(chunk);
    return memory.hold(bytes);
  });
  memory.settle(bytes);
  const head = { status: answer.status, headers: answer.headers };
  if (answer.status >= 400 || answer.status < 200) {
    return { facts: [], failure: { kind: "answer", head, body, reason: reasonOf(answer.status, scanner) } };
  }
  if (!scanner.complete) return { facts: [], failure: incomplete };
  return {
    facts: [scanner.facts],
    release: (report) => sink.sendWhole(head, body, report),
  };
}

/** `429 rate_limit_exceeded`: status and the error's code or type, never its message, which may quote the prompt. */
function reasonOf(status: number, scanner: AnswerScanner): string {
  const error = scanner.facts.error;
  if (typeof error !== "object" || error === null) return String(status);
  const { code, type } = error as { code?: unknown; type?: unknown };
  const word = [code, type].find((value) => typeof value === "string" && /^[\w.-]{1,64}$/.test(value));
  return typeof word === "string" ? `${String(status)} ${word}` : String(status);
}
