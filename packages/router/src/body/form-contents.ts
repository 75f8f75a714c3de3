import type { EditContents } from "../request.js";
import { type PlannedPart, isField } from "./planned-parts.js";

/** What of a form decides where it can go. */
export class FormContents implements EditContents {
  readonly isJson = false;
  readonly fileId = undefined;

  constructor(private readonly planned: readonly PlannedPart[]) {}

  get images(): number {
    return this.planned.filter((part) => isFileNamed(part, "image") || isFileNamed(part, "image[]")).length;
  }

  get hasMask(): boolean {
    return this.planned.some((part) => isFileNamed(part, "mask"));
  }
}

function isFileNamed({ part, name }: PlannedPart, wanted: string): boolean {
  return name === wanted && !isField(part);
}
