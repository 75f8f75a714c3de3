import type { Span } from "../body/edit-list.js";

/** How an answer gives an image: its bytes in base64, or where to fetch it. */
export type ImageForm = "b64_json" | "url";

export function isImageForm(text: unknown): text is ImageForm {
  return text === "b64_json" || text === "url";
}

/** One member of an item of `data`. */
export interface ImageMember {
  /** Its name with the quotes. */
  readonly name: Span;
  /** Its text without the quotes, escapes as they came; absent where its value is no string. */
  readonly text?: Span;
}

/** What an item of `data` says of its image. */
export type ImageMembers = Readonly<Partial<Record<ImageForm, ImageMember>>>;

/** Where in a whole answer the images stand: what has to be known to change them and nothing else. */
export interface AnswerLayout {
  /** The objects in `data`. */
  readonly images: readonly ImageMembers[];
  /** The text of the top-level `size`, without the quotes. */
  readonly size?: Span;
}
