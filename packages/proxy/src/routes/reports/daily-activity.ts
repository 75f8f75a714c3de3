import type { DailyFilter, DailySum } from "@darkroom/accounts";
import { z } from "zod";
import { caughtUp } from "../../ledger/caught-up.js";
import { day, dayAfter, daysFrom } from "../../reports/days.js";
import { namesOf } from "../../reports/names.js";
import { type Totals, groupedBy, spendFields, spentNanoUsd, totalOf } from "../../reports/sums.js";
import { formatUsd } from "@darkroom/cost-calculator";
import type { ManagementContext } from "../management/context.js";
import { type Call, type ManagementRoute, invalid, route } from "../management/management-route.js";
import { count, id, inDollars, page, text } from "../management/values.js";
import { keyIdsOfUser, listed, visibleKeyId } from "./asked.js";

interface Kind {
  readonly path: string;
  readonly scope: string;
  /** Fields that name payers of the scope, `a,b`. */
  readonly idFields: readonly string[];
}

const kinds: readonly Kind[] = [
  { path: "/team/daily/activity", scope: "team", idFields: ["team_ids", "team_id"] },
  { path: "/tag/daily/activity", scope: "tag", idFields: ["tags"] },
  { path: "/customer/daily/activity", scope: "customer", idFields: ["end_user_ids"] },
  { path: "/organization/daily/activity", scope: "organization", idFields: ["organization_ids"] },
];

const fields = {
  start_date: day,
  end_date: day,
  model: text.optional(),
  api_key: text.optional(),
  ...page,
  // Of days: each comes whole.
  page_size: count
    .refine((value) => value >= 1 && value <= 1_000, { error: "expected 1 to 1000" })
    .default(50),
};

const answerSchema = z.object({
  results: z.array(z.looseObject({ date: z.string(), metrics: z.looseObject({ spend: z.number() }) })),
  metadata: z.looseObject({ total_spend: z.number(), page: z.number(), has_more: z.boolean() }),
});

/** LiteLLM's `/…/daily/activity`: what was spent on each day, and what makes it up. A page is so many days. */
export function dailyActivityRoutes(context: ManagementContext): readonly ManagementRoute[] {
  return [
    route({
      method: "get",
      paths: ["/user/daily/activity"],
      summary: "What a user's keys, or all, spent on each day, the newest first",
      audience: "everybody",
      fields: { ...fields, user_id: id.optional() },
      answer: answerSchema,
      handle: async ({ user_id, api_key, ...asked }, call) => {
        const keyIds = await keyIdsFor(context, call, user_id, api_key);
        return activity(context, { scope: "proxy", ...(keyIds !== undefined && { keyIds }) }, asked);
      },
    }),
    ...kinds.map(({ path, scope, idFields }) =>
      route({
        method: "get",
        paths: scope === "customer" ? [path, "/end_user/daily/activity"] : [path],
        summary: `What each ${scope} spent on each day, the newest first`,
        audience: "viewers",
        fields: { ...fields, ...Object.fromEntries(idFields.map((name) => [name, text.optional()])) },
        lacking: ["exclude_team_ids", "exclude_end_user_ids", "exclude_organization_ids"],
        answer: answerSchema,
        handle: async ({ api_key, ...asked }, call) => {
          const named = Object.entries(asked).find(
            ([name, value]) => idFields.includes(name) && value !== undefined,
          );
          const ids = named === undefined ? undefined : listed(String(named[1]));
          const keyId = await visibleKeyId(context, call, api_key);
          const filter = {
            scope,
            ...(ids !== undefined && { ids }),
            ...(keyId !== undefined && { keyIds: [keyId] }),
          };
          return activity(context, filter, asked);
        },
      }),
    ),
  ];
}

async function keyIdsFor(
  context: ManagementContext,
  call: Call,
  userId: string | undefined,
  apiKey: string | undefined,
): Promise<readonly string[] | undefined> {
  const { role, account } = call.principal;
  if (role === "caller" && userId !== undefined) {
    if (userId !== account?.key.userId)
      throw invalid("user_id", "This key may ask for what its own user has spent only.", 403);
    if (apiKey === undefined) return keyIdsOfUser(context, userId);
  }
  const keyId = await visibleKeyId(context, call, apiKey);
  if (keyId !== undefined) return [keyId];
  return userId === undefined ? undefined : keyIdsOfUser(context, userId);
}

interface Asked {
  readonly start_date: string;
  readonly end_date: string;
  readonly model?: string | undefined;
  readonly page: number;
  readonly page_size: number;
}

