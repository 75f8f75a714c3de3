import {
  type AnswerLayout,
  type Edit,
  type FittedSize,
  type ImageForm,
  type ImageMembers,
  applyEdits,
} from "@darkroom/router";
import { type AskedForm, formOf } from "./asked-form.js";
import { ConversionError } from "./conversion-error.js";
import type { ImageScaler } from "./image-scaler.js";
import { ImageTexts, type TextTools } from "./image-texts.js";
import { memberEdits } from "./member-edits.js";

/** What a conversion works with. */
export interface ConversionTools extends TextTools {
  readonly scaler: ImageScaler;
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

/** What each image has become; nothing where it is what came. */
type Contents = readonly (Buffer | undefined)[];

/** What came of some work, or in words for a header why nothing did. */
type Tried<Result> =
  | { readonly value: Result; readonly failure?: undefined }
  | { readonly value?: undefined; readonly failure: string };

/**
 * Gives an answer the form and the size that were asked for, changing the spans of its images and nothing else. What cannot be
 * done is left undone and said: a paid answer is never thrown away.
 */
export class Conversion {
  readonly #errors: unknown[] = [];

  constructor(
    private readonly body: readonly Buffer[],
    private readonly layout: AnswerLayout,
    private readonly asked: AskedForm,
    private readonly tools: ConversionTools,
  ) {}

  /** Never rejects. */
  async run(): Promise<Converted> {
    const { form, fitted } = this.asked;
    const scaled = fitted && (await this.#tried(() => this.#scaledTo(fitted.asked)));
    const contents = scaled?.value ?? [];
    const wanted = await this.#tried(() => this.#edits(contents, (image) => form ?? formOf(image)));
    // What was scaled can always be given in base64; what was not goes as it came.
    const edits =
      wanted.failure === undefined
        ? wanted
        : await this.#tried(() =>
            this.#edits(contents, (image, isScaled) => (isScaled ? "b64_json" : formOf(image))),
          );
    this.tools.memory.settle();
    const isScaled = contents.length > 0 && edits.failure === undefined;
    return {
      body: applyEdits(this.body, edits.value ?? []),
      errors: this.#errors,
      ...(fitted && { sizeFit: saidOfSize(fitted, scaled?.failure ?? edits.failure) }),
      ...this.#saidOfForm(isScaled, wanted.failure),
    };
  }

  /** One after the other: an answer holds no more memory than it must. */
  async #scaledTo(size: string): Promise<Contents> {
    const { images, memory, scaler, work, signal } = this.tools;
    const contents: (Buffer | undefined)[] = [];
    for (const image of this.layout.images) {
      if (formOf(image) === undefined) contents.push(undefined);
      else {
        const original = await images.whole(image, memory);
        const workingBytes = scaler.workingBytes(original, size);
        await memory.hold(workingBytes);
        const content = await work.result(scaler.scale(original, size, signal), signal);
        await memory.hold(content.length);
        memory.letGo(original.length + workingBytes);
        contents.push(content);
      }
    }
    return contents;
  }

  /** The changes that give every image the form it shall have. */
  async #edits(
    contents: Contents,
    formFor: (image: ImageMembers, isScaled: boolean) => ImageForm | undefined,
  ): Promise<Edit[]> {
    const { images, size } = this.layout;
    const texts = new ImageTexts(this.tools);
    const edits: Edit[] = [];
    try {
      for (const [index, image] of images.entries()) {
        const content = contents[index];
        const form = formFor(image, content !== undefined);
        if (form === undefined || (content === undefined && image[form]?.text !== undefined)) continue;
        const text = await (form === "url" ? texts.url(image, content) : texts.base64(image, content));
        edits.push(...memberEdits(image, form, text));
      }
      texts.checkKept();
    } catch (error) {
      texts.discard();
      throw error;
    }
    const { fitted } = this.asked;
    if (contents.length > 0 && size !== undefined && fitted !== undefined) {
      edits.push({ ...size, replacement: Buffer.from(fitted.asked) });
    }
    return edits.sort((one, other) => one.start - other.start);
  }

  async #tried<Result>(work: () => Promise<Result>): Promise<Tried<Result>> {
    try {
      return { value: await work() };
    } catch (error) {
      const isConversion = error instanceof ConversionError;
      if (!isConversion && this.tools.signal.aborted) return { failure: "it took too long" };
      const cause = isConversion ? error.cause : error;
      if (cause !== undefined) this.#errors.push(cause);
      return { failure: isConversion ? error.message : "it could not be converted" };
    }
  }

  /** @param failure why the images do not have the form that was asked for */
  #saidOfForm(isScaled: boolean, failure: string | undefined): Pick<Converted, "responseFormat"> {
    const given = this.layout.images.map(formOf).find((form) => form !== undefined) ?? "b64_json";
    const { form = given } = this.asked;
    if (failure !== undefined) return { responseFormat: `${isScaled ? "b64_json" : given}: ${failure}` };
    return form === given ? {} : { responseFormat: `${form} from ${given}` };
  }
}

/** @param failure why the images do not have the size that was asked for */
function saidOfSize({ asked, drawn }: FittedSize, failure: string | undefined): string {
  return failure === undefined ? `${asked} from ${drawn}` : `${drawn}: ${failure}`;
}
