import type { IncomingMessage } from "node:http";
import { ByteBudget, type EditRequest, ImageFetcher } from "@darkroom/router";
import type { Logger } from "pino";
import { AnswerImages } from "./answer-images.js";
import type { AskedForm } from "./asked-form.js";
import { Conversion } from "./conversion.js";
import { ConversionMemory } from "./conversion-memory.js";
import { ImageScaler } from "./image-scaler.js";
import { ImageUrls } from "./image-urls.js";
import { KeptFiles } from "./kept-files.js";
import { KeptImages } from "./kept-images.js";
import { type PublicBaseSettings, publicBase } from "./public-base.js";
import { type FormedAnswer, type GivenAnswer, RequestedFormat } from "./requested-format.js";
import { UnstoppableWork } from "./unstoppable-work.js";

const mebibyte = 1024 * 1024;

/** A client waits no longer than this for a conversion: then its answer is released as it came. */
const longestMs = 60_000;
/** OpenAI's own pictures have some 20 MB at most. */
const fetchLimits = { maxBytes: 50 * mebibyte, timeoutMs: 30_000 };
const memoryStepBytes = 4 * mebibyte;

/** What the operator decides about the form of answers. */
export interface FormatSettings extends PublicBaseSettings {
  /** Whether images may be kept on disk, so that `response_format=url` can be served where the upstream gives base64 only. */
  readonly keepImages: boolean;
  /** Of all kept images together. */
  readonly keptBytes: number;
  readonly keptFiles: number;
  /** Memory for all that conversions make anew, half of it for one of them at most. */
  readonly memoryBytes: number;
}

/** Gives answers the form they were asked for, where the upstream does not. */
export class AnswerFormats {
  /** Absent where no images are kept. */
  readonly kept: KeptFiles | undefined;
  readonly memory: ByteBudget;
  readonly #largestBytes: number;
  readonly #scaler = new ImageScaler();
  readonly #fetcher = new ImageFetcher(fetchLimits);

  constructor(
    private readonly settings: FormatSettings,
    dataFolder: string,
    private readonly log: Logger,
  ) {
    const { keepImages, keptBytes, keptFiles, memoryBytes } = settings;
    this.#largestBytes = Math.ceil(memoryBytes / 2);
    this.memory = new ByteBudget(
      { totalBytes: memoryBytes, largestLeaseBytes: this.#largestBytes, stepBytes: memoryStepBytes },
      () => new TypeError("a conversion was refused memory"),
    );
    if (!keepImages) return;
    const images = new KeptImages({
      folder: `${dataFolder}/images`,
      maxBytes: keptBytes,
      maxFiles: keptFiles,
    });
    this.kept = new KeptFiles(images, new ImageUrls(dataFolder));
    void images.start();
  }

  /** The form in which one request wants its answer. */
  for(edit: EditRequest, request: IncomingMessage): RequestedFormat {
    return new RequestedFormat(edit, (answer, asked, gone) =>
      this.#convert(answer, asked, publicBase(request, this.settings), edit.id, gone),
    );
  }

  close(): void {
    this.kept?.images.close();
    this.#fetcher.close();
  }

  async #convert(
    { body, layout, deployment }: GivenAnswer,
    asked: AskedForm,
    base: string,
    requestId: string,
    gone: AbortSignal,
  ): Promise<FormedAnswer> {
    const signal = AbortSignal.any([gone, AbortSignal.timeout(longestMs)]);
    const memory = new ConversionMemory(this.memory, this.#largestBytes, signal);
    const work = new UnstoppableWork();
    const conversion = new Conversion(body, layout, asked, {
      images: new AnswerImages(body, deployment, this.#fetcher, signal),
      scaler: this.#scaler,
      kept: this.kept,
      publicBase: base,
      memory,
      work,
      signal,
    });
    const { body: formed, sizeFit, responseFormat, errors } = await conversion.run();
    for (const err of errors) this.log.error({ requestId, err }, "an answer could not be converted");
    return {
      body: formed,
      headers: [
        ...(sizeFit === undefined ? [] : ["x-darkroom-size-fit", sizeFit]),
        ...(responseFormat === undefined ? [] : ["x-darkroom-response-format", responseFormat]),
      ],
      release: async () => {
        await work.ended();
        memory.release();
      },
    };
  }
}
