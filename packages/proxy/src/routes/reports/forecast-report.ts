import {
  type Limits,
  type Payer,
  type PayerMeter,
  budgetMeters,
  inherited,
  meterOf,
} from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { z } from "zod";
import { spanOf } from "../../budgets/window-span.js";
import { caughtUp } from "../../ledger/caught-up.js";
import { forecastMethod, forecastOf, judgedMs } from "../../reports/forecast.js";
import type { ManagementContext } from "../management/context.js";
import { type ManagementRoute, route } from "../management/management-route.js";
import { count, isoTime, page } from "../management/values.js";

const forecastScopes = ["team", "organization", "key", "user", "customer", "tag"] as const;

/** When budgets will be used up. */
export function forecastRoute(context: ManagementContext): ManagementRoute {
  const { ledger } = context;
  return route({
    method: "get",
    paths: ["/reports/forecast"],
    summary: `When budgets will be used up. ${forecastMethod}`,
    audience: "viewers",
    fields: {
      by: z.enum(forecastScopes, { error: `expected one of ${forecastScopes.join(", ")}` }).default("team"),
      ...page,
      limit: count.refine((value) => value >= 1 && value <= 500, { error: "expected 1 to 500" }).default(100),
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
  });
}

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
