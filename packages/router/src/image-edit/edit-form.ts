import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { MultipartBody } from "../body/multipart-body.js";
import type { Part } from "../body/part.js";
import type { ImageEditOptions, ImageInput } from "./image-edit-options.js";

/**
 * The form that OpenAI's API expects, from the options of a call.
 * @throws Error of the file system, where a path cannot be read
 */
export async function editForm(options: ImageEditOptions, model: string): Promise<MultipartBody> {
  const images = Array.isArray(options.image)
    ? (options.image as readonly ImageInput[])
    : [options.image as ImageInput];
  const files = await Promise.all(images.map((image) => filePart("image", image)));
  if (options.mask !== undefined) files.push(await filePart("mask", options.mask));
  const fields = Object.entries({
    model,
    prompt: options.prompt,
    n: options.n,
    size: options.size,
    quality: options.quality,
    background: options.background,
    output_format: options.outputFormat,
    output_compression: options.outputCompression,
    input_fidelity: options.inputFidelity,
    response_format: options.responseFormat,
    partial_images: options.partialImages,
    user: options.user,
    ...options.extraFields,
  }).flatMap(([name, value]) => (value === undefined ? [] : [fieldPart(name, String(value))]));
  return MultipartBody.of([...fields, ...files]);
}

function fieldPart(name: string, value: string): Part {
  return { name, content: [Buffer.from(value)] };
}

/** A type that is missing is filled in from the bytes when the form is made. */
async function filePart(name: string, image: ImageInput): Promise<Part> {
  if (typeof image === "string") return { name, fileName: basename(image), content: [await readFile(image)] };
  if (image instanceof Blob) {
    return {
      name,
      fileName: image instanceof File ? image.name : name,
      content: [Buffer.from(await image.arrayBuffer())],
      ...(image.type === "" ? {} : { contentType: image.type }),
    };
  }
  if (image instanceof Uint8Array) {
    return { name, fileName: name, content: [Buffer.from(image.buffer, image.byteOffset, image.byteLength)] };
  }
  const content: Buffer[] = [];
  for await (const chunk of image) content.push(Buffer.from(chunk as Uint8Array));
  return { name, fileName: fileNameOf(image) ?? name, content };
}

/** File streams tell their path. */
function fileNameOf(stream: object): string | undefined {
  return "path" in stream && typeof stream.path === "string" ? basename(stream.path) : undefined;
}
