import type { LedgerReports } from "@darkroom/accounts";
import { type LedgerQuery, attemptFilterOf, sumKeyOf } from "../../ledger/query.js";
import { type SumTotals, sumAnswer } from "../../ledger/sum-answer.js";
import { printable } from "../printable.js";
import { type Column, table } from "../table.js";

export interface SumOptions extends LedgerQuery {
  readonly by?: string;
  readonly json: boolean;
}

const amounts: readonly Column<SumTotals>[] = [
  ["certain", ({ certain_usd }) => `$${certain_usd}`],
  ["uncertain, at most", ({ uncertain_usd }) => `$${uncertain_usd}`],
  ["attempts", ({ rows }) => String(rows)],
  ["requests", ({ requests }) => String(requests)],
  ["images", ({ images }) => String(images)],
];

/** `darkroom ledger sum`: what attempts come to. */
export async function sum(reports: LedgerReports, options: SumOptions): Promise<string> {
  const { by, json } = options;
  const filter = attemptFilterOf(options, Date.now());
  const answer = await sumAnswer(reports, filter, by === undefined ? undefined : sumKeyOf(by));
  if (json) return JSON.stringify(answer);
  const lines = [table(amounts, [answer])];
  if (answer.parts !== undefined)
    lines.push("", table([[by ?? "", ({ key }) => printable(key)], ...amounts], answer.parts));
  const tokens = Object.entries(answer.tokens).map(([kind, count]) => `${printable(kind)} ${count}`);
  if (tokens.length > 0) lines.push("", `tokens: ${tokens.join(", ")}`);
  if (answer.unpriced_rows > 0)
    lines.push("", `${answer.unpriced_rows} attempts have no known price, and are in no amount.`);
  if (answer.set_aside > 0)
    lines.push("", `${answer.set_aside} entries of the journal could not be applied, and are in no amount.`);
  return lines.join("\n");
}
