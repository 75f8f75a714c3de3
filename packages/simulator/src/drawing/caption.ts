import { type Placed, rasterize } from "./canvas.js";
import type { EditableArea } from "./editable-area.js";
import { type Lettering, lineHeight } from "./lettering.js";

const longestPrompt = 360; // characters that are drawn
const smallestFontSize = 9; // pixels

/** A dark plate in the middle of the editable area with the prompt on it, and below it, smaller, a note. */
export async function caption(
  lettering: Lettering,
  prompt: string,
  note: string,
  area: EditableArea,
): Promise<Placed | undefined> {
  const margin = Math.round(Math.min(area.width, area.height) * 0.06);
  const room = { width: area.width - 4 * margin, height: (area.height - 4 * margin) * 0.7 };
  if (room.width < 2 * smallestFontSize || room.height < 2 * smallestFontSize) return undefined;
  const characters = Array.from(prompt);
  const shown =
    characters.length > longestPrompt ? `${characters.slice(0, longestPrompt).join("")}…` : prompt;
  const largest = Math.max(smallestFontSize, Math.min(room.width / 9, room.height / 3));
  const text = lettering.fit(shown, room.width, room.height, { largest, smallest: smallestFontSize });
  const noteText = lettering.fit(note, room.width, smallestFontSize * lineHeight, {
    largest: Math.max(smallestFontSize, text.fontSize * 0.4),
    smallest: smallestFontSize * 0.7,
  });
  const lines = [
    ...text.lines.map((line) => ({ line, fontSize: text.fontSize, colour: "#ffffff" })),
    ...noteText.lines.map((line) => ({ line, fontSize: noteText.fontSize, colour: "#c9d4dc" })),
  ];
  const widest = Math.max(...lines.map(({ line, fontSize }) => lettering.width(line, fontSize)));
  const width = Math.ceil(widest + 2 * margin);
  const height = Math.ceil(
    lines.reduce((sum, { fontSize }) => sum + fontSize * lineHeight, 0) + 1.5 * margin,
  );
  let baseline = margin * 0.6;
  const outlines = lines.map(({ line, fontSize, colour }) => {
    baseline += fontSize * lineHeight;
    const x = (width - lettering.width(line, fontSize)) / 2;
    return `<path fill="${colour}" d="${lettering.outline(line, x, baseline - fontSize * 0.2, fontSize)}"/>`;
  });
  const plate = await rasterize(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" rx="${margin}" fill="#10181f" fill-opacity="0.82"/>${outlines.join("")}</svg>`,
  );
  return {
    ...plate,
    left: Math.round(area.left + (area.width - plate.width) / 2),
    top: Math.round(area.top + (area.height - plate.height) / 2),
  };
}
