import { type Edit, type Span, applyEdits } from "./edit-list.js";
import { type FieldValues, type FormBytes, valueFor } from "./form-bytes.js";
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
  readonly #planned: readonly PlannedPart[];
  readonly #addsModel: boolean;

  constructor(form: ArrivedForm, planned: readonly PlannedPart[]) {
    this.contentType = form.contentType;
    this.#form = form;
    this.#planned = planned;
    this.#addsModel = !planned.some(({ isModel }) => isModel);
  }

  render(values: FieldValues, isLeftOut: (part: PlannedPart) => boolean): Buffer[] {
    const edits: Edit[] =
      this.#addsModel && values.model !== undefined ? [this.#modelAdded(values.model)] : [];
    let next = 0;
    for (const part of this.#form.parts) {
      // What is planned is in the order of the parts, without those that stay behind.
      const planned = this.#planned[next]?.part === part ? this.#planned[next++] : undefined;
      addEdits(edits, part, planned === undefined || isLeftOut(planned) ? undefined : planned, values);
    }
    return applyEdits(this.#form.chunks, edits);
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

/** What must be changed of a part; all of it where it is not sent. */
function addEdits(
  edits: Edit[],
  part: OriginalPart,
  planned: PlannedPart | undefined,
  values: FieldValues,
): void {
  const { start, contentSpan, end } = part;
  if (planned === undefined || (planned.isModel && values.model === undefined)) {
    // From behind the boundary before it to behind its own: what followed it then follows that boundary.
    edits.push({ start: start - lineBreakBytes, end });
    return;
  }
  if (planned.header !== undefined)
    edits.push({ start, end: contentSpan.start, replacement: planned.header });
  const replacement = valueFor(planned, values);
  if (replacement !== undefined) {
    edits.push({ start: contentSpan.start, end: contentSpan.end, replacement });
  }
}
