import {
  type AnswerLayout,
  type Edit,
  FetchImageError,
  type FittedSize,
  type ImageFetcher,
  type ImageForm,
  type ImageMember,
  type ImageMembers,
  type MemoryLease,
  type Span,
  applyEdits,
  slicesOf,
} from "@darkroom/router";
import { type AskedForm, formOf } from "./asked-form.js";
import { Base64Encoder, decodedBytes, decodedPieces } from "./base64.js";
import { ConversionError } from "./conversion-error.js";
import type { ImageScaler } from "./image-scaler.js";
import type { ImageUrls } from "./image-urls.js";
import type { KeptImages } from "./kept-images.js";

/** What conversions work with. */
export interface ConversionTools {
  readonly scaler: ImageScaler;
  readonly fetcher: ImageFetcher;
  /** Absent where no images are kept. */
  readonly kept?: { readonly images: KeptImages; readonly urls: ImageUrls };
}

/** An answer to be converted. */
export interface ConversionInput {
  readonly body: readonly Buffer[];
  readonly layout: AnswerLayout;
  readonly asked: AskedForm;
  /** Of the deployment that answered. */
  readonly apiBase: string;
  /** What URLs of the gateway begin with. */
  readonly publicBase: string;
  /** Holds what is made anew; absent where nothing is, or where there was no memory in time. */
  readonly lease: MemoryLease | undefined;
  /** Ends the work; the answer is then released as far as it is. */
  readonly signal: AbortSignal;
}

/** What came of it: the whole body, and what there is to say of it in headers. */
export interface Converted {
  readonly body: readonly Buffer[];
  /** `512x512 from 1024x1024`, or the size and why it is not the one asked for. */
  readonly sizeFit?: string;
  /** `url from b64_json`, or the form and why it is not the one asked for. */
  readonly responseFormat?: string;
  /** Errors that are not the answer's own, for the log. */
  readonly errors: readonly unknown[];
}

/** The content of an image after scaling, or undefined as long as it is what came. */
type Scaled = readonly (Buffer | undefined)[];

/**
 * Gives an answer the form and the size that were asked for, changing the spans of its images and nothing else. What cannot be
 * done is left undone and said: a paid answer is never thrown away.
 */
export class Conversion {
  readonly #errors: unknown[] = [];
  #heldBytes = 0;

  constructor(
    private readonly tools: ConversionTools,
    private readonly input: ConversionInput,
  ) {}

