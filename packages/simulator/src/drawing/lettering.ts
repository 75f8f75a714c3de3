import { createRequire } from "node:module";
import opentype from "opentype.js";

/**
 * Letters as outlines. The font comes with a package and is read by hand, so that a machine without fonts and
 * without fontconfig (whose library complains on stderr) draws the same picture as any other.
 */
export class Lettering {
  readonly #font: opentype.Font;

  constructor() {
    const path = createRequire(import.meta.url).resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf");
    this.#font = opentype.loadSync(path);
  }

  /** The width of a line in pixels. */
  width(text: string, fontSize: number): number {
    return this.#advances(text).reduce((sum, { advance }) => sum + advance, 0) * this.#scale(fontSize);
  }

  /** SVG path data of a line that begins at `x` and stands on `baseline`. */
  outline(text: string, x: number, baseline: number, fontSize: number): string {
    let position = x;
    return this.#advances(text)
      .map(({ glyph, advance }) => {
        const path = glyph.getPath(position, baseline, fontSize).toPathData(1);
        position += advance * this.#scale(fontSize);
        return path;
      })
      .join("");
  }

  /**
   * The text as lines no wider than `width`, at the largest size (down to the smallest) at which they are no higher
   * than `height`. What does not even fit at the smallest is cut, with an ellipsis.
   */
  fit(text: string, width: number, height: number, sizes: { largest: number; smallest: number }): FittedText {
    for (let fontSize = sizes.largest; ; fontSize = Math.max(sizes.smallest, fontSize * 0.88)) {
      const lines = this.#wrap(text, width, fontSize);
      const mostLines = Math.max(1, Math.floor(height / (fontSize * lineHeight)));
      if (lines.length <= mostLines) return { lines, fontSize };
      if (fontSize > sizes.smallest) continue;
      const shown = lines.slice(0, mostLines);
      const last = shown.pop() ?? "";
      return { lines: [...shown, `${Array.from(last).slice(0, -1).join("")}…`], fontSize };
    }
  }

  #wrap(text: string, width: number, fontSize: number): string[] {
    const lines: string[] = [];
    let line = "";
    for (const word of text.split(/\s+/).flatMap((whole) => this.#pieces(whole, width, fontSize))) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && this.width(longer, fontSize) > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return line === "" ? lines : [...lines, line];
  }

  /** A word as it is, or broken wherever it would be wider than the line. */
  #pieces(word: string, width: number, fontSize: number): string[] {
    if (this.width(word, fontSize) <= width) return [word];
    const pieces = [""];
    for (const character of word) {
      const piece = pieces.at(-1) ?? "";
      if (piece !== "" && this.width(piece + character, fontSize) > width) pieces.push(character);
      else pieces[pieces.length - 1] = piece + character;
    }
    return pieces;
  }

  /** Glyph by glyph and without shaping: opentype.js throws on some scripts' substitutions. */
  #advances(text: string): { glyph: opentype.Glyph; advance: number }[] {
    return Array.from(text, (character) => {
      const glyph = this.#font.charToGlyph(character);
      return { glyph, advance: glyph.advanceWidth ?? this.#font.unitsPerEm };
    });
  }

  #scale(fontSize: number): number {
    return fontSize / this.#font.unitsPerEm;
  }
}

export interface FittedText {
  readonly lines: readonly string[];
  /** Pixels. */
  readonly fontSize: number;
}

/** Distance of two baselines, in font sizes. */
export const lineHeight = 1.25;
