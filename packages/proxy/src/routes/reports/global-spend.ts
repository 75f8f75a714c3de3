import type { DailySum } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { z } from "zod";
import { caughtUp } from "../../ledger/caught-up.js";
import { type Days, day, daysFrom, lastDays } from "../../reports/days.js";
import { namesOf } from "../../reports/names.js";
import { dearestFirst, groupedBy, spendFields, spentNanoUsd, totalOf } from "../../reports/sums.js";
import type { ManagementContext } from "../management/context.js";
import { type ManagementRoute, invalid, route } from "../management/management-route.js";
import { count, id, inDollars, text } from "../management/values.js";
import { keyIdsOfUser, reportedKeyId } from "./asked.js";

const unassigned = "Unassigned Team";

const dates = { start_date: day.optional(), end_date: day.optional() };

/** LiteLLM's `/global/*`: what everybody together has spent, by whatever. */
export function globalSpendRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { ledger, directory, now } = context;
  const { reports } = ledger;
  const daysOf = ({
    start_date: from,
    end_date: to,
  }: {
    readonly start_date?: string | undefined;
    readonly end_date?: string | undefined;
  }): Days => {
    const usual = lastDays(now());
    return daysFrom(from ?? usual.from, to ?? lastDays(now(), 1).from);
  };

  return [
    route({
      method: "get",
      paths: ["/global/spend"],
      summary: "What was spent in all",
      audience: "viewers",
      fields: {},
      answer: z.looseObject({ spend: z.number() }),
      handle: async () => {
        await caughtUp(ledger);
        return { ...spendFields(totalOf(await reports.dailySpend({ scope: "proxy" }, []))), max_budget: 0 };
      },
    }),
    route({
      method: "get",
      paths: ["/global/spend/logs"],
      summary: "What was spent on each of the last 30 days",
      audience: "viewers",
      fields: { ...dates, api_key: text.optional() },
      answer: z.array(z.looseObject({ date: z.string(), spend: z.number() })),
      handle: async ({ api_key, ...asked }) => {
        await caughtUp(ledger);
        const keyIds = api_key === undefined ? undefined : [await reportedKeyId(context, api_key)];
        const sums = await reports.dailySpend(
          { scope: "proxy", ...daysOf(asked), ...(keyIds !== undefined && { keyIds }) },
          ["day"],
        );
        return sums.map((sum) => ({ date: sum.day, ...spendFields(sum) }));
      },
    }),
    route({
      method: "get",
      paths: ["/global/activity"],
      summary: "Attempts and tokens of each day",
      audience: "viewers",
      fields: dates,
      answer: z.looseObject({ daily_data: z.array(z.looseObject({ date: z.string() })) }),
      handle: async (asked) => {
        await caughtUp(ledger);
        const sums = await reports.dailySpend({ scope: "proxy", ...daysOf(asked) }, ["day"]);
        const total = totalOf(sums);
        return {
          daily_data: sums.map((sum) => ({
            date: sum.day,
            api_requests: sum.attempts,
            total_tokens: sum.inputTokens + sum.outputTokens,
          })),
          sum_api_requests: total.attempts,
          sum_total_tokens: total.inputTokens + total.outputTokens,
        };
      },
    }),
    route({
      method: "get",
      paths: ["/global/spend/models"],
      summary: "The models that cost most, in the last 30 days where nothing else is said",
      audience: "viewers",
      fields: { ...dates, limit: count.default(10) },
      answer: z.array(z.looseObject({ model: z.string(), total_spend: z.number() })),
      handle: async ({ limit, ...asked }) => {
        await caughtUp(ledger);
        const sums = await reports.dailySpend({ scope: "proxy", ...daysOf(asked) }, ["model"], {
          order: "spend",
          limit: Math.min(limit, 1_000),
        });
        return sums.map((sum) => ({ model: sum.model, ...spendFields(sum, "total_spend") }));
      },
    }),
    route({
      method: "get",
      paths: ["/global/spend/provider"],
      summary: "What each provider cost",
      audience: "viewers",
      fields: dates,
      answer: z.array(z.looseObject({ provider: z.string(), spend: z.number() })),
      handle: async (asked) => {
        await caughtUp(ledger);
        const sums = await reports.dailySpend({ scope: "proxy", ...daysOf(asked) }, ["provider"], {
          order: "spend",
          limit: 1_000,
        });
        return sums.map((sum) => ({ provider: sum.provider, ...spendFields(sum) }));
      },
    }),
    route({
      method: "get",
      paths: ["/global/spend/teams"],
      summary: "What each team spent on each day, in the last 30 days where nothing else is said",
      audience: "viewers",
      fields: dates,
      answer: z.looseObject({
        daily_spend: z.array(z.looseObject({ date: z.string() })),
        teams: z.array(z.string()),
        total_spend_per_team: z.array(z.looseObject({ team_id: z.string(), total_spend: z.number() })),
      }),
      handle: async (asked) => {
        await caughtUp(ledger);
        const sums = await teamSums(context, daysOf(asked), ["day"]);
        const names = await namesOf(directory.read, "team", sums.map(idOf));
        const nameOf = (teamId: string): string =>
          teamId === "" ? unassigned : (names.get(teamId) ?? teamId);
        const totals = dearestFirst(
          [...groupedBy(sums, idOf)].map(([teamId, ofTeam]) => ({ teamId, ...totalOf(ofTeam) })),
        );
        return {
          daily_spend: [...groupedBy(sums, dayOf)].map(([date, ofDay]) => ({
            date,
            ...Object.fromEntries(ofDay.map((sum) => [nameOf(idOf(sum)), inDollars(spentNanoUsd(sum))])),
          })),
          teams: totals.map(({ teamId }) => nameOf(teamId)),
          total_spend_per_team: totals.map(({ teamId, ...sum }) => ({
            team_id: nameOf(teamId),
            ...spendFields(sum, "total_spend"),
          })),
        };
      },
    }),
    route({
      method: "get",
      paths: ["/global/spend/report"],
      summary: "What teams or customers spent on each day, or a key or a user in all",
      audience: "viewers",
      fields: {
        start_date: day,
        end_date: day,
        group_by: z
          .enum(["team", "customer", "api_key"], { error: "expected team, customer or api_key" })
          .default("team"),
        api_key: text.optional(),
        internal_user_id: id.optional(),
        team_id: id.optional(),
        customer_id: id.optional(),
      },
      answer: z.array(z.looseObject({})),
      handle: async ({ start_date, end_date, group_by, api_key, internal_user_id, team_id, customer_id }) => {
        if (start_date > end_date) throw invalid("end_date", "'end_date' is before 'start_date'.");
        await caughtUp(ledger);
        const days = daysFrom(start_date, end_date);
        if (api_key !== undefined)
          return reportOfKeys(context, days, [await reportedKeyId(context, api_key)]);
        if (internal_user_id !== undefined)
          return reportOfKeys(context, days, await keyIdsOfUser(context, internal_user_id));
        if (group_by === "api_key") return reportOfKeys(context, days, undefined);
        if (group_by === "customer" || customer_id !== undefined) {
          const sums = await reports.dailySpend(
            { scope: "customer", ...days, ...(customer_id !== undefined && { ids: [customer_id] }) },
            ["day", "id", "keyId", "model"],
          );
          return daysAnswer(sums, "customers", (customer) => ({ customer }));
        }
        const all = await teamSums(context, days, ["day", "keyId", "model"]);
        const sums = team_id === undefined ? all : all.filter((sum) => sum.id === team_id);
        const names = await namesOf(directory.read, "team", sums.map(idOf));
        return daysAnswer(sums, "teams", (teamId) => ({
          team_name: teamId === "" ? unassigned : (names.get(teamId) ?? teamId),
          team_id: teamId,
        }));
      },
    }),
  ];
}

