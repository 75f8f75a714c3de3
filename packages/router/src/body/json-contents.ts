import type { EditContents } from "../request.js";
import type { ValueOf } from "./edit-parameters.js";

/** What of a JSON body decides where it can go. */
export class JsonContents implements EditContents {
  readonly isJson = true;

  /** @param text of the body's outline */
  constructor(
    private readonly text: string,
    private readonly valueOf: ValueOf,
  ) {}

  get images(): number {
    return this.#references().length;
  }

  get hasMask(): boolean {
    return (this.valueOf("mask") ?? undefined) !== undefined;
  }

  /** Looked for in the text first: most bodies name no file, and parsing their images takes time. */
  get fileId(): string | undefined {
    if (!/file_id|\\u/.test(this.text)) return undefined;
    const index = this.#references().findIndex(isFile);
    if (index >= 0) return `images[${index}].file_id`;
    return isFile(this.valueOf("mask")) ? "mask.file_id" : undefined;
  }

  #references(): readonly unknown[] {
    const images = this.valueOf("images") ?? [];
    return Array.isArray(images) ? images : [images];
  }
}

function isFile(reference: unknown): boolean {
  return typeof reference === "object" && reference !== null && "file_id" in reference;
}