async function activity(
  context: ManagementContext,
  payers: DailyFilter,
  { start_date, end_date, model, page: number, page_size: size }: Asked,
): Promise<object> {
  const { ledger, directory } = context;
  await caughtUp(ledger);
  const filter: DailyFilter = {
    ...payers,
    ...daysFrom(start_date, end_date),
    ...(model !== undefined && { model }),
  };
  const days = [...(await ledger.reports.dailySpend(filter, ["day"]))].reverse();
  const shown = days.slice((number - 1) * size, number * size);
  const [newest, oldest] = [shown[0]?.day, shown.at(-1)?.day];
  const rows =
    newest === undefined || oldest === undefined
      ? []
      : await ledger.reports.dailySpend({ ...filter, from: oldest, until: dayAfter(newest) }, [
          "day",
          "id",
          "keyId",
          "modelGroup",
          "model",
          "provider",
        ]);
  const keys = await directory.read.keys.find({ keyId: [...new Set(rows.map(({ keyId = "" }) => keyId))] });
  const keyOf = new Map(keys.map((key) => [key.keyId, key]));
  const names = await namesOf(
    directory.read,
    payers.scope,
    rows.map((row) => row.id ?? ""),
  );
  const ofKey = (keyId: string): object => ({
    key_alias: keyOf.get(keyId)?.alias ?? null,
    team_id: keyOf.get(keyId)?.teamId ?? null,
  });
  const byDay = groupedBy(rows, (row) => row.day);
  return {
    results: shown.map((sum) => {
      const ofDay = byDay.get(sum.day ?? "") ?? [];
      const apiKeys = (of: readonly DailySum[]): object =>
        broken(
          of,
          (row) => row.keyId,
          (keyId) => ({ metadata: ofKey(keyId) }),
        );
      const withKeys = (_key: string, of: readonly DailySum[]): object => ({
        metadata: {},
        api_key_breakdown: apiKeys(of),
      });
      return {
        date: sum.day,
        metrics: metrics(sum),
        breakdown: {
          models: broken(ofDay, (row) => row.model, withKeys),
          model_groups: broken(ofDay, (row) => row.modelGroup, withKeys),
          mcp_servers: {},
          providers: broken(ofDay, (row) => row.provider, withKeys),
          api_keys: apiKeys(ofDay),
          entities:
            payers.scope === "proxy"
              ? {}
              : broken(
                  ofDay,
                  (row) => row.id,
                  (payer, of) => ({
                    metadata: { alias: names.get(payer) ?? null },
                    api_key_breakdown: apiKeys(of),
                  }),
                ),
        },
      };
    }),
    metadata: { ...totals(totalOf(days)), ...pages(number, size, days.length) },
  };
}

/** Parts of a day by whatever, each with its amounts. */
function broken(
  rows: readonly DailySum[],
  keyOf: (row: DailySum) => string | undefined,
  more: (key: string, rows: readonly DailySum[]) => object,
): object {
  return Object.fromEntries(
    [...groupedBy(rows, keyOf)].map(([key, group]) => [
      key,
      { metrics: metrics(totalOf(group)), ...more(key, group) },
    ]),
  );
}

function metrics(sum: Totals): object {
  return {
    ...spendFields(sum),
    prompt_tokens: sum.inputTokens,
    completion_tokens: sum.outputTokens,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    total_tokens: sum.inputTokens + sum.outputTokens,
    successful_requests: sum.succeeded,
    failed_requests: sum.attempts - sum.succeeded,
    api_requests: sum.attempts,
    images: sum.images,
  };
}

function totals(sum: Totals): object {
  return {
    total_spend: inDollars(spentNanoUsd(sum)),
    total_spend_usd: formatUsd(spentNanoUsd(sum)),
    total_certain_usd: formatUsd(sum.certainNanoUsd),
    total_uncertain_usd: formatUsd(sum.uncertainNanoUsd),
    total_prompt_tokens: sum.inputTokens,
    total_completion_tokens: sum.outputTokens,
    total_cache_read_input_tokens: 0,
    total_cache_creation_input_tokens: 0,
    total_tokens: sum.inputTokens + sum.outputTokens,
    total_api_requests: sum.attempts,
    total_successful_requests: sum.succeeded,
    total_failed_requests: sum.attempts - sum.succeeded,
  };
}

function pages(number: number, size: number, all: number): object {
  const total = Math.ceil(all / size);
  return { page: number, total_pages: total, has_more: number < total };
}
