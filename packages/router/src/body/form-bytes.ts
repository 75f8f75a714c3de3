import type { PlannedPart } from "./planned-parts.js";

/** How a form becomes bytes: as it arrived with edits, or built anew from its parts. */
export interface FormBytes {
  /** The value of `content-type` on the wire, boundary included. */
  readonly contentType: string;
  /** The body with this model, or without any, and without the parts left out. */
  render(model: Buffer | undefined, isLeftOut: (part: PlannedPart) => boolean): Buffer[];
}
