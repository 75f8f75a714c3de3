import { csvLine, csvText } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { type Totals, groupedBy, totalOf } from "./sums.js";

/** What a team spent in a month, by UTC. */
export interface Statement {
  /** `2026-11`. */
  readonly month: string;
  readonly team: { readonly id: string; readonly name: string | undefined };
  /** The month is not over yet: more may come. */
  readonly isComplete: boolean;
  /** When it was made, in milliseconds since 1970. */
  readonly madeAtMs: number;
  readonly lines: readonly StatementLine[];
}

/** What one key spent on one day with one model. */
export interface StatementLine extends Totals {
  readonly day: string;
  readonly keyId: string;
  readonly keyName: string | undefined;
  readonly model: string;
}

const csvColumns = [
  "month",
  "team_id",
  "team_name",
  "day",
  "key_id",
  "key_name",
  "model",
  "attempts",
  "images",
  "input_tokens",
  "output_tokens",
  "certain_usd",
  "uncertain_usd",
] as const;

/** A line a day, key and model; the amounts of all lines are the team's. */
export function* statementCsv({ month, team, lines }: Statement): Generator<string> {
  yield csvLine(csvColumns);
  for (const line of lines)
    yield csvLine(
      [
        month,
        team.id,
        team.name ?? null,
        line.day,
        line.keyId,
        line.keyName ?? null,
        line.model,
        line.attempts,
        line.images,
        line.inputTokens,
        line.outputTokens,
        formatUsd(line.certainNanoUsd),
        formatUsd(line.uncertainNanoUsd),
      ].map(csvText),
    );
}

/** A page to print, without a script or anything from elsewhere. */
export function statementHtml(statement: Statement): string {
  const { month, team, isComplete, madeAtMs, lines } = statement;
  const total = totalOf(lines);
  const title = `Statement ${month}: ${team.name ?? team.id}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; color: #111; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: 0.25rem 0.5rem; border-bottom: 1px solid #ccc; overflow-wrap: anywhere; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tfoot td { font-weight: bold; border-top: 2px solid #111; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
@page { margin: 15mm; }
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>Team ${escaped(team.id)}. Image edits begun in ${escaped(month)}, by UTC, in US dollars. ${
    isComplete ? "" : "The month is not over: this is what was spent so far. "
  }Made ${escaped(new Date(madeAtMs).toISOString())}.</p>
<p>Certain: <strong>$${formatUsd(total.certainNanoUsd)}</strong>. Uncertain, at most: <strong>$${formatUsd(
    total.uncertainNanoUsd,
  )}</strong>: attempts that were cut off, of which nobody knows yet whether the upstream charges them.</p>
${amountTable(
  "By day",
  "Day",
  byName(lines, ({ day }) => day),
)}
${amountTable("By key", "Key", byName(lines, keyNameOf))}
${amountTable(
  "By model",
  "Model",
  byName(lines, ({ model }) => model),
)}
</body>
</html>
`;
}

function keyNameOf({ keyId, keyName }: StatementLine): string {
  return `${keyName ?? "key"} (${keyId.slice(0, 16)})`;
}

function byName(
  lines: readonly StatementLine[],
  nameOf: (line: StatementLine) => string,
): readonly (readonly [string, Totals])[] {
  const groups = [...groupedBy(lines, nameOf)].sort(([one], [other]) => (one < other ? -1 : 1));
  return groups.map(([name, ofName]) => [name, totalOf(ofName)]);
}

function amountTable(caption: string, heading: string, rows: readonly (readonly [string, Totals])[]): string {
  const total = totalOf(rows.map(([, sum]) => sum));
  return `<h2>${caption}</h2>
<table>
<thead><tr><th>${heading}</th><th class="n">Attempts</th><th class="n">Images</th><th class="n">Certain</th><th class="n">Uncertain, at most</th></tr></thead>
<tbody>
${rows.map(([name, sum]) => `<tr>${cells(name, sum)}</tr>`).join("\n")}
</tbody>
<tfoot><tr>${cells("Total", total)}</tr></tfoot>
</table>`;
}

function cells(name: string, sum: Totals): string {
  const numbers = [
    String(sum.attempts),
    String(sum.images),
    `$${formatUsd(sum.certainNanoUsd)}`,
    `$${formatUsd(sum.uncertainNanoUsd)}`,
  ];
  return `<td>${escaped(name)}</td>${numbers.map((number) => `<td class="n">${number}</td>`).join("")}`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Names are whatever somebody has typed. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
