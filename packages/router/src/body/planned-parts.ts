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
  readonly header: Buffer | undefined;
  /** The one field whose content is the deployment's model; it stays behind where the deployment wants none. */
  readonly isModel: boolean;
}

export function isField(part: Part): boolean {
  return part.fileName === undefined;
}

/**
 * What of a form is sent, whatever the deployment: the gateway's own fields stay behind, images and mask are named as
 * OpenAI's contract says, and `model` is there once, in the place where the client first sent it.
 * @returns the parts that are sent, in their order
 * @throws InvalidRequestError where an image or a mask came as text
 */
export function planParts(parts: readonly Part[]): PlannedPart[] {
  const pictures = parts.map(({ name }) => pictureNamed(name));
  const imageName = pictures.filter((picture) => picture === "image").length > 1 ? "image[]" : "image";
  const planned: PlannedPart[] = [];
  let hasModel = false;
  parts.forEach((part, index) => {
    const picture = pictures[index];
    if (isField(part)) {
      if (picture !== undefined) throw textAsFile(part.name);
      const isModel = part.name === "model";
      if (isControlField(part.name) || (isModel && hasModel)) return;
      hasModel ||= isModel;
      planned.push({ part, name: part.name, isModel, header: undefined });
      return;
    }
    const name = picture === "image" ? imageName : (picture ?? part.name);
    const isUnchanged = name === part.name && typeAtUpstream(part) === part.contentType;
    planned.push({ part, name, isModel: false, header: isUnchanged ? undefined : partHeader(part, name) });
  });
  return planned;
}

/** Which picture of an edit a part is: with or without brackets behind the name, as clients write lists. */
function pictureNamed(name: string): "image" | "mask" | undefined {
  if (name === "image" || name === "mask") return name;
  const [, picture] = /^(image|mask)\[\d*\]$/.exec(name) ?? [];
  return picture === "image" || picture === "mask" ? picture : undefined;
}

function textAsFile(name: string): InvalidRequestError {
  return new InvalidRequestError(`'${name}' must be uploaded as a file, but it was sent as text.`, {
    field: name,
    code: "invalid_file",
  });
}
