import type { Readable } from "node:stream";

/** A picture to send: a path, its bytes, a `Blob` or `File`, or a stream that is read to its end first. */
export type ImageInput = string | Buffer | Uint8Array | Blob | Readable;

/** What to edit, in OpenAI's terms. What is not named here goes into `extraFields`. */
export interface ImageEditOptions {
  readonly image: ImageInput | readonly ImageInput[];
  readonly prompt: string;
  /** The model group; may be left out where the router has one group, or a default. */
  readonly model?: string;
  /** A PNG of the first image's size; its transparent area is edited. */
  readonly mask?: ImageInput;
  readonly n?: number;
  readonly size?: string;
  readonly quality?: string;
  readonly background?: string;
  readonly outputFormat?: string;
  readonly outputCompression?: number;
  readonly inputFidelity?: string;
  readonly responseFormat?: "url" | "b64_json";
  /** With `stream`, how many intermediate pictures to send. */
  readonly partialImages?: number;
  readonly user?: string;
  /** Form fields that have no name here, sent as they are. */
  readonly extraFields?: Readonly<Record<string, string>>;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Choose the deployments, where the router filters by tags. */
  readonly tags?: readonly string[];
  /** Deadline of the whole edit, retries and fallbacks included. */
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly fallbacks?: readonly string[];
  /** Stops waiting at once. A call that runs is still read to its end, since it is billed anyway. */
  readonly signal?: AbortSignal;
}
