/** An edit as it was submitted, from a multipart or a JSON body alike: nothing is checked yet but its form. */
export interface Submission {
  readonly bodyType: "multipart" | "json";
  /** Every field that is no file. Multipart gives strings only; JSON gives what it holds, without its nulls. */
  readonly fields: ReadonlyMap<string, unknown>;
  readonly images: readonly SubmittedImage[];
  /** True when the images came as a list (`image[]`), which dall-e-2 does not take. */
  readonly imagesAsList: boolean;
  readonly mask: SubmittedImage | undefined;
}

export interface SubmittedImage {
  /** How an error message calls it: `image`, `image[1]`, `mask`. */
  readonly parameter: string;
  /** The type its part or data URL declares; undefined if none. */
  readonly declaredType: string | undefined;
  readonly bytes: Buffer;
}
