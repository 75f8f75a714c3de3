import { type IncomingMessage } from "node:http";
import {
  type AnswerLayout,
  ByteBudget,
  type Deployment,
  type EditReport,
  type EditRequest,
  ImageFetcher,
} from "@darkroom/router";
import type { Logger } from "pino";
import { type AskedForm, askedForm } from "./asked-form.js";
import { Conversion } from "./conversion.js";
import { ImageScaler } from "./image-scaler.js";
import { ImageUrls } from "./image-urls.js";
import { KeptImages } from "./kept-images.js";
import { type PublicBaseSettings, publicBase } from "./public-base.js";

const mebibyte = 1024 * 1024;

/** A client waits no longer than this for a conversion: then its answer is released as it came. */
const longestMs = 60_000;
/** OpenAI's own pictures have some 20 MB at most. */
const fetchLimits = { maxBytes: 50 * mebibyte, timeoutMs: 30_000 };
/** For all that conversions make anew, and for one of them: ten pictures of 12 MB. */
const memory = { totalBytes: 256 * mebibyte, largestLeaseBytes: 128 * mebibyte, stepBytes: 4 * mebibyte };

/** What the operator decides about the form of answers. */
export interface FormatSettings extends PublicBaseSettings {
  /** Whether images may be kept on disk, so that `response_format=url` can be served where the upstream gives base64 only. */
  readonly keepImages: boolean;
  /** Of all kept images together. */
  readonly keptBytes: number;
  readonly keptFiles: number;
}

/** An answer in its new form. */
export interface FormedAnswer {
  readonly body: readonly Buffer[];
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** To be called when the client has taken the body, or is gone. */
  release(): void;
}

/** Gives answers the form they were asked for, where the upstream does not. */
export class AnswerFormats {
  readonly kept: { readonly images: KeptImages; readonly urls: ImageUrls } | undefined;
  readonly #scaler = new ImageScaler();
  readonly #fetcher = new ImageFetcher(fetchLimits);
  readonly #memory = new ByteBudget(memory, () => new TypeError("a conversion was refused memory"));

  constructor(
    private readonly settings: FormatSettings,
    dataFolder: string,
    private readonly log: Logger,
  ) {
    const { keepImages, keptBytes, keptFiles } = settings;
    if (!keepImages) return;
    const folder = `${dataFolder}/images`;
    this.kept = {
      images: new KeptImages({ folder, maxBytes: keptBytes, maxFiles: keptFiles }),
      urls: new ImageUrls(dataFolder),
    };
    void this.kept.images.start();
  }

  /** The form in which one request wants its answer. */
  for(edit: EditRequest, request: IncomingMessage): RequestedFormat {
    return new RequestedFormat(edit, (body, layout, asked, deployment, gone) => {
      const base = publicBase(request, this.settings);
      return this.#convert(
        { body, layout, asked, apiBase: deployment.apiBase, publicBase: base },
        edit.id,
        gone,
      );
    });
  }

  close(): void {
    this.kept?.images.close();
    this.#fetcher.close();
  }

  async #convert(
    input: Omit<ConstructorParameters<typeof Conversion>[1], "lease" | "signal">,
    requestId: string,
    gone: AbortSignal,
  ): Promise<FormedAnswer> {
    const signal = AbortSignal.any([gone, AbortSignal.timeout(longestMs)]);
    // What is only written to a file goes there piece by piece.
    const isHeld = input.asked.fitted !== undefined || input.asked.form === "b64_json";
    const lease = isHeld ? await this.#memory.admit(undefined, signal).catch(() => undefined) : undefined;
    const tools = {
      scaler: this.#scaler,
      fetcher: this.#fetcher,
      ...(this.kept === undefined ? {} : { kept: this.kept }),
    };
    const { body, sizeFit, responseFormat, errors } = await new Conversion(tools, {
      ...input,
      lease,
      signal,
    }).run();
    for (const err of errors) this.log.error({ requestId, err }, "an answer could not be converted");
    return {
      body,
      headers: [
        ...(sizeFit === undefined ? [] : ["x-darkroom-size-fit", sizeFit]),
        ...(responseFormat === undefined ? [] : ["x-darkroom-response-format", responseFormat]),
      ],
      release: () => lease?.release(),
    };
  }
}

type Convert = (
  body: readonly Buffer[],
  layout: AnswerLayout,
  asked: AskedForm,
  deployment: Deployment,
  gone: AbortSignal,
) => Promise<FormedAnswer>;

/** The form in which one request wants its answer. */
export class RequestedFormat {
  constructor(
    private readonly edit: EditRequest,
    private readonly convert: Convert,
  ) {}

  /** Undefined where the answer goes as it came, as nearly always. */
  formed(
    body: readonly Buffer[],
    report: EditReport,
    layout: AnswerLayout,
    whenGone: (callback: () => void) => void,
  ): Promise<FormedAnswer> | undefined {
    const asked = askedForm(this.edit, report, layout);
    if (asked === undefined || report.deployment === undefined) return undefined;
    const gone = new AbortController();
    whenGone(() => gone.abort());
    return this.convert(body, layout, asked, report.deployment, gone.signal);
  }

  /** What a stream says beforehand: its events carry base64, whatever was asked for. */
  get streamHeaders(): readonly string[] {
    return this.edit.parameters.responseFormat === "url"
      ? ["x-darkroom-response-format", "b64_json: events carry no URLs"]
      : [];
  }
}
