import type { InputImage } from "@darkroom/cost-calculator";
import { dimensionsOf, longestHeaderBytes } from "../image-dimensions/dimensions-of.js";
import type { EditInputs } from "../request.js";
import { longestStringBytes } from "./json-outline.js";
import type { ValueOf } from "./edit-parameters.js";

/**
 * What a JSON edit sends: images and mask are references, `{"image_url": ...}` or `{"file_id": ...}`.
 * @param bytesOf how long a member's value is on the wire; a very long one is cut off where it is parsed
 */
export function jsonInputs(valueOf: ValueOf, bytesOf: (name: string) => number): EditInputs {
  const prompt = valueOf("prompt");
  const sentBytes = bytesOf("prompt");
  const images = valueOf("images") ?? [];
  const mask = valueOf("mask") ?? undefined;
  return {
    promptBytes:
      sentBytes > longestStringBytes
        ? sentBytes
        : Buffer.byteLength(typeof prompt === "string" ? prompt : ""),
    images: (Array.isArray(images) ? images : [images]).map(imageOf),
    ...(mask !== undefined && { mask: imageOf(mask) }),
  };
}

/** Only a data URL holds its image: a web address or a file's id is the upstream's to fetch. */
function imageOf(reference: unknown): InputImage {
  const isObject = typeof reference === "object" && reference !== null;
  const url = isObject && "image_url" in reference ? reference.image_url : undefined;
  const head = typeof url === "string" ? /^data:[^,]{0,256};base64,/i.exec(url)?.[0] : undefined;
  if (typeof url !== "string" || head === undefined) return "unknown";
  const longestBase64 = Math.ceil(longestHeaderBytes / 3) * 4;
  const start = Buffer.from(url.slice(head.length, head.length + longestBase64), "base64");
  return dimensionsOf([start]) ?? "unknown";
}
