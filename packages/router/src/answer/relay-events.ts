import type { EditReport } from "../report.js";
import type { Failure } from "../retries/failure.js";
import type { UpstreamAnswer } from "../upstream/upstream-call.js";
import type { AnswerMemory } from "./answer-memory.js";
import type { AnswerFacts } from "./answer-scanner.js";
import type { AnswerHead, AnswerSink } from "./answer-sink.js";
import { enveloped, errorEvent, errorIn, headOfError } from "./error-event.js";
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
  let failure: Failure | undefined;
  try {
    await answer.read(async (chunk) => {
      await memory.hold(reader.heldBytes + relay.heldBytes + chunk.length);
      for (const event of reader.push(chunk)) await relay.take(event);
    });
  } catch (error) {
    failure = failureOf(error);
  }
  const last = reader.unended();
  if (last !== undefined) relay.takeLast(last);
  memory.settle(reader.heldBytes + relay.heldBytes);
  return failure === undefined ? relay.end(reader.rest()) : relay.broken(failure);
}

class EventRelay {
  readonly #completed: AnswerFacts[] = [];
  /** What is not sent yet: before the first named event, and from a completed event on. */
  #held: Buffer[] = [];
  #holdsCompleted = false;
  #started = false;
  #waitsForClient = false;
  #failure: Failure | undefined;
  #tellsError = false;
  #isOver = false;

  constructor(
    private readonly head: AnswerHead,
    private readonly sink: AnswerSink,
    private readonly images: number,
    private readonly report: () => EditReport,
  ) {}

  async take(event: ServerSentEvent): Promise<void> {
    // The attempt may have been stopped while the client took its time.
    if (this.#isOver) return;
    const isCompleted = event.name === completedEvent;
    if (isCompleted && event.isWhole && this.#holdsCompleted) await this.#forward();
    this.takeLast(event);
    const isNext = event.name !== "" && !isCompleted && errorIn(event) === undefined;
    if (isNext || (this.#started && !this.#holdsCompleted)) await this.#forward();
  }

  /** Takes an event, and sends nothing before the attempt has been concluded. */
  takeLast(event: ServerSentEvent): void {
    const error = errorIn(event);
    if (error !== undefined) {
      const head = headOfError(error, this.head);
      const body = [Buffer.from(JSON.stringify({ error }))];
      this.#failure ??= {
        kind: "answer",
        head,
        body,
        error,
        bodySent: true,
        reason: "error event in the stream",
      };
      if (!this.#started && !this.#holdsCompleted) return;
      this.#tellsError = true;
      this.#held.push(...enveloped(event, error));
      return;
    }
    if (event.name === completedEvent) {
      if (!event.isWhole) {
        this.#failure ??= brokenCompleted;
        return;
      }
      this.#completed.push({ ...event.facts, images: 1 });
      this.#holdsCompleted = true;
    }
    this.#held.push(...event.bytes);
  }

  /** The upstream has ended the stream; `rest` came after its last event. */
  end(rest: readonly Buffer[]): Received {
    const lacks = this.#completed.length === 0 || (rest.length > 0 && this.#lacksImages);
    if (lacks) this.#failure ??= endedEarly;
    // Half an event would spoil the error that follows it.
    if (this.#failure === undefined) this.#held.push(...rest);
    return this.#received();
  }

  /** With the last completed event in hand the answer is whole, whatever became of the connection afterwards. */
  broken(failure: Failure): Received {
    if (this.#lacksImages) this.#failure ??= this.#waitsForClient ? clientsFault(failure) : failure;
    return this.#received();
  }

  get heldBytes(): number {
    return this.#held.reduce((sum, { length }) => sum + length, 0);
  }

  get #lacksImages(): boolean {
    return this.#completed.length < this.images;
  }

  async #forward(): Promise<void> {
    this.#start();
    const held = this.#held;
    this.#held = [];
    this.#holdsCompleted = false;
    if (held.length === 0) return;
    this.#waitsForClient = true;
    await this.sink.writeEvent(held);
    this.#waitsForClient = false;
  }

  #start(): void {
    if (!this.#started) this.sink.startStream(this.head, this.report());
    this.#started = true;
  }

  #received(): Received {
    this.#isOver = true;
    const facts = this.#completed;
    const failure = this.#failure;
    if (failure !== undefined && !this.#started && !this.#holdsCompleted) return { facts, failure };
    const release = (report: EditReport): Promise<void> => {
      this.#start();
      if (this.#held.length > 0) void this.sink.writeEvent(this.#held);
      if (failure !== undefined && !this.#tellsError) {
        void this.sink.writeEvent([errorEvent(brokenStream(failure.reason))]);
      }
      return this.sink.endStream(report);
    };
    return { facts, release, ...(failure === undefined ? {} : { failure }) };
  }
}

/** Time that ran out while the client took what was there says nothing of the deployment. */
function clientsFault(failure: Failure): Failure {
  if (failure.kind !== "timeout") return failure;
  return { kind: "client gone", bodySent: true, reason: `${failure.reason}, waiting for the client` };
}

function brokenStream(reason: string): object {
  return {
    message: `The stream from the upstream broke: ${reason}.`,
    type: "server_error",
    param: null,
    code: "upstream_connection_error",
  };
}
