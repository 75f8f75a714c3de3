import type { Dimensions } from "../validation/valid-edit.js";

/** What an edit bills beyond its prompt when it sends an image: measured on OpenAI's forum. */
const editTextTokens = 32;
const charactersPerToken = 4;

const tilePixels = 512;
const tokensPerImage = 65;
const tokensPerTile = 129;
const highFidelityTokens = { square: 4160, oblong: 6240 };

/**
 * Text tokens of a prompt. OpenAI's tokenizer is not rebuilt here: one token for every four characters, rounded up,
 * plus the 32 that an edit adds. Simple on purpose, so that a test can do it by hand.
 */
export function textTokens(prompt: string): number {
  return Math.ceil(Array.from(prompt).length / charactersPerToken) + editTextTokens;
}

/**
 * Tokens of one input image (OpenAI's guide for gpt-image-1): scaled so that the short side is 512 pixels, 65 plus
 * 129 for each tile of 512 by 512. The scaled side is rounded down, since 1024x1025 was seen billed as one tile.
 * gpt-image-1.5, -mini and chatgpt-image-latest are assumed to count alike, and so is gpt-image-2, whose own
 * formula is not published. The mask counts nothing (assumed).
 */
export function imageTokens({ width, height }: Dimensions, highFidelity: boolean): number {
  const shortSide = Math.min(width, height);
  const tilesOf = (side: number) => Math.ceil(Math.floor((side * tilePixels) / shortSide) / tilePixels);
  const tiles = tilesOf(width) * tilesOf(height);
  const fidelity = tiles === 1 ? highFidelityTokens.square : highFidelityTokens.oblong;
  return tokensPerImage + tokensPerTile * tiles + (highFidelity ? fidelity : 0);
}
