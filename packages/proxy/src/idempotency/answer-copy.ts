import {
  type AnswerHead,
  type AnswerLayout,
  type EditReport,
  RouterError,
  UpstreamAnswerError,
} from "@darkroom/router";
import type { Keepable, KeptAnswers } from "./kept-answers.js";
import type { Replay } from "./replay.js";

/** What a copy takes besides the bytes of its answer: headers, report, and the objects that hold them. */
const overheadBytes = 4096;

type Content =
  | {
      readonly kind: "whole";
      readonly head: AnswerHead;
      readonly body: Buffer;
      readonly report: EditReport;
      readonly layout: AnswerLayout;
    }
  | {
      readonly kind: "stream";
      readonly head: AnswerHead;
      readonly events: Buffer[];
      /** As the stream began, and in the end as it ended. */
      readonly report: EditReport;
    }
  | { readonly kind: "error"; readonly error: RouterError };

/**
 * A copy of one answer, taken while it goes to its client, since its own buffers are used for other answers afterwards. Where
 * there is no room for it, or no more, it is dropped, and stays so.
 */
export class AnswerCopy implements Keepable {
  #content: Content | undefined;
  #isDropped = false;
  #bytes = 0;
  #users = 0;

  constructor(private readonly room: KeptAnswers) {}

  get bytes(): number {
    return this.#bytes;
  }

  get isInUse(): boolean {
    return this.#users > 0;
  }

  /** Whether the answer, or as much as there is of it yet, can be given. */
  get isThere(): boolean {
    return this.#content !== undefined;
  }

  takeWhole(head: AnswerHead, body: readonly Buffer[], report: EditReport, layout: AnswerLayout): void {
    if (!this.#take(overheadBytes + lengthOf(body))) return;
    this.#content = { kind: "whole", head, body: Buffer.concat(body), report, layout };
  }

  startStream(head: AnswerHead, report: EditReport): void {
    if (this.#take(overheadBytes)) this.#content = { kind: "stream", head, events: [], report };
  }

  takeEvent(bytes: readonly Buffer[]): void {
    if (this.#content?.kind !== "stream" || !this.#take(lengthOf(bytes))) return;
    this.#content.events.push(Buffer.concat(bytes));
  }

  endStream(report: EditReport): void {
    if (this.#content?.kind === "stream") this.#content = { ...this.#content, report };
  }

  takeError(error: RouterError): void {
    const body = error instanceof UpstreamAnswerError ? error.body : [];
    if (this.#take(overheadBytes + lengthOf(body))) this.#content = { kind: "error", error };
  }

  /** The edit has ended. */
  complete(): void {
    if (this.isThere) this.room.add(this);
  }

  drop(): void {
    this.#isDropped = true;
    this.#content = undefined;
    this.room.remove(this);
    if (!this.isInUse) this.#giveBack();
  }

  /**
   * Gives the answer once more; it must be there.
   * @throws RouterError where the answer was one
   */
  async giveTo(replay: Replay): Promise<void> {
    const content = this.#content;
    if (content === undefined) throw new TypeError("the answer is not kept");
    if (content.kind === "error") throw replay.errorFrom(content.error);
    this.#users += 1;
    try {
      await (content.kind === "whole"
        ? replay.sendWhole(content.head, [content.body], content.report, content.layout)
        : sendStream(content, replay));
    } finally {
      this.#users -= 1;
      if (this.#isDropped && !this.isInUse) this.#giveBack();
    }
  }

  #take(bytes: number): boolean {
    if (this.#isDropped) return false;
    if (this.room.take(bytes)) {
      this.#bytes += bytes;
      return true;
    }
    this.drop();
    return false;
  }

  #giveBack(): void {
    this.room.giveBack(this.#bytes);
    this.#bytes = 0;
  }
}

async function sendStream(
  { head, events, report }: Content & { kind: "stream" },
  replay: Replay,
): Promise<void> {
  replay.startStream(head, report);
  for (const event of events) {
    if (replay.isGone) break;
    await replay.writeEvent([event]);
  }
  await replay.endStream(report);
}

function lengthOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}