  /** Never rejects. */
  async run(): Promise<Converted> {
    const converted = await this.#converted();
    this.input.lease?.settle(this.#heldBytes);
    return converted;
  }

  async #converted(): Promise<Converted> {
    const { body, layout, asked } = this.input;
    const { fitted } = asked;
    const none: Scaled = layout.images.map(() => undefined);
    let scaled = none;
    let sizeFit: string | undefined;
    if (fitted !== undefined) {
      const result = await this.#tried(() => this.#scaled(fitted));
      if (result.failure === undefined) scaled = result.value;
      sizeFit = `${fitted.asked} from ${fitted.drawn}`;
      if (result.failure !== undefined) sizeFit = `${fitted.drawn}: ${result.failure}`;
    }
    const result = await this.#tried(() => this.#edits((image) => asked.form ?? formOf(image), scaled));
    const given = formOf(layout.images.find((image) => formOf(image) !== undefined) ?? {}) ?? "b64_json";
    if (result.failure === undefined) {
      const form = asked.form ?? given;
      return {
        body: applyEdits(body, result.value),
        errors: this.#errors,
        ...(sizeFit === undefined ? {} : { sizeFit }),
        ...(form === given ? {} : { responseFormat: `${form} from ${given}` }),
      };
    }
    // What was scaled can always be given in base64; what was not goes as it came.
    const rest = await this.#tried(() =>
      this.#edits((image, isScaled) => (isScaled ? "b64_json" : formOf(image)), scaled),
    );
    const isScaled = rest.failure === undefined && scaled !== none;
    if (fitted !== undefined && rest.failure !== undefined) sizeFit = `${fitted.drawn}: ${rest.failure}`;
    return {
      body: rest.failure === undefined ? applyEdits(body, rest.value) : body,
      errors: this.#errors,
      ...(sizeFit === undefined ? {} : { sizeFit }),
      responseFormat: `${isScaled ? "b64_json" : given}: ${result.failure}`,
    };
  }

  /** One after the other: an answer holds no more memory than it must. */
  async #scaled({ asked }: FittedSize): Promise<Scaled> {
    const { layout, signal } = this.input;
    const scaled: (Buffer | undefined)[] = [];
    for (const image of layout.images) {
      if (formOf(image) === undefined) scaled.push(undefined);
      else {
        const original = Buffer.concat(await this.#bytesOf(image));
        const made = await orAborted(this.tools.scaler.scale(original, asked, signal), signal);
        await this.#hold(made.length - original.length);
        scaled.push(made);
      }
    }
    return scaled;
  }

  /** The changes that give every image the form it shall have. */
  async #edits(
    formFor: (image: ImageMembers, isScaled: boolean) => ImageForm | undefined,
    scaled: Scaled,
  ): Promise<Edit[]> {
    const edits: Edit[] = [];
    const kept: string[] = [];
    try {
      for (const [index, image] of this.input.layout.images.entries()) {
        const content = scaled[index];
        const form = formFor(image, content !== undefined);
        if (form === undefined || (content === undefined && image[form]?.text !== undefined)) continue;
        const text =
          form === "url" ? await this.#urlText(image, content, kept) : await this.#base64Text(image, content);
        edits.push(...editsOf(image, form, text));
      }
    } catch (error) {
      for (const name of kept) void this.tools.kept?.images.discard(name);
      throw error;
    }
    const { layout, asked } = this.input;
    const isScaled = scaled.some((content) => content !== undefined);
    if (isScaled && layout.size !== undefined && asked.fitted !== undefined) {
      edits.push({ ...layout.size, replacement: Buffer.from(asked.fitted.asked) });
    }
    return edits.sort((one, other) => one.start - other.start);
  }

  async #urlText(image: ImageMembers, content: Buffer | undefined, names: string[]): Promise<Buffer[]> {
    const { kept } = this.tools;
    if (kept === undefined) throw new ConversionError("this gateway keeps no images");
    const { signal, publicBase } = this.input;
    const text = image.b64_json?.text;
    const bytes = content?.length ?? (text === undefined ? 0 : decodedBytes(text.end - text.start));
    const pieces = content === undefined ? decodedPieces(this.#slices(text)) : [content];
    const keeping = kept.images.keep(pieces, bytes, signal);
    const { name, expiresAtMs } = await orAborted(keeping, signal).catch((error: unknown) => {
      // What is kept after all belongs to nobody.
      void keeping.then((late) => kept.images.discard(late.name)).catch(() => undefined);
      throw unkept(error, this.#errors);
    });
    names.push(name);
    const path = await orAborted(kept.urls.pathFor(name, expiresAtMs), signal).catch((error: unknown) => {
      throw unkept(error, this.#errors);
    });
    return [Buffer.from(JSON.stringify(`${publicBase}${path}`).slice(1, -1))];
  }

  async #base64Text(image: ImageMembers, content: Buffer | undefined): Promise<Buffer[]> {
    const encoder = new Base64Encoder();
    const encoded: Buffer[] = [];
    const encode = (bytes: Buffer): Promise<void> | undefined => {
      const text = encoder.push(bytes);
      encoded.push(text);
      return this.#hold(text.length);
    };
    if (content !== undefined) await encode(content);
    else {
      const inline = this.#inlineText(image.url);
      if (inline !== undefined) return slicesOf(this.input.body, inline);
      await this.#fetch(image.url, encode);
    }
    encoded.push(encoder.end());
    return encoded;
  }

  /** The bytes of an image as it came, held until the answer is released. */
  async #bytesOf(image: ImageMembers): Promise<Buffer[]> {
    const text = image.b64_json?.text ?? this.#inlineText(image.url);
    const pieces: Buffer[] = [];
    if (text === undefined) {
      await this.#fetch(image.url, (bytes) => {
        pieces.push(bytes);
        return this.#hold(bytes.length);
      });
      return pieces;
    }
    await this.#hold(decodedBytes(text.end - text.start));
    pieces.push(...decodedPieces(this.#slices(text)));
    return pieces;
  }

  async #fetch(
    url: ImageMember | undefined,
    take: (bytes: Buffer) => Promise<void> | undefined,
  ): Promise<void> {
    const { apiBase, signal } = this.input;
    const written = Buffer.concat(this.#slices(url?.text)).toString("utf8");
    const address = JSON.parse(`"${written}"`) as string;
    try {
      await this.tools.fetcher.fetch(address, apiBase, signal, take);
    } catch (error) {
      if (error instanceof FetchImageError) {
        throw new ConversionError(`the image could not be fetched: ${error.message}`);
      }
      throw error;
    }
  }

  /** Where the base64 stands in a URL that holds its image itself (`data:image/png;base64,...`). */
  #inlineText(url: ImageMember | undefined): Span | undefined {
    if (url?.text === undefined) return undefined;
    const { start, end } = url.text;
    const beginning = Buffer.concat(this.#slices({ start, end: Math.min(end, start + 64) })).toString(
      "latin1",
    );
    const [scheme] = /^data:image\\?\/[\w.+-]+;base64,/i.exec(beginning) ?? [];
    return scheme === undefined ? undefined : { start: start + scheme.length, end };
  }

  #slices(span: Span | undefined): Buffer[] {
    return span === undefined ? [] : slicesOf(this.input.body, span);
  }

  async #hold(bytes: number): Promise<void> {
    const { lease, signal } = this.input;
    if (lease === undefined) throw new ConversionError("there was no memory for it in time");
    this.#heldBytes += bytes;
    if (lease.growNow(this.#heldBytes)) return;
    await lease.growTo(this.#heldBytes, signal);
  }

  /** What came of some work, or why nothing did, in words for a header. */
  async #tried<Result>(
    work: () => Promise<Result>,
  ): Promise<{ readonly value: Result; readonly failure?: undefined } | { readonly failure: string }> {
    try {
      return { value: await work() };
    } catch (error) {
      if (error instanceof ConversionError) return { failure: error.message };
      if (this.input.signal.aborted) return { failure: "it took too long" };
      this.#errors.push(error);
      return { failure: "it could not be converted" };
    }
  }
}

