import { randomBytes } from "node:crypto";
import type { FormBytes } from "./form-bytes.js";
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

  render(model: Buffer | undefined, isLeftOut: (part: PlannedPart) => boolean): Buffer[] {
    const rendered: Buffer[] = [];
    for (const { planned, header } of this.#parts) {
      const content = planned.isModel ? model && [model] : planned.part.content;
      if (content === undefined || isLeftOut(planned)) continue;
      rendered.push(header, ...content, lineBreak);
    }
    rendered.push(this.#end);
    return rendered;
  }
}
