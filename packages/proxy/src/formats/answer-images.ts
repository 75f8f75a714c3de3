import { setImmediate } from "node:timers/promises";
import {
  type Deployment,
  FetchImageError,
  type ImageFetcher,
  type ImageMembers,
  type Span,
  slicesOf,
} from "@darkroom/router";
import { decodedBytes, decodedPieces } from "./base64.js";
import { ConversionError } from "./conversion-error.js";
import type { ConversionMemory } from "./conversion-memory.js";
import { GatheredBytes } from "./gathered-bytes.js";

/** Signed URLs of clouds have some 2,000 characters: what is much longer leads nowhere. */
const longestUrlBytes = 16 * 1024;
/** The longest beginning of a URL that holds its image itself. */
const longestSchemeBytes = 64;

/** The images of an answer as they came: in base64 within it, or where its URLs lead. */
export class AnswerImages {
  /**
   * @param body the answer
   * @param deployment that gave it
   */
  constructor(
    private readonly body: readonly Buffer[],
    private readonly deployment: Deployment,
    private readonly fetcher: ImageFetcher,
    private readonly signal: AbortSignal,
  ) {}

  /** The base64 of an image as it stands in the answer, escapes included; undefined where the image has to be fetched. */
  base64Of(image: ImageMembers): readonly Buffer[] | undefined {
    const span = image.b64_json?.text ?? this.#base64InUrl(image.url?.text);
    return span && slicesOf(this.body, span);
  }

  /**
   * Fetches an image from where its URL leads.
   * @throws ConversionError, the signal's reason, or what `take` throws
   */
  async fetch({ url }: ImageMembers, take: (bytes: Buffer) => Promise<void>): Promise<void> {
    const { start, end } = url?.text ?? { start: 0, end: 0 };
    if (end - start > longestUrlBytes) throw unfetched("its URL is too long");
    const address = JSON.parse(`"${this.#text({ start, end }, "utf8")}"`) as string;
    try {
      await this.fetcher.fetch(address, this.deployment, this.signal, take);
    } catch (error) {
      if (!(error instanceof FetchImageError)) throw error;
      throw unfetched(error.message);
    }
  }

  /**
   * The bytes of an image, in one piece, and what they hold of the memory.
   * @throws as `fetch`; ConversionError where there is no memory for it
   */
  async whole(image: ImageMembers, memory: ConversionMemory): Promise<Buffer> {
    const text = this.base64Of(image);
    if (text === undefined) {
      const pieces = new GatheredBytes(memory);
      await this.fetch(image, (bytes) => pieces.push(bytes));
      const fetched = pieces.end();
      await memory.hold(fetched.reduce((sum, { length }) => sum + length, 0));
      return Buffer.concat(fetched);
    }
    const mostBytes = decodedBytes(text);
    await memory.hold(mostBytes);
    const whole = Buffer.allocUnsafeSlow(mostBytes);
    let bytes = 0;
    for (const piece of decodedPieces(text)) {
      bytes += piece.copy(whole, bytes);
      // All at once, a large image would keep others waiting.
      await setImmediate();
    }
    memory.letGo(mostBytes - bytes);
    return whole.subarray(0, bytes);
  }

  /** Where the base64 stands in a URL that holds its image itself (`data:image/png;base64,...`). */
  #base64InUrl(url: Span | undefined): Span | undefined {
    if (url === undefined) return undefined;
    const { start, end } = url;
    const beginning = this.#text({ start, end: Math.min(end, start + longestSchemeBytes) }, "latin1");
    const [scheme] = /^data:image\\?\/[\w.+-]+;base64,/i.exec(beginning) ?? [];
    return scheme === undefined ? undefined : { start: start + scheme.length, end };
  }

  #text(span: Span, encoding: BufferEncoding): string {
    return Buffer.concat(slicesOf(this.body, span)).toString(encoding);
  }
}

function unfetched(reason: string): ConversionError {
  return new ConversionError(`the image could not be fetched: ${reason}`);
}
