import { BillError } from "./bill.js";

/**
 * The records of a CSV with a heading (RFC 4180), by the names of its columns.
 * @throws BillError for text that breaks its rules: a bill whose end went missing would look like a smaller one
 */
export function csvRecords(text: string): readonly Readonly<Record<string, string>>[] {
  const [heading = [], ...rows] = rowsOf(text.replace(/^\uFEFF/, ""));
  return rows.map((cells) =>
    Object.fromEntries(heading.map((name, index) => [name.trim().toLowerCase(), cells[index] ?? ""])),
  );
}

function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A cell, quoted or not, and what ends it.
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/gy;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (found === null) throw new BillError(`Row ${rows.length + 1} of the bill's CSV is not well quoted.`);
    const [, quoted, plain = "", end] = found;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows.filter((cells) => cells.some((content) => content !== ""));
}
