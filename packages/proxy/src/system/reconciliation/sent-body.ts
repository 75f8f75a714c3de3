import { type FormPart, formBytes, formType } from "../form-request.js";
import { png, webp } from "../pictures.js";
import type { SentPicture, VariedEdit } from "./varied-edits.js";

export interface SentBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** An edit as it goes over the wire. */
export function sentBody(edit: VariedEdit): SentBody {
  return edit.body === "form"
    ? { contentType: formType, bytes: formBytes(formParts(edit)) }
    : { contentType: "application/json", bytes: Buffer.from(JSON.stringify(jsonBody(edit))) };
}

function formParts({ fields, pictures, masked }: VariedEdit): FormPart[] {
  const name = pictures.length > 1 ? "image[]" : "image";
  const mask = masked ? maskOf(pictures) : undefined;
  return [
    ...Object.entries(fields).map(([field, value]) => ({ name: field, content: String(value) })),
    ...pictures.map((picture, index) => ({
      name,
      content: bytesOf(picture),
      fileName: `picture-${index}.${picture.type}`,
      type: typeOf(picture),
    })),
    ...(mask === undefined
      ? []
      : [{ name: "mask", content: bytesOf(mask, true), fileName: "mask.png", type: "image/png" }]),
  ];
}

function jsonBody({ fields, pictures, masked }: VariedEdit): object {
  const mask = masked ? maskOf(pictures) : undefined;
  return {
    ...fields,
    images: pictures.map((picture) => referenceTo(picture)),
    ...(mask === undefined ? {} : { mask: referenceTo(mask, true) }),
  };
}

function referenceTo(picture: SentPicture, transparent = false): object {
  if (picture.type === "file") return { file_id: picture.id };
  return {
    image_url: `data:${typeOf(picture)};base64,${bytesOf(picture, transparent).toString("base64")}`,
  };
}

/** A mask has the first picture's dimensions; of a file they are the simulator's. */
function maskOf([first]: readonly SentPicture[]): SentPicture | undefined {
  if (first === undefined) return undefined;
  const { width, height } = first.type === "file" ? fileDimensions[first.id] : first;
  return { type: "png", width, height };
}

const fileDimensions = {
  "file-square": { width: 1024, height: 1024 },
  "file-landscape": { width: 1536, height: 1024 },
  "file-portrait": { width: 1024, height: 1536 },
} as const;

const typeOf = ({ type }: SentPicture): string => `image/${type}`;

const made = new Map<string, Buffer>();

/** Each picture is made once: thousands of edits send the same few. */
function bytesOf(picture: SentPicture, transparent = false): Buffer {
  if (picture.type === "file") throw new Error("a form sends no files that the upstream knows");
  const name = `${picture.type} ${picture.width}x${picture.height} ${transparent}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const bytes = picture.type === "webp" ? webp() : png({ ...picture, transparent });
  made.set(name, bytes);
  return bytes;
}
