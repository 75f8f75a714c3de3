import type { Base64 } from "../drawing/painter.js";
import type { ValidEdit } from "../validation/valid-edit.js";

/** How the pictures are told: base64 of each, or for dall-e-2 a URL of each. */
export type PictureReference = { readonly b64_json: Base64 } | { readonly url: string };

/** The resolved values that an answer and every event of a stream repeat. */
export function resolvedValues(edit: ValidEdit) {
  return {
    size: `${edit.size.width}x${edit.size.height}`,
    quality: edit.quality,
    background: edit.background,
    output_format: edit.outputFormat,
  };
}

/** The body of a 200, with its fields in the order of the specification's example. dall-e-2 tells nothing but pictures. */
export function imagesAnswer(
  edit: ValidEdit,
  data: readonly PictureReference[],
  usage: object | undefined,
  createdSeconds: number,
  layout: "indented" | "compact",
): Buffer {
  const { background, output_format, size, quality } = resolvedValues(edit);
  const pictures = data.flatMap((one) => ("b64_json" in one ? [one.b64_json] : []));
  const told = data.map((one) => ("b64_json" in one ? { b64_json: placeholder } : one));
  const answer =
    edit.model.family === "dall-e-2"
      ? { created: createdSeconds, data: told }
      : { created: createdSeconds, data: told, background, output_format, size, quality, usage };
  return withPictures(JSON.stringify(answer, null, layout === "indented" ? 2 : undefined), pictures);
}

/** Stands for a picture in JSON that is about to be written; no other value of an answer can look like it. */
export const placeholder = "<picture>";

/** The JSON with each placeholder replaced in turn: megabytes of base64 are copied, never parsed or escaped. */
export function withPictures(json: string, pictures: readonly Base64[]): Buffer {
  const texts = json.split(placeholder).map((text) => Buffer.from(text));
  return Buffer.concat(texts.flatMap((text, index) => [text, pictures[index] ?? Buffer.alloc(0)]));
}
