import {
  type DailyKey,
  type DailySum,
  type Limits,
  type Payer,
  type PayerMeter,
  attemptColumns,
  budgetMeters,
  csvLine,
  csvText,
  exportFormats,
  exported,
  inherited,
  meterOf,
} from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { z } from "zod";
import { spanOf } from "../../budgets/window-span.js";
import { caughtUp } from "../../ledger/caught-up.js";
import { dayAfter, dayAt, day, daysFrom, daysOfMonth, lastDays, month } from "../../reports/days.js";
import { forecastMethod, forecastOf, judgedMs } from "../../reports/forecast.js";
import { namesOf } from "../../reports/names.js";
import { type Statement, statementCsv, statementHtml } from "../../reports/statement.js";
import { spentNanoUsd, totalOf } from "../../reports/sums.js";
import type { ManagementContext } from "../management/context.js";
import { FileAnswer, type ManagementRoute, invalid, route } from "../management/management-route.js";
import { count, id, isoTime, page, text } from "../management/values.js";
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

const formats = z.enum(["json", "csv"], { error: "expected json or csv" }).default("json");
const amounts = z.looseObject({ spend_usd: z.string(), certain_usd: z.string(), uncertain_usd: z.string() });

/** Darkroom's own reports: exact texts for amounts, what is uncertain apart, days by UTC. */
export function ownReportRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { ledger, directory, now } = context;
  return [
    route({
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
        format: formats,
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
    }),
    route({
      method: "get",
      paths: ["/reports/forecast"],
      summary: `When budgets will be used up. ${forecastMethod}`,
      audience: "viewers",
      fields: {
        by: z.enum(forecastScopes, { error: `expected one of ${forecastScopes.join(", ")}` }).default("team"),
        ...page,
        limit: count
          .refine((value) => value >= 1 && value <= 500, { error: "expected 1 to 500" })
          .default(100),
      },
      answer: z.looseObject({ method: z.string(), budgets: z.array(z.looseObject({ id: z.string() })) }),
      handle: async ({ by, page: number, limit }) => {
        await caughtUp(ledger);
        const { payers, total } = await limitedPayers(context, by, number, limit);
        const budgets = [];
        for (const payer of payers)
          for (const budget of budgetsOf(context, payer)) budgets.push(await forecast(context, budget));
        return {
          method: forecastMethod,
          budgets,
          page: number,
          total_pages: Math.ceil(total / limit),
          lag_entries: ledger.lagEntries,
        };
      },
    }),
    route({
      method: "get",
      paths: ["/reports/statement"],
      summary: "What a team spent in a month: a page to print, or CSV",
      audience: "viewers",
      fields: {
        team: id,
        month,
        format: z.enum(["html", "csv"], { error: "expected html or csv" }).default("html"),
      },
      answer: z.string(),
      handle: async ({ team: teamId, month: asked, format }) => {
        await caughtUp(ledger);
        const days = daysOfMonth(asked);
        const team = await directory.read.teams.get(teamId);
        const sums = await ledger.reports.dailySpend({ scope: "team", ids: [teamId], ...days }, [
          "day",
          "keyId",
          "model",
        ]);
        // One that is gone may have spent something all the same.
        if (team === undefined && sums.length === 0)
          throw invalid(
            "team",
            `There is no team '${teamId}', and none has spent anything in ${asked}.`,
            404,
          );
        const names = await namesOf(directory.read, "key", idsOf(sums, "keyId"));
        const statement: Statement = {
          month: asked,
          team: { id: teamId, name: team?.alias },
          isComplete: Date.parse(days.until) <= now(),
          madeAtMs: now(),
          lines: sums.map((sum) => ({
            ...sum,
            day: sum.day ?? "",
            keyId: sum.keyId ?? "",
            keyName: names.get(sum.keyId ?? ""),
            model: sum.model ?? "",
          })),
        };
        const name = `statement-${asked}.${format}`;
        return format === "csv"
          ? new FileAnswer("text/csv", name, statementCsv(statement))
          : new FileAnswer("text/html", name, [statementHtml(statement)]);
      },
    }),
    route({
      method: "get",
      paths: ["/reports/attempts"],
      summary: "All attempts, the oldest first, as a file that is made while it is sent",
      audience: "viewers",
      fields: {
        start: day.optional(),
        end: day.optional(),
        format: z
          .enum(exportFormats, { error: `expected one of ${exportFormats.join(", ")}` })
          .default("csv"),
      },
      answer: z.string(),
      handle: async ({ start, end, format }) => {
        await caughtUp(ledger);
        const filter = {
          ...(start !== undefined && { sinceMs: Date.parse(start) }),
          ...(end !== undefined && { untilMs: Date.parse(dayAfter(end)) }),
        };
        const parts = exported((wanted) => ledger.reports.attempts(filter, wanted), attemptColumns, format);
        return new FileAnswer(
          format === "csv" ? "text/csv" : "application/x-ndjson",
          `attempts.${format}`,
          parts,
        );
      },
    }),
  ];
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

