import { randomBytes } from "node:crypto";
import { type FieldValues, type FormBytes, valueFor } from "./form-bytes.js";
import type { Part } from "./part.js";
import { partHeader } from "./part-header.js";
import type { PlannedPart } from "./planned-parts.js";

const lineBreak = Buffer.from("\r\n");
const modelPart: Part = { name: "model", content: [] };

/** A form built from its parts, with a boundary of its own that nobody could have put into a file. */
export class RebuiltForm implements FormBytes {
  readonly contentType: string;
  readonly #parts: readonly { readonly planned: PlannedPart; readonly header: Buffer }[];
  readonly #end: Buffer;

  constructor(planned: readonly PlannedPart[]) {
    const boundary = `darkroom-${randomBytes(24).toString("hex")}`;
    const delimiter = Buffer.from(`--${boundary}\r\n`);
    const hasModel = planned.some(({ isModel }) => isModel);
    const added: PlannedPart = { part: modelPart, name: modelPart.name, header: undefined, isModel: true };
    this.contentType = `multipart/form-data; boundary=${boundary}`;
    this.#end = Buffer.from(`--${boundary}--\r\n`);
    this.#parts = (hasModel ? planned : [added, ...planned]).map((one) => ({
      planned: one,
      header: Buffer.concat([delimiter, one.header ?? partHeader(one.part, one.name)]),
    }));
  }

  render(values: FieldValues, isLeftOut: (part: PlannedPart) => boolean): Buffer[] {
    const rendered: Buffer[] = [];
    for (const { planned, header } of this.#parts) {
      if (isLeftOut(planned) || (planned.isModel && values.model === undefined)) continue;
      const value = valueFor(planned, values);
      rendered.push(header, ...(value === undefined ? planned.part.content : [value]), lineBreak);
    }
    rendered.push(this.#end);
    return rendered;
  }
}
