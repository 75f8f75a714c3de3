import { type UpstreamAnswer } from "../upstream/upstream-call.js";
import type { AnswerMemory } from "./answer-memory.js";
import { AnswerScanner } from "./answer-scanner.js";
import type { AnswerSink } from "./answer-sink.js";
import { SmallChunks } from "../memory/small-chunks.js";
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
  const keep = (bytes: Buffer): void => void body.push(bytes);
  const isError = answer.status >= 400 || answer.status < 200;
  // An error's body outlives its memory.
  const chunks = isError ? new SmallChunks(keep) : memory.chunks(keep);
  let bytes = 0;
  await answer.read((chunk) => {
    bytes += chunk.length;
    scanner.push(chunk);
    chunks.push(chunk);
    return memory.hold(bytes);
  });
  chunks.flush();
  memory.settle(bytes);
  const head = { status: answer.status, headers: answer.headers };
  if (isError) {
    const { error } = scanner.facts;
    const reason = reasonOf(answer.status, error);
    return {
      facts: [],
      failure: { kind: "answer", head, body, error, bodySent: answer.wasBodySent(), reason },
    };
  }
  if (!scanner.complete) return { facts: [], failure: incomplete };
  return {
    facts: [scanner.facts],
    release: (report) => sink.sendWhole(head, body, report, scanner.layout),
  };
}

/** `429 rate_limit_exceeded`: status and the error's code or type, never its message, which may quote the prompt. */
function reasonOf(status: number, error: unknown): string {
  if (typeof error !== "object" || error === null) return String(status);
  const { code, type } = error as { code?: unknown; type?: unknown };
  const number = String(status);
  // Azure's code is often the status once more.
  const word = [code, type].find(
    (value) => typeof value === "string" && /^[\w.-]{1,64}$/.test(value) && value !== number,
  );
  return typeof word === "string" ? `${number} ${word}` : number;
}
