/**
 * An image that is sent: its dimensions in pixels as its header claims them, or `"unknown"` where nobody can tell (a URL,
 * a file id, an unreadable file).
 */
export type InputImage = { readonly width: number; readonly height: number } | "unknown";

const tokensPerImage = 65;
const tokensPerTile = 129;
const highFidelityTokens = { square: 4160, oblong: 6240 };

/** No ratio of an input image's sides is documented as the longest; one nobody has seen is taken for 16:1. */
const tilesOfUnknown = 16;

/** The forum measured that gpt-image-2 cuts an input image into 1,536 patches at most. */
export const mostPatches = 1536;

/**
 * The text tokens that an edit bills beyond its prompt, for each image it sends: 15 to 45 were measured on OpenAI's
 * forum for one image, growing with its longer side, and 30 to 81 for two.
 */
const hiddenTextTokensPerImage = 64;

/** At most: every token of the tokenizer stands for one byte or more. */
export function textTokens(promptBytes: number, images: number): number {
  return promptBytes + hiddenTextTokensPerImage * Math.max(1, images);
}

/**
 * Tokens of one input image (OpenAI's guide for gpt-image-1): scaled so that its short side is 512 pixels, then 65 plus
 * 129 for each tile of 512 by 512; at high fidelity 4,160 more for a square, 6,240 for any other shape. OpenAI was seen
 * to round the scaled side down (1024x1025 bills one tile); here every pixel begun counts as a tile.
 */
export function tiledImage(image: InputImage, highFidelity: boolean): number {
  const isSquare = image !== "unknown" && image.width === image.height;
  const fidelity = isSquare ? highFidelityTokens.square : highFidelityTokens.oblong;
  return tokensPerImage + tokensPerTile * tilesOf(image) + (highFidelity ? fidelity : 0);
}

function tilesOf(image: InputImage): number {
  if (image === "unknown") return tilesOfUnknown;
  const tiles = Math.ceil(Math.max(image.width, image.height) / Math.min(image.width, image.height));
  // A header may claim anything, sides of 0 included.
  return Number.isSafeInteger(tiles) && tiles > 0 ? tiles : tilesOfUnknown;
}