/** What teams spent; under the id of nobody, whatever no team pays for, so that all together is what was spent. */
async function teamSums(
  { ledger: { reports } }: ManagementContext,
  days: Days,
  by: readonly ("day" | "keyId" | "model")[],
): Promise<readonly DailySum[]> {
  const ofTeams = await reports.dailySpend({ scope: "team", ...days }, [...by, "id"]);
  const others = await reports.dailySpend({ scope: "proxy", ...days }, by);
  const partOf = (sum: DailySum): string => JSON.stringify(by.map((key) => sum[key]));
  const teams = groupedBy(ofTeams, partOf);
  const unpaid = others.flatMap((all) => {
    const rest = minus(all, totalOf(teams.get(partOf(all)) ?? []));
    return rest.attempts === 0 ? [] : [{ ...all, ...rest, id: "" }];
  });
  return [...ofTeams, ...unpaid].sort((one, other) =>
    dayOf(one) < dayOf(other) ? -1 : Number(dayOf(one) > dayOf(other)),
  );
}

function minus(all: DailySum, part: ReturnType<typeof totalOf>): ReturnType<typeof totalOf> {
  return {
    certainNanoUsd: all.certainNanoUsd - part.certainNanoUsd,
    uncertainNanoUsd: all.uncertainNanoUsd - part.uncertainNanoUsd,
    attempts: all.attempts - part.attempts,
    succeeded: all.succeeded - part.succeeded,
    images: all.images - part.images,
    inputTokens: all.inputTokens - part.inputTokens,
    outputTokens: all.outputTokens - part.outputTokens,
  };
}

function daysAnswer(
  sums: readonly DailySum[],
  list: "teams" | "customers",
  named: (id: string) => object,
): readonly object[] {
  return [...groupedBy(sums, dayOf)].map(([date, ofDay]) => ({
    group_by_day: date,
    [list]: [...groupedBy(ofDay, idOf)].map(([payer, ofPayer]) => ({
      ...named(payer),
      ...spendFields(totalOf(ofPayer), "total_spend"),
      metadata: ofPayer.map((sum) => ({
        model: sum.model,
        ...spendFields(sum),
        total_tokens: sum.inputTokens + sum.outputTokens,
        api_key: sum.keyId,
      })),
    })),
  }));
}

async function reportOfKeys(
  { ledger: { reports } }: ManagementContext,
  days: Days,
  keyIds: readonly string[] | undefined,
): Promise<readonly object[]> {
  const sums = await reports.dailySpend(
    { scope: "key", ...days, ...(keyIds !== undefined && { ids: keyIds }) },
    ["id", "model"],
  );
  return [...groupedBy(sums, idOf)].map(([apiKey, ofKey]) => ({
    api_key: apiKey,
    ...costs(totalOf(ofKey)),
    model_details: ofKey.map((sum) => ({ model: sum.model, ...costs(sum) })),
  }));
}

function costs(sum: ReturnType<typeof totalOf>): object {
  return {
    total_cost: inDollars(spentNanoUsd(sum)),
    total_cost_usd: formatUsd(spentNanoUsd(sum)),
    certain_usd: formatUsd(sum.certainNanoUsd),
    uncertain_usd: formatUsd(sum.uncertainNanoUsd),
    total_input_tokens: sum.inputTokens,
    total_output_tokens: sum.outputTokens,
  };
}

function idOf({ id: payer = "" }: DailySum): string {
  return payer;
}

function dayOf({ day: date = "" }: DailySum): string {
  return date;
}