/** A disk that is full or read-only is the operator's to know, and no reason to keep an answer back. */
function unkept(error: unknown, errors: unknown[]): unknown {
  const isOfSystem = typeof (error as { readonly code?: unknown }).code === "string";
  if (!isOfSystem) return error;
  errors.push(error);
  return new ConversionError("the image could not be kept");
}

/** The member's new name, where it has one, and its new text. A member of the other form, with null, takes its name. */
function editsOf(image: ImageMembers, form: ImageForm, text: readonly Buffer[]): Edit[] {
  const given = formOf(image);
  const member = given === undefined ? undefined : image[given];
  if (given === undefined || member?.text === undefined) return [];
  const [first, ...others] = text;
  const { end } = member.text;
  const edits: Edit[] = [
    { ...member.text, ...(first === undefined ? {} : { replacement: first }) },
    ...others.map((replacement) => ({ start: end, end, replacement })),
  ];
  if (form === given) return edits;
  const other = image[form];
  return [
    { ...member.name, replacement: Buffer.from(`"${form}"`) },
    ...edits,
    ...(other === undefined ? [] : [{ ...other.name, replacement: Buffer.from(`"${given}"`) }]),
  ];
}

/** Stops waiting for work that cannot be stopped. */
async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    work.catch(() => undefined);
  }
}
