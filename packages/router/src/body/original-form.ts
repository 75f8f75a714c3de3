import { type Edit, type Span, applyEdits } from "./edit-list.js";
import type { FormBytes } from "./form-bytes.js";
import type { Part } from "./part.js";
import { partHeader } from "./part-header.js";
import type { PlannedPart } from "./planned-parts.js";

/** A part of a form, and where it stands in the body as it arrived. */
export interface OriginalPart extends Part {
  /** Where its header lines begin, behind the line break of the boundary before it. */
  readonly start: number;
  readonly contentSpan: Span;
  /** Behind the boundary that ends it. */
  readonly end: number;
}

/** A form as it arrived. */
export interface ArrivedForm {
  /** The value of the request's `content-type`, which names the boundary. */
  readonly contentType: string;
  readonly boundary: string;
  readonly chunks: readonly Buffer[];
  readonly parts: readonly OriginalPart[];
}

const lineBreakBytes = 2;

/** The bytes that arrived, with an edit list over their spans: what is not changed keeps its every byte. */
export class OriginalForm implements FormBytes {
  readonly contentType: string;
  readonly #form: ArrivedForm;
  readonly #planned: ReadonlyMap<Part, PlannedPart>;
  readonly #addsModel: boolean;

  constructor(form: ArrivedForm, planned: readonly PlannedPart[]) {
    this.contentType = form.contentType;
    this.#form = form;
    this.#planned = new Map(planned.map((one) => [one.part, one]));
    this.#addsModel = !form.parts.some((part) => this.#planned.get(part)?.isModel === true);
  }

  render(model: Buffer, isLeftOut: (part: PlannedPart) => boolean): Buffer[] {
    const { parts, chunks } = this.#form;
    const edits = parts.flatMap((part) => this.#editsOf(part, model, isLeftOut));
    return applyEdits(chunks, this.#addsModel ? [this.#modelAdded(model), ...edits] : edits);
  }

  #editsOf(part: OriginalPart, model: Buffer, isLeftOut: (part: PlannedPart) => boolean): Edit[] {
    const planned = this.#planned.get(part);
    // From behind the boundary before it to behind its own: what followed it then follows that boundary.
    if (planned === undefined || isLeftOut(planned))
      return [{ start: part.start - lineBreakBytes, end: part.end }];
    const edits: Edit[] = [];
    if (planned.header !== undefined) {
      edits.push({ start: part.start, end: part.contentSpan.start, replacement: planned.header });
    }
    if (planned.isModel) edits.push({ ...part.contentSpan, replacement: model });
    return edits;
  }

  /** A field before the first one. */
  #modelAdded(model: Buffer): Edit {
    const header = partHeader({ name: "model", content: [] }, "model");
    const replacement = Buffer.concat([
      Buffer.from("\r\n"),
      header,
      model,
      Buffer.from(`\r\n--${this.#form.boundary}`, "latin1"),
    ]);
    const at = (this.#form.parts[0]?.start ?? lineBreakBytes) - lineBreakBytes;
    return { start: at, end: at, replacement };
  }
}
