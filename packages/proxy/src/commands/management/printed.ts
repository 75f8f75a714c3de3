import { printable } from "../printable.js";
import { table } from "../table.js";
import type { Answer } from "./management-call.js";

/** Records as a table for people. */
export function listed(
  rows: readonly Answer[],
  columns: readonly (readonly [heading: string, field: string])[],
): string {
  if (rows.length === 0) return "There is none.";
  return table(
    columns.map(([heading, field]) => [heading, (row: Answer) => cell(row[field])] as const),
    rows,
  );
}

/** What is said of one record, line by line; what is not said is left out. */
export function described(record: Answer): string {
  const lines = Object.entries(record)
    .map(([name, value]) => [name, cell(value)] as const)
    .filter(([, shown]) => shown !== "-");
  return table(
    [
      ["field", ([name]) => printable(name)],
      ["value", ([, shown]) => shown],
    ],
    lines,
  );
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(cell).join(", ");
  if (typeof value === "object")
    return Object.keys(value).length === 0 ? "-" : printable(JSON.stringify(value));
  if (typeof value === "boolean") return value ? "yes" : "-";
  if (typeof value === "number" || typeof value === "string") return printable(String(value));
  return "-";
}
