import { type PlannedPart, isField } from "./planned-parts.js";

/** Values that a deployment gets in the place of the client's. */
export interface FieldValues {
  /** Absent where it wants none. */
  readonly model?: Buffer;
  readonly size?: Buffer;
}

/** The value that a part gets; undefined where it keeps its own. */
export function valueFor({ part, name, isModel }: PlannedPart, values: FieldValues): Buffer | undefined {
  if (isModel) return values.model;
  return name === "size" && isField(part) ? values.size : undefined;
}

/** How a form becomes bytes: as it arrived with edits, or built anew from its parts. */
export interface FormBytes {
  /** The value of `content-type` on the wire, boundary included. */
  readonly contentType: string;
  /** The body with these values, and without the parts left out. */
  render(values: FieldValues, isLeftOut: (part: PlannedPart) => boolean): Buffer[];
}
