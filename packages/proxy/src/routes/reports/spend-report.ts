import { type DailyKey, type DailySum, csvLine, csvText } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { z } from "zod";
import { caughtUp } from "../../ledger/caught-up.js";
import { dayAt, day, daysFrom, lastDays } from "../../reports/days.js";
import { namesOf } from "../../reports/names.js";
import { spentNanoUsd, totalOf } from "../../reports/sums.js";
import type { ManagementContext } from "../management/context.js";
import { FileAnswer, type ManagementRoute, invalid, route } from "../management/management-route.js";
import { count, page, text } from "../management/values.js";
import { listed, mostRows } from "./asked.js";

/** Who pays; a report is by one of them. */
const scopes = ["team", "organization", "user", "member", "customer", "tag", "deployment"] as const;

/** What else a report can be by, of whichever payer. */
const columns = {
  day: "day",
  key: "keyId",
  model: "model",
  group: "modelGroup",
  provider: "provider",
} as const satisfies Record<string, DailyKey>;

type Word = (typeof scopes)[number] | keyof typeof columns;
const words: readonly Word[] = [...scopes, ...(Object.keys(columns) as (keyof typeof columns)[])];

const amounts = z.looseObject({ spend_usd: z.string(), certain_usd: z.string(), uncertain_usd: z.string() });

/** What was spent, by whatever: exact texts for amounts, what is uncertain apart, days by UTC. */
export function spendReportRoute({ ledger, directory, now }: ManagementContext): ManagementRoute {
  return route({
    method: "get",
    paths: ["/reports/spend"],
    summary: "What was spent, by days, payers and models; the last 30 days where nothing else is said",
    audience: "viewers",
    fields: {
      by: text.optional().describe(`some of ${words.join(", ")}, with commas; of payers one`),
      of: text.optional().describe("ids of these payers only, with commas"),
      start: day.optional(),
      end: day.optional(),
      order: z.enum(["keys", "spend"], { error: "expected keys or spend" }).default("keys"),
      format: z.enum(["json", "csv"], { error: "expected json or csv" }).default("json"),
      ...page,
      limit: count
        .refine((value) => value >= 1 && value <= mostRows, { error: `expected 1 to ${mostRows}` })
        .default(1_000),
    },
    answer: z.looseObject({ rows: z.array(amounts), total: amounts, has_more: z.boolean() }),
    handle: async ({ by, of, start, end, order, format, page: number, limit }) => {
      await caughtUp(ledger);
      const { scope, asked } = partsOf(by);
      const usual = lastDays(now());
      const days = daysFrom(start ?? usual.from, end ?? dayAt(now()));
      if (days.from >= days.until) throw invalid("end", "'end' is before 'start'.");
      const ids = listed(of);
      if (ids !== undefined && scope === "proxy")
        throw invalid("of", `'of' is for a report by one of ${scopes.join(", ")}.`);
      const filter = { scope, ...days, ...(ids !== undefined && { ids }) };
      const keys = asked.map((word) => keyOf(word));
      // One more than is shown tells that there are more.
      const found = await ledger.reports.dailySpend(filter, keys, {
        order,
        limit: limit + 1,
        offset: (number - 1) * limit,
      });
      const sums = found.slice(0, limit);
      const names = await namesOf(directory.read, scope, idsOf(sums, "id"));
      const keyNames = await namesOf(directory.read, "key", idsOf(sums, "keyId"));
      const rows = sums.map((sum) => ({
        ...Object.fromEntries(
          asked.flatMap((word) => {
            const value = sum[keyOf(word)] ?? "";
            const name = word === "key" ? keyNames.get(value) : names.get(value);
            return [
              [word, value] as const,
              ...(word === scope || word === "key" ? [[`${word}_name`, name ?? null] as const] : []),
            ];
          }),
        ),
        ...exactly(sum),
      }));
      if (format === "csv") return new FileAnswer("text/csv", "spend.csv", csvOf(rows, asked, scope));
      const [total] = await ledger.reports.dailySpend(filter, []);
      return {
        from: days.from,
        until: days.until,
        by: asked,
        rows,
        has_more: found.length > limit,
        total: exactly(total ?? totalOf([])),
        lag_entries: ledger.lagEntries,
      };
    },
  });
}

/** @throws GatewayError where it cannot be reported by that */
function partsOf(by: string | undefined): { readonly scope: string; readonly asked: readonly Word[] } {
  const asked = [...new Set(listed(by) ?? ["day"])].map((word): Word => {
    const known = words.find((one) => one === word);
    if (known === undefined)
      throw invalid("by", `A report can be by some of ${words.join(", ")}, not by '${word}'.`);
    return known;
  });
  const payers = asked.filter((word) => isScope(word));
  if (payers.length > 1)
    throw invalid("by", `A report can be by one of ${scopes.join(", ")}, not by ${payers.join(" and ")}.`);
  return { scope: payers[0] ?? "proxy", asked };
}

function isScope(word: Word): word is (typeof scopes)[number] {
  return scopes.some((scope) => scope === word);
}

function keyOf(word: Word): DailyKey {
  return isScope(word) ? "id" : columns[word];
}

function idsOf(sums: readonly DailySum[], key: DailyKey): readonly string[] {
  return sums.flatMap((sum) => sum[key] ?? []);
}

function exactly(sum: ReturnType<typeof totalOf>) {
  return {
    spend_usd: formatUsd(spentNanoUsd(sum)),
    certain_usd: formatUsd(sum.certainNanoUsd),
    uncertain_usd: formatUsd(sum.uncertainNanoUsd),
    attempts: sum.attempts,
    succeeded: sum.succeeded,
    images: sum.images,
    input_tokens: sum.inputTokens,
    output_tokens: sum.outputTokens,
  };
}

function* csvOf(
  rows: readonly Readonly<Record<string, string | number | null>>[],
  asked: readonly Word[],
  scope: string,
): Generator<string> {
  const named = asked.flatMap((word) => (word === scope || word === "key" ? [word, `${word}_name`] : [word]));
  const all = [...named, ...Object.keys(exactly(totalOf([])))];
  yield csvLine(all);
  for (const row of rows) yield csvLine(all.map((column) => csvText(row[column] ?? null)));
}
