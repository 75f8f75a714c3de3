import type { Page, PageRequest } from "./page.js";
import { type LedgerColumn, asObject } from "./columns.js";
import { csvLine, csvText } from "./csv.js";

/** `csv`: RFC 4180, with a heading. `jsonl`: one JSON object a line. */
export const exportFormats = ["csv", "jsonl"] as const;
export type ExportFormat = (typeof exportFormats)[number];

const rowsOfPage = 500;

/**
 * A list from its oldest row to its newest, as text, a page at a time: it takes no more memory for a million rows than for
 * some. A row is as it was when its page was read.
 */
export async function* exported<Row>(
  list: (page: PageRequest) => Promise<Page<Row>>,
  columns: readonly LedgerColumn<Row>[],
  format: ExportFormat,
): AsyncGenerator<string, void, undefined> {
  if (format === "csv") yield csvLine(columns.map(([name]) => name));
  const line = format === "csv" ? csvRow : jsonLine;
  let after: string | undefined;
  do {
    const page = await list({
      limit: rowsOfPage,
      order: "oldest",
      ...(after === undefined ? {} : { after }),
    });
    if (page.rows.length > 0) yield page.rows.map((row) => line(columns, row)).join("");
    after = page.next;
  } while (after !== undefined);
}

function jsonLine<Row>(columns: readonly LedgerColumn<Row>[], row: Row): string {
  return `${JSON.stringify(asObject(columns, row))}\n`;
}

function csvRow<Row>(columns: readonly LedgerColumn<Row>[], row: Row): string {
  return csvLine(columns.map(([, cell]) => csvText(cell(row))));
}
