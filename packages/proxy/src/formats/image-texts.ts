import { setImmediate } from "node:timers/promises";
import type { ImageMembers } from "@darkroom/router";
import type { AnswerImages } from "./answer-images.js";
import { Base64Encoder, decodedBytes, decodedPieces } from "./base64.js";
import { ConversionError } from "./conversion-error.js";
import type { ConversionMemory } from "./conversion-memory.js";
import { GatheredBytes } from "./gathered-bytes.js";
import type { KeptFiles } from "./kept-files.js";
import type { UnstoppableWork } from "./unstoppable-work.js";

/** What is encoded at once: others have their turn in between. */
const pieceBytes = 96 * 1024;

/** What texts are made with. */
export interface TextTools {
  readonly images: AnswerImages;
  readonly memory: ConversionMemory;
  readonly work: UnstoppableWork;
  /** Absent where no images are kept. */
  readonly kept?: KeptFiles | undefined;
  /** What URLs of the gateway begin with. */
  readonly publicBase: string;
  readonly signal: AbortSignal;
}

/** Makes the texts of an answer's members anew: base64, or URLs of the gateway. */
export class ImageTexts {
  readonly #names: string[] = [];

  constructor(private readonly tools: TextTools) {}

  /**
   * @param content what the image has become; undefined where it is what came
   * @throws ConversionError, the signal's reason
   */
  async base64(image: ImageMembers, content: Buffer | undefined): Promise<readonly Buffer[]> {
    const { images, memory } = this.tools;
    const given = content === undefined ? images.base64Of(image) : undefined;
    if (given !== undefined) return given;
    const encoder = new Base64Encoder();
    const text = new GatheredBytes(memory);
    const take = (bytes: Buffer): Promise<void> => text.push(encoder.push(bytes));
    await (content === undefined ? images.fetch(image, take) : inTurns(content, take));
    await text.push(encoder.end());
    return text.end();
  }

  /**
   * @param content what the image has become; undefined where it is what came, in base64
   * @throws ConversionError, the signal's reason
   */
  async url(image: ImageMembers, content: Buffer | undefined): Promise<readonly Buffer[]> {
    const { images, work, kept, publicBase, signal } = this.tools;
    if (kept === undefined) throw new ConversionError("this gateway keeps no images");
    const text = images.base64Of(image) ?? [];
    const [pieces, bytes] =
      content === undefined ? [decodedPieces(text), decodedBytes(text)] : [[content], content.length];
    const { name, path } = await work.result(kept.keep(pieces, bytes, signal), signal);
    this.#names.push(name);
    return [Buffer.from(JSON.stringify(`${publicBase}${path}`).slice(1, -1))];
  }

  /** @throws ConversionError where one of the images has had to make room for another */
  checkKept(): void {
    const { kept } = this.tools;
    if (this.#names.some((name) => kept?.images.has(name) !== true)) {
      throw new ConversionError("there is no room to keep all images");
    }
  }

  /** The texts are not used: what was kept for them belongs to nobody. */
  discard(): void {
    for (const name of this.#names) void this.tools.kept?.images.discard(name);
  }
}

async function inTurns(content: Buffer, take: (bytes: Buffer) => Promise<void>): Promise<void> {
  for (let start = 0; start < content.length; start += pieceBytes) {
    await take(content.subarray(start, start + pieceBytes));
    await setImmediate();
  }
}
