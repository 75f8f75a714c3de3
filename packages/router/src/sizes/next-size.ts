import type { Dimensions } from "../image-dimensions/dimensions.js";
import type { DrawnSizes } from "./drawn-sizes.js";

/**
 * The drawn size of which `asked` is best made: one that covers it, so that nothing has to be enlarged; of those the one whose
 * shape is nearest, so that least is cut off; of those the smallest. Undefined where none covers it.
 */
export function nextSize(asked: Dimensions, drawn: DrawnSizes): Dimensions | undefined {
  if (drawn.kind === "free") return nextFreeSize(asked, drawn);
  const covering = drawn.sizes.filter(({ width, height }) => width >= asked.width && height >= asked.height);
  const [best] = [...covering].sort(
    (one, other) => distance(one, asked) - distance(other, asked) || pixels(one) - pixels(other),
  );
  return best;
}

/** The shape that was asked for, as large as it must be, and both edges rounded up. */
function nextFreeSize(
  asked: Dimensions,
  rule: DrawnSizes & { readonly kind: "free" },
): Dimensions | undefined {
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

function pixels({ width, height }: Dimensions): number {
  return width * height;
}

/** How differently two sizes are shaped; 0 for the same shape. */
function distance(one: Dimensions, other: Dimensions): number {
  return Math.abs(Math.log((one.width * other.height) / (one.height * other.width)));
}
