import type { Part } from "../multipart.js";
import { RefusedError } from "../validation/refusal.js";
import { refusals } from "../validation/refusals.js";
import type { Submission, SubmittedImage } from "./submission.js";

/** Sorts the parts of a form into fields, images and mask. Refuses what OpenAI's form schema has no place for. */
export function submissionFromParts(parts: readonly Part[]): Submission {
  const fields = new Map<string, string>();
  const images: Part[] = [];
  let imagesAsList = false;
  let mask: SubmittedImage | undefined;
  for (const part of parts) {
    const isListItem = /^image\[\d*\]$/.test(part.name);
    if (part.name === "image" || isListItem) {
      if (part.fileName === undefined) {
        throw new RefusedError(refusals.wrongType("image", "one of an array of files or file", "a string"));
      }
      if (part.name === "image" && images.length > 0)
        throw new RefusedError(refusals.duplicateParameter("image"));
      imagesAsList ||= isListItem;
      images.push(part);
    } else if (part.name === "mask") {
      if (part.fileName === undefined)
        throw new RefusedError(refusals.wrongType("mask", "a file", "a string"));
      if (mask !== undefined) throw new RefusedError(refusals.duplicateParameter("mask"));
      mask = { parameter: "mask", declaredType: part.type, bytes: part.bytes };
    } else {
      if (part.fileName !== undefined) throw new RefusedError(refusals.unknownParameter(part.name));
      if (fields.has(part.name)) throw new RefusedError(refusals.duplicateParameter(part.name));
      fields.set(part.name, part.bytes.toString("utf8"));
    }
  }
  return {
    bodyType: "multipart",
    fields,
    images: images.map((part, index) => ({
      parameter: imagesAsList ? `image[${index}]` : "image",
      declaredType: part.type,
      bytes: part.bytes,
    })),
    imagesAsList,
    mask,
  };
}
