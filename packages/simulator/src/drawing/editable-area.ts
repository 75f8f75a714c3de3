import type { ValidEdit } from "../validation/valid-edit.js";
import { type Canvas, decode } from "./canvas.js";

/** The pixels that an edit may change. */
export interface EditableArea {
  /** One byte a pixel: 1 where it may change. */
  readonly isEditable: Uint8Array;
  /** The smallest box around them, in pixels; empty boxes have no width. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * What the mask leaves fully transparent. Without a mask: with dall-e-2 what the image itself leaves transparent,
 * if anything (specification of 2025), and else the whole picture.
 */
export async function editableArea(edit: ValidEdit, picture: Canvas): Promise<EditableArea> {
  const mask = edit.mask === undefined ? undefined : await decode(edit.mask.bytes, edit.size, "nearest");
  if (mask !== undefined) return transparentPixels(mask);
  const own = edit.model.family === "dall-e-2" ? transparentPixels(picture) : undefined;
  return own !== undefined && own.width > 0 ? own : everything(picture);
}

function transparentPixels({ pixels, width, height }: Canvas): EditableArea {
  const isEditable = new Uint8Array(width * height);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const pixel = y * width + x;
      if (pixels[pixel * 4 + 3] !== 0) continue;
      isEditable[pixel] = 1;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return { isEditable, left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

function everything({ width, height }: Canvas): EditableArea {
  return { isEditable: new Uint8Array(width * height).fill(1), left: 0, top: 0, width, height };
}
