import type { DrawnSizes, Size } from "./drawn-sizes.js";

/** `512x512`; undefined for what names no size, such as `auto`. */
export function sizeFrom(text: string): Size | undefined {
  const [, width, height] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(text) ?? [];
  return width === undefined || height === undefined
    ? undefined
    : { width: Number(width), height: Number(height) };
}

export function sizeText({ width, height }: Size): string {
  return `${String(width)}x${String(height)}`;
}

/**
 * The drawn size of which `asked` is best made: one that covers it, so that nothing has to be enlarged; of those the one whose
 * shape is nearest, so that least is cut off; of those the smallest. Undefined where none covers it.
 */
export function nextSize(asked: Size, drawn: DrawnSizes): Size | undefined {
  if (drawn.kind === "free") return nextFreeSize(asked, drawn);
  const covering = drawn.sizes.filter(({ width, height }) => width >= asked.width && height >= asked.height);
  const [best] = [...covering].sort(
    (one, other) => distance(one, asked) - distance(other, asked) || pixels(one) - pixels(other),
  );
  return best;
}

/** The shape that was asked for, as large as it must be, and both edges rounded up. */
function nextFreeSize(asked: Size, rule: DrawnSizes & { readonly kind: "free" }): Size | undefined {
  const { multipleOf, longestEdge, mostStretched, fewestPixels, mostPixels } = rule;
  const shape = {
    width: Math.max(asked.width, asked.height / mostStretched),
    height: Math.max(asked.height, asked.width / mostStretched),
  };
  const factor = Math.max(1, Math.sqrt(fewestPixels / pixels(shape)));
  const roundedUp = (edge: number): number => Math.ceil((edge * factor) / multipleOf) * multipleOf;
  let size = { width: roundedUp(shape.width), height: roundedUp(shape.height) };
  // Rounding up the longer edge alone may stretch it a little too far.
  const shortest = Math.ceil(Math.max(size.width, size.height) / mostStretched / multipleOf) * multipleOf;
  size = { width: Math.max(size.width, shortest), height: Math.max(size.height, shortest) };
  const fits = Math.max(size.width, size.height) <= longestEdge && pixels(size) <= mostPixels;
  return fits ? size : undefined;
}

function pixels({ width, height }: Size): number {
  return width * height;
}

/** How differently two sizes are shaped; 0 for the same shape. */
function distance(one: Size, other: Size): number {
  return Math.abs(Math.log((one.width * other.height) / (one.height * other.width)));
}
