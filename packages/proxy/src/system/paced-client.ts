import { once } from "node:events";
import http from "node:http";
import { formType } from "./form-request.js";

export interface PacedOptions {
  /** Bytes of each piece of the upload. */
  readonly pieceBytes: number;
  /** Whether the length of the upload is told. */
  readonly isChunked: boolean;
  /** Whether it waits for `100 Continue` before it sends, so that it is slow from when it is admitted on. */
  readonly expectsContinue?: boolean;
}

/** What a paced client got. */
export interface PacedAnswer {
  readonly status: number;
  readonly bytes: number;
}

/**
 * A client that sends its upload and then reads its answer piece by piece, one at each turn, and does nothing in between:
 * as slow as its test wants it to be.
 */
export class PacedClient {
  readonly answered: Promise<PacedAnswer>;
  readonly #body: Buffer;
  readonly #pieceBytes: number;
  readonly #request: http.ClientRequest;
  #maySend: boolean;
  #sentBytes = 0;
  #answer: http.IncomingMessage | undefined;
  #readBytes = 0;
  #isOver = false;

  constructor(url: string, body: Buffer, { pieceBytes, isChunked, expectsContinue = false }: PacedOptions) {
    this.#body = body;
    this.#pieceBytes = pieceBytes;
    this.#maySend = !expectsContinue;
    this.#request = http.request(`${url}/v1/images/edits`, {
      method: "POST",
      agent: false,
      headers: {
        "content-type": formType,
        ...(isChunked ? { "transfer-encoding": "chunked" } : { "content-length": String(body.length) }),
        ...(expectsContinue ? { expect: "100-continue" } : {}),
      },
    });
    this.#request.once("continue", () => {
      this.#maySend = true;
    });
    this.#request.flushHeaders();
    this.answered = this.#whole();
  }

  /** Whether its answer has begun. */
  get hasAnswer(): boolean {
    return this.#answer !== undefined;
  }

  /** Whether it has all of its answer. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends the next piece, unless the one before has not left yet; once there is an answer, reads a piece of it. */
  takeTurn(): void {
    if (this.#answer !== undefined) this.#readBytes += (this.#answer.read() as Buffer | null)?.length ?? 0;
    else if (this.#maySend && !this.#request.writableNeedDrain) this.#send();
  }

  /** Breaks the connection off. */
  leave(): void {
    this.#request.destroy();
  }

  #send(): void {
    if (this.#sentBytes === this.#body.length) return;
    const piece = this.#body.subarray(this.#sentBytes, this.#sentBytes + this.#pieceBytes);
    this.#sentBytes += piece.length;
    this.#request.write(piece);
    if (this.#sentBytes === this.#body.length) this.#request.end();
  }

  async #whole(): Promise<PacedAnswer> {
    const [answer] = (await once(this.#request, "response")) as [http.IncomingMessage];
    // Whoever is refused sends no more, and may see the rest of its upload fail.
    this.#request.on("error", () => undefined);
    this.#answer = answer;
    answer.on("error", () => undefined);
    await new Promise((resolve) => answer.once("end", resolve));
    this.#isOver = true;
    this.#request.destroy();
    return { status: answer.statusCode ?? 0, bytes: this.#readBytes };
  }
}
