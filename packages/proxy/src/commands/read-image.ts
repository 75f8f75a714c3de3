import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { samplePhoto } from "../sample.js";
import { CommandError } from "./command-error.js";

export interface ImageFile {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Where it lies, or would lie. */
  readonly path: string;
}

/**
 * The picture itself; where there is no `photo.png`, the one that ships with Darkroom, as if it lay here.
 * @throws CommandError where there is no such file, or it cannot be read
 */
export async function readImage(image: string): Promise<ImageFile> {
  const path = resolve(image);
  try {
    return { bytes: await readFile(path), path };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw new CommandError(`${path} cannot be read: ${code ?? String(error)}.`);
    if (image !== "photo.png") throw new CommandError(`There is no file ${path}.`);
    console.error("There is no photo.png here: the sample that ships with Darkroom is taken.");
    return { bytes: await readFile(samplePhoto), path };
  }
}