const forecastScopes = ["team", "organization", "key", "user", "customer", "tag"] as const;

/** The payers of a page that may have a budget, with what holds for them. */
async function limitedPayers(
  { directory: { read } }: ManagementContext,
  scope: (typeof forecastScopes)[number],
  number: number,
  size: number,
): Promise<{ readonly payers: readonly Payer[]; readonly total: number }> {
  const limitsOf = async (own: Limits, budgetId: string | undefined): Promise<Limits> =>
    inherited(own, budgetId === undefined ? undefined : (await read.budgets.get(budgetId))?.limits);
  const payersOf = async <Value extends { readonly limits: Limits; readonly budgetId?: string }>(
    listing: Promise<{ readonly records: readonly Value[]; readonly total: number }>,
    named: (record: Value) => readonly [id: string, alias: string | undefined],
  ) => {
    const { records, total } = await listing;
    const payers = await Promise.all(
      records.map(async (record): Promise<Payer> => {
        const [payerId, alias] = named(record);
        const limits = await limitsOf(record.limits, record.budgetId);
        return {
          scope,
          id: payerId,
          meter: meterOf[scope](payerId),
          limits,
          ...(alias !== undefined && { alias }),
        };
      }),
    );
    return { payers, total };
  };
  const paged = { page: number, size };
  switch (scope) {
    case "team":
      return payersOf(read.teams.list(paged), ({ teamId, alias }) => [teamId, alias]);
    case "organization":
      return payersOf(read.organizations.list(paged), ({ organizationId, alias }) => [organizationId, alias]);
    case "key":
      return payersOf(read.keys.list(paged), ({ keyId, alias, name }) => [keyId, alias ?? name]);
    case "user":
      return payersOf(read.users.list(paged), ({ userId, alias, email }) => [userId, alias ?? email]);
    case "customer":
      return payersOf(read.customers.list(paged), ({ customerId, alias }) => [customerId, alias]);
    case "tag":
      return payersOf(read.tags.list(paged), ({ name }) => [name, undefined]);
  }
}

/** All budgets of a payer: those of one model group stand under that group alone. */
function budgetsOf({ calendar, now }: ManagementContext, payer: Payer): readonly PayerMeter[] {
  const models = Object.keys(payer.limits.modelBudgets ?? {});
  return [
    ...budgetMeters([payer], "", calendar, now()).filter(({ model }) => model === undefined),
    ...models.flatMap((model) =>
      budgetMeters([payer], model, calendar, now()).filter((budget) => budget.model !== undefined),
    ),
  ];
}

async function forecast(
  { ledger: { reports }, now }: ManagementContext,
  { payer, meter, model, duration }: PayerMeter,
): Promise<object> {
  const { window, limit } = meter;
  if (window.kind === "lease") throw new TypeError("a budget is no lease");
  const charged = model === undefined ? payer.meter : `${payer.meter}/model:${model}`;
  const nowMs = now();
  const spent = await reports.spentIn(charged, spanOf(window, nowMs));
  const recent = await reports.spentIn(charged, spanOf({ kind: "rolling", ms: judgedMs }, nowMs));
  const { dailyNanoUsd, projectedNanoUsd, usedUpAtMs } = forecastOf(meter, spent, recent, nowMs);
  return {
    scope: payer.scope,
    id: payer.id,
    name: payer.alias ?? null,
    model: model ?? null,
    budget_usd: formatUsd(limit),
    budget_duration: duration ?? null,
    spend_usd: formatUsd(spent.nanoUsd),
    certain_usd: formatUsd(spent.nanoUsd - spent.uncertainNanoUsd),
    uncertain_usd: formatUsd(spent.uncertainNanoUsd),
    daily_usd: dailyNanoUsd === undefined ? null : formatUsd(dailyNanoUsd),
    projected_usd: projectedNanoUsd === undefined ? null : formatUsd(projectedNanoUsd),
    used_up_at: isoTime(usedUpAtMs),
    budget_reset_at: window.kind === "period" && duration !== undefined ? isoTime(window.endMs) : null,
  };
}
