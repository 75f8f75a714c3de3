import type { Model } from "../models.js";
import type { ImageHeader } from "./image-header.js";

/** `xhigh` and `max` from gpt-image-2.5 on. */
export type Quality = "low" | "medium" | "high" | "xhigh" | "max";
/** How much detail gpt-image-2.6 is to draw. */
export type Complexity = "low" | "medium" | "high";
/** `gif` and `svg` from gpt-image-2.6 on. */
export type OutputFormat = "png" | "jpeg" | "webp" | "gif" | "svg";

export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

export interface InputImage extends ImageHeader {
  readonly bytes: Buffer;
}

/** An edit that OpenAI would carry out, with every `auto` and every default resolved. */
export interface ValidEdit {
  readonly model: Model;
  readonly prompt: string;
  readonly user: string | undefined;
  /** How many pictures to make, 1 to 10. */
  readonly count: number;
  /** At least one. */
  readonly images: readonly InputImage[];
  readonly mask: InputImage | undefined;
  readonly size: Dimensions;
  readonly quality: Quality;
  /** Of gpt-image-2.6; `high` for all others. */
  readonly complexity: Complexity;
  readonly background: "transparent" | "opaque";
  readonly outputFormat: OutputFormat;
  /** Percent, 0 to 100; of jpeg and webp. */
  readonly outputCompression: number;
  readonly highFidelity: boolean;
  readonly stream: boolean;
  /** Partial images for each picture, 0 to 3; always 0 without `stream`. */
  readonly partialImages: number;
  /** dall-e-2 only: whether the answer carries URLs instead of base64. */
  readonly answersWithUrls: boolean;
}
