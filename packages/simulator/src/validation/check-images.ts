import type { Submission, SubmittedImage } from "../submission/submission.js";
import { readImageHeader } from "./image-header.js";
import type { ModelRules } from "./model-rules.js";
import { RefusedError } from "./refusal.js";
import { refusals } from "./refusals.js";
import type { InputImage } from "./valid-edit.js";

const bytesInMegabyte = 1024 * 1024;
const maskMegabytes = 4;

/** The images of a submission, at least one, each as the model wants it. */
export function checkImages(
  submission: Submission,
  rules: ModelRules,
): readonly [InputImage, ...InputImage[]] {
  const listName = submission.bodyType === "json" ? "images" : "image";
  const [first, ...others] = submission.images;
  if (first === undefined) throw new RefusedError(refusals.missingParameter(listName));
  if (submission.images.length > rules.maximumImages && rules.maximumImages > 1) {
    throw new RefusedError(refusals.tooManyImages(listName, rules.maximumImages, submission.images.length));
  }
  // dall-e-2 takes one file and refuses even a list of one.
  if (submission.imagesAsList && rules.maximumImages === 1) {
    throw new RefusedError(refusals.wrongType("image", "a file", "an array"));
  }
  return [checkImage(first, 1, rules), ...others.map((image, index) => checkImage(image, index + 2, rules))];
}

function checkImage(image: SubmittedImage, number: number, rules: ModelRules): InputImage {
  const type = image.declaredType?.split(";")[0]?.trim().toLowerCase() ?? "application/octet-stream";
  if (!rules.imageTypes.includes(type)) {
    throw new RefusedError(refusals.unsupportedMimetype(image.parameter, type, rules.imageTypes));
  }
  if (image.bytes.length >= rules.maximumImageMegabytes * bytesInMegabyte) {
    throw new RefusedError(
      rules.squareImages
        ? refusals.pictureOfDallE()
        : refusals.fileTooLarge(image.parameter, rules.maximumImageMegabytes),
    );
  }
  const header = readImageHeader(image.bytes);
  if (rules.squareImages && header?.format !== "png") throw new RefusedError(refusals.pictureOfDallE());
  // A jpeg that calls itself png is read for what it is (assumed): only the bytes must be one of the three formats.
  if (header === undefined) throw new RefusedError(refusals.unreadableImage(image.parameter, number));
  if (rules.squareImages && header.width !== header.height) throw new RefusedError(refusals.notSquare());
  return { ...header, bytes: image.bytes };
}

/** The mask's declared type does not matter, only its bytes do (recorded: prism-php/prism#725). */
export function checkMask(mask: SubmittedImage | undefined, firstImage: InputImage): InputImage | undefined {
  if (mask === undefined) return undefined;
  if (mask.bytes.length >= maskMegabytes * bytesInMegabyte) {
    throw new RefusedError(refusals.fileTooLarge("mask", maskMegabytes));
  }
  const header = readImageHeader(mask.bytes);
  if (header?.format !== "png") throw new RefusedError(refusals.maskNotPng());
  if (header.width !== firstImage.width || header.height !== firstImage.height) {
    throw new RefusedError(refusals.maskOtherDimensions());
  }
  if (!header.hasAlpha) throw new RefusedError(refusals.maskWithoutAlpha());
  return { ...header, bytes: mask.bytes };
}
