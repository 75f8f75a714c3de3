import { randomBytes } from "node:crypto";
import type { Deployment } from "../deployments/deployment.js";
import type { EditBody, EditParameters } from "../request.js";
import { isControlField } from "./control-fields.js";
import { readParameters } from "./edit-parameters.js";
import { FormValues } from "./form-values.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import type { Part } from "./part.js";
import { partHeader } from "./part-header.js";
import { refusedFields } from "./refused-fields.js";
import { type RequestControls, readControls } from "./request-controls.js";

export interface MultipartBodyOptions {
  /** Which fields stay behind. */
  readonly isControlField: (name: string) => boolean;
  /** Must occur in no part. */
  readonly boundary: string;
}

const imageName = /^image(\[\d*\])?$/;
const maskName = /^mask(\[\d*\])?$/;
const lineBreak = Buffer.from("\r\n");

interface RenderedPart {
  readonly name: string;
  readonly isField: boolean;
  /** The delimiter before the part, and its header lines. */
  readonly header: Buffer;
  readonly content: readonly Buffer[];
}

function refuseTextAsFile(part: Part): void {
  if (part.fileName !== undefined || !(imageName.test(part.name) || maskName.test(part.name))) return;
  throw new InvalidRequestError(`'${part.name}' must be uploaded as a file, but it was sent as text.`, {
    field: part.name,
    code: "invalid_file",
  });
}

function isModel(part: RenderedPart): boolean {
  return part.isField && part.name === "model";
}

function nameAtUpstream(name: string, severalImages: boolean): string {
  if (imageName.test(name)) return severalImages ? "image[]" : "image";
  return maskName.test(name) ? "mask" : name;
}

/** A form that can be sent to any deployment, again and again. The content buffers are never copied. */
export class MultipartBody implements EditBody {
  readonly contentType: string;
  readonly parameters: EditParameters;
  readonly controls: RequestControls;
  /** The model the client asked for; the last one where it was sent several times. */
  readonly model: string | undefined;

  readonly #delimiter: Buffer;
  readonly #end: Buffer;
  readonly #values: FormValues;
  /** What is sent, in order; the place of the one `model` field holds what the client wrote. */
  readonly #parts: readonly RenderedPart[];

  /**
   * @param parts in the order they are to be sent
   * @throws InvalidRequestError with the field's name
   */
  constructor(parts: readonly Part[], options: Partial<MultipartBodyOptions> = {}) {
    const isControl = options.isControlField ?? isControlField;
    const boundary = options.boundary ?? `darkroom-${randomBytes(24).toString("hex")}`;
    for (const part of parts) refuseTextAsFile(part);
    this.contentType = `multipart/form-data; boundary=${boundary}`;
    this.#delimiter = Buffer.from(`--${boundary}\r\n`);
    this.#end = Buffer.from(`--${boundary}--\r\n`);
    this.#values = new FormValues(parts);
    this.parameters = readParameters((name) => this.valueOf(name));
    this.controls = readControls((name) => this.valueOf(name));
    this.model = this.#requestedModel();
    this.#parts = this.#rendered(
      parts.filter((part) => part.fileName !== undefined || !isControl(part.name)),
    );
  }

  /** The text of a field, control fields included; a list where it came in brackets; undefined if not sent. */
  valueOf(name: string): string | readonly string[] | undefined {
    return this.#values.valueOf(name);
  }

  bodyFor(deployment: Deployment): readonly Buffer[] {
    const dropped = this.droppedFor(deployment);
    const model = [Buffer.from(deployment.model, "utf8")];
    const rendered: Buffer[] = [];
    for (const part of this.#parts) {
      if (part.isField && dropped.includes(part.name)) continue;
      rendered.push(part.header, ...(isModel(part) ? model : part.content), lineBreak);
    }
    rendered.push(this.#end);
    return rendered;
  }

  droppedFor(deployment: Deployment): readonly string[] {
    const refused = refusedFields(deployment.baseModel ?? deployment.model);
    return refused.filter((name) => this.#parts.some((part) => part.isField && part.name === name));
  }

  #requestedModel(): string | undefined {
    const model = this.valueOf("model");
    return typeof model === "string" && model !== "" ? model : undefined;
  }

  #rendered(parts: readonly Part[]): readonly RenderedPart[] {
    const several = parts.filter((part) => imageName.test(part.name)).length > 1;
    const rendered = parts.map((part) => this.#renderedPart(part, several));
    const place = rendered.findIndex(isModel);
    if (place < 0) return [this.#renderedPart({ name: "model", content: [] }, several), ...rendered];
    return rendered.filter((part, index) => index === place || !isModel(part));
  }

  #renderedPart(part: Part, severalImages: boolean): RenderedPart {
    const name = nameAtUpstream(part.name, severalImages);
    const header = Buffer.concat([this.#delimiter, partHeader(part, name)]);
    return { name, isField: part.fileName === undefined, header, content: part.content };
  }
}
