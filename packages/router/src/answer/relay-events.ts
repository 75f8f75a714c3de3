import type { EditReport } from "../report.js";
import type { Failure } from "../retries/failure.js";
import type { UpstreamAnswer } from "../upstream/upstream-call.js";
import type { AnswerMemory } from "./answer-memory.js";
import type { AnswerFacts } from "./answer-scanner.js";
import type { AnswerHead, AnswerSink } from "./answer-sink.js";
import type { Received } from "./received.js";
import { EventReader, type ServerSentEvent } from "./server-sent-events.js";

const completedEvent = "image_edit.completed";
const brokenCompleted = { kind: "cut", reason: "the completed event is not complete JSON" } as const;
const endedEarly = { kind: "cut", reason: "the stream ended before the edit was completed" } as const;

/**
 * Forwards a stream event by event, and holds back the last `image_edit.completed` with whatever follows it: it is the
 * paid part, released only when its outcome has been concluded. Nothing is sent before the first named event, so that a
 * stream which breaks early can still be served by another deployment.
 *
 * @param images how many were asked for: each has a completed event of its own
 * @param failureOf what an error while reading means for the attempt: a broken connection, an event too large
 */
export async function relayEvents(
  answer: UpstreamAnswer,
  sink: AnswerSink,
  memory: AnswerMemory,
  images: number,
  report: () => EditReport,
  failureOf: (error: unknown) => Failure,
): Promise<Received> {
  const relay = new EventRelay({ status: answer.status, headers: answer.headers }, sink, images, report);
  const reader = new EventReader();
  try {
    await answer.read(async (chunk) => {
      await memory.hold(reader.heldBytes + relay.heldBytes + chunk.length);
      for (const event of reader.push(chunk)) await relay.take(event);
    });
    memory.settle(reader.heldBytes + relay.heldBytes);
    return relay.end(reader.rest());
  } catch (error) {
    return relay.broken(failureOf(error));
  }
}

class EventRelay {
  readonly #completed: AnswerFacts[] = [];
  /** What is not sent yet: before the first named event, and from a completed event on. */
  #held: Buffer[] = [];
  #holdsCompleted = false;
  #started = false;
  #failure: Failure | undefined;
  #errorWasSent = false;

  constructor(
    private readonly head: AnswerHead,
    private readonly sink: AnswerSink,
    private readonly images: number,
    private readonly report: () => EditReport,
  ) {}

  async take(event: ServerSentEvent): Promise<void> {
    if (isError(event)) await this.#takeError(event);
    else if (event.name === completedEvent && !event.isWhole) this.#failure ??= brokenCompleted;
    else if (event.name === completedEvent) await this.#takeCompleted(event);
    else if (event.name === "" && !this.#mayForward) this.#held.push(...event.bytes);
    else await this.#forward(event.bytes);
  }

  /** The upstream has ended the stream; `rest` came after its last event. */
  end(rest: readonly Buffer[]): Received {
    this.#held.push(...rest);
    if (this.#completed.length === 0) this.#failure ??= endedEarly;
    return this.#received();
  }

  /** With the last completed event in hand the answer is whole, whatever became of the connection afterwards. */
  broken(failure: Failure): Received {
    if (this.#completed.length < this.images) this.#failure ??= failure;
    return this.#received();
  }

  get heldBytes(): number {
    return this.#held.reduce((sum, { length }) => sum + length, 0);
  }

  get #mayForward(): boolean {
    return this.#started && !this.#holdsCompleted;
  }

  async #takeError(event: ServerSentEvent): Promise<void> {
    const { error } = event.facts;
    const body = [Buffer.from(JSON.stringify({ error: error ?? null }))];
    const reason = "error event in the stream";
    this.#failure ??= { kind: "answer", head: errorHead, body, error, bodySent: true, reason };
    if (!this.#started && !this.#holdsCompleted) return;
    this.#errorWasSent = true;
    await this.#forward(event.bytes);
  }

  async #takeCompleted(event: ServerSentEvent): Promise<void> {
    if (this.#holdsCompleted) await this.#forward([]);
    this.#completed.push({ ...event.facts, images: 1 });
    this.#held.push(...event.bytes);
    this.#holdsCompleted = true;
  }

  async #forward(bytes: readonly Buffer[]): Promise<void> {
    this.#start();
    const all = [...this.#held, ...bytes];
    this.#held = [];
    this.#holdsCompleted = false;
    if (all.length > 0) await this.sink.writeEvent(all);
  }

  #start(): void {
    if (!this.#started) this.sink.startStream(this.head, this.report());
    this.#started = true;
  }

  #received(): Received {
    const facts = this.#completed;
    const failure = this.#failure;
    if (failure !== undefined && !this.#started && !this.#holdsCompleted) return { facts, failure };
    const release = (report: EditReport): Promise<void> => {
      this.#start();
      if (this.#held.length > 0) void this.sink.writeEvent(this.#held);
      if (failure !== undefined && !this.#errorWasSent) {
        void this.sink.writeEvent([errorEvent(failure.reason)]);
      }
      return this.sink.endStream(report);
    };
    return { facts, release, ...(failure === undefined ? {} : { failure }) };
  }
}

/** As OpenAI's clients see it: an event named `error`, or data with the key `error`. */
function isError(event: ServerSentEvent): boolean {
  return event.name === "error" || event.facts.error !== undefined;
}

/** An error event has no status of its own; before anything was sent it is answered like a fault of the upstream. */
const errorHead = { status: 500, headers: { "content-type": "application/json" } } as const;

function errorEvent(reason: string): Buffer {
  const error = {
    message: `The stream from the upstream broke: ${reason}.`,
    type: "server_error",
    param: null,
    code: "upstream_connection_error",
  };
  return Buffer.from(`event: error\ndata: ${JSON.stringify({ type: "error", error })}\n\n`);
}
