/** The size of a picture as its header claims it, in pixels. */
export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** JPEG, GIF and WebP cannot say more, and nobody draws the longer side that a PNG could claim. */
const longestSide = 65_535;

/** The claim of a header; undefined where it is none that a picture could keep. */
export function claimed(width: number, height: number): Dimensions | undefined {
  const isPossible = width >= 1 && height >= 1 && width <= longestSide && height <= longestSide;
  return isPossible ? { width, height } : undefined;
}
