import { isControlField } from "./control-fields.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import type { Part } from "./part.js";
import { partHeader, typeAtUpstream } from "./part-header.js";

/** A part that is sent, and how. */
export interface PlannedPart {
  readonly part: Part;
  /** Its name at the upstream. */
  readonly name: string;
  /** Its new header lines, where it has another name or type at the upstream than the client gave it. */
  readonly header?: Buffer;
  /** The one field whose content is the deployment's model. */
  readonly isModel: boolean;
}

const imageName = /^image(\[\d*\])?$/;
const maskName = /^mask(\[\d*\])?$/;

export function isField(part: Part): boolean {
  return part.fileName === undefined;
}

/**
 * What of a form is sent, whatever the deployment: the gateway's own fields stay behind, images and mask are named as
 * OpenAI's contract says, and `model` is there once, in the place where the client first sent it.
 * @throws InvalidRequestError where an image or a mask came as text
 */
export function planParts(parts: readonly Part[]): PlannedPart[] {
  const hasSeveralImages = parts.filter(({ name }) => imageName.test(name)).length > 1;
  const firstModel = parts.find(isModelField);
  return parts.flatMap((part) => {
    refuseTextAsFile(part);
    const isModel = part === firstModel;
    if (isField(part) && (isControlField(part.name) || (isModelField(part) && !isModel))) return [];
    const name = nameAtUpstream(part.name, hasSeveralImages);
    const isUnchanged = name === part.name && typeAtUpstream(part) === part.contentType;
    return [{ part, name, isModel, ...(isUnchanged ? {} : { header: partHeader(part, name) }) }];
  });
}

function isModelField(part: Part): boolean {
  return isField(part) && part.name === "model";
}

function nameAtUpstream(name: string, hasSeveralImages: boolean): string {
  if (imageName.test(name)) return hasSeveralImages ? "image[]" : "image";
  return maskName.test(name) ? "mask" : name;
}

function refuseTextAsFile(part: Part): void {
  if (!isField(part) || !(imageName.test(part.name) || maskName.test(part.name))) return;
  throw new InvalidRequestError(`'${part.name}' must be uploaded as a file, but it was sent as text.`, {
    field: part.name,
    code: "invalid_file",
  });
}
