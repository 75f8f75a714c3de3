import type { Cell } from "./columns.js";

/** A line of RFC 4180. */
export function csvLine(texts: readonly string[]): string {
  return `${texts.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",")}\r\n`;
}

/** A cell as text; what a spreadsheet would run is made harmless. */
export function csvText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "string") return harmless(cell);
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

/** A spreadsheet runs a text that begins like a formula, and clients choose some of these texts. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
