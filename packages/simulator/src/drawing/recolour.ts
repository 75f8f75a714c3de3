import type { Random } from "../random.js";
import type { Canvas } from "./canvas.js";
import type { EditableArea } from "./editable-area.js";

const shareOfTint = 0.62;
const stripesAcross = 9;

/**
 * Changes every editable pixel beyond doubt, yet so that the picture can still be recognised: its brightness stays
 * in part, its colour gives way to two alternating tints. With a transparent background, what lies outside an
 * ellipse in the editable box becomes transparent.
 */
export function recolour(canvas: Canvas, area: EditableArea, transparent: boolean, random: Random): void {
  const hue = random();
  const tints = [tint(hue, 0.62), tint(hue + 0.12 + 0.2 * random(), 0.38)] as const;
  const stripe = Math.max(4, (area.width + area.height) / stripesAcross);
  const slant = random() < 0.5 ? 1 : -1;
  const { pixels, width } = canvas;
  const [centreX, centreY] = [area.left + area.width / 2, area.top + area.height / 2];
  for (let y = area.top; y < area.top + area.height; y += 1) {
    for (let x = area.left; x < area.left + area.width; x += 1) {
      const pixel = y * width + x;
      if (area.isEditable[pixel] !== 1) continue;
      const at = pixel * 4;
      const [red, green, blue] = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
      const brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
      const band = Math.floor((x + slant * y) / stripe) & 1;
      const colour = band === 0 ? tints[0] : tints[1];
      pixels[at] = colour[0] * shareOfTint + brightness * (1 - shareOfTint);
      pixels[at + 1] = colour[1] * shareOfTint + brightness * (1 - shareOfTint);
      pixels[at + 2] = colour[2] * shareOfTint + brightness * (1 - shareOfTint);
      const outside = ((x - centreX) / area.width) ** 2 + ((y - centreY) / area.height) ** 2 > 0.24;
      pixels[at + 3] = transparent && outside ? 0 : 255;
    }
  }
}

/** A strong colour of a hue (0 to 1, wrapping) and a lightness (0 to 1). */
function tint(hue: number, lightness: number): readonly [number, number, number] {
  const chroma = (1 - Math.abs(2 * lightness - 1)) * 0.75;
  const channel = (offset: number) => {
    const position = (offset + hue * 12) % 12;
    return Math.round(
      255 * (lightness - (chroma / 2) * Math.max(-1, Math.min(position - 3, 9 - position, 1))),
    );
  };
  return [channel(0), channel(8), channel(4)];
}
