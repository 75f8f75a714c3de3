/** The records of a CSV with a heading (RFC 4180), by the names of its columns. */
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
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (found === null) break;
    const [, quoted, plain = "", end] = found;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows.filter((cells) => cells.some((content) => content !== ""));
}
