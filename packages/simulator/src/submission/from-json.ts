import type { KnownFiles } from "../known-files.js";
import { RefusedError } from "../validation/refusal.js";
import { refusals } from "../validation/refusals.js";
import type { Submission, SubmittedImage } from "./submission.js";

const maximumUrlLength = 20_971_520; // characters, specification v2.3.0
const maximumImages = 16;

/** Reads the JSON body of the specification: pictures are references, as data URLs or ids of known files. */
export function submissionFromJson(body: unknown, organization: string, files: KnownFiles): Submission {
  if (!isObject(body)) throw new RefusedError(refusals.unreadableJson());
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(body)) {
    if (name !== "images" && name !== "mask" && value !== null) fields.set(name, value);
  }
  const references = body["images"] ?? [];
  if (!Array.isArray(references)) {
    throw new RefusedError(refusals.wrongType("images", "an array of objects", kindOf(references)));
  }
  // Counted before anything is decoded: a list of thousands should cost nothing.
  if (references.length > maximumImages) {
    throw new RefusedError(refusals.tooManyImages("images", maximumImages, references.length));
  }
  const mask = body["mask"] ?? undefined;
  return {
    bodyType: "json",
    fields,
    images: references.map((reference: unknown, index) =>
      imageOf(reference, `images[${index}]`, organization, files),
    ),
    imagesAsList: true,
    mask: mask === undefined ? undefined : imageOf(mask, "mask", organization, files),
  };
}

function imageOf(
  reference: unknown,
  parameter: string,
  organization: string,
  files: KnownFiles,
): SubmittedImage {
  if (!isObject(reference)) throw new RefusedError(refusals.wrongReference(parameter));
  const [key, ...others] = Object.keys(reference);
  const value = key === undefined ? undefined : reference[key];
  if (others.length > 0 || typeof value !== "string")
    throw new RefusedError(refusals.wrongReference(parameter));
  if (key === "file_id") {
    const bytes = files.read(value, organization);
    if (bytes === undefined) throw new RefusedError(refusals.unknownFile(`${parameter}.file_id`, value));
    return { parameter, declaredType: "image/png", bytes };
  }
  if (key !== "image_url") throw new RefusedError(refusals.wrongReference(parameter));
  return fromUrl(value, parameter);
}

function fromUrl(url: string, parameter: string): SubmittedImage {
  const name = `${parameter}.image_url`;
  if (url.length > maximumUrlLength) throw new RefusedError(refusals.urlTooLong(name, url.length));
  if (/^https?:/i.test(url)) throw new RefusedError(refusals.urlNotFetched(name));
  const head = /^data:([a-z]+\/[a-z0-9.+-]+);base64,/i.exec(url);
  const base64 = url.slice(head?.[0].length ?? 0);
  if (head === null || base64.length === 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new RefusedError(refusals.unreadableDataUrl(name));
  }
  return { parameter, declaredType: head[1], bytes: Buffer.from(base64, "base64") };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How OpenAI's messages call a JSON value. */
function kindOf(value: unknown): string {
  if (isObject(value)) return "an object";
  return typeof value === "string" ? "a string" : `a ${typeof value}`;
}
