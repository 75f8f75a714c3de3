import { costOfEdit, formatUsd } from "@darkroom/cost-calculator";
import { z } from "zod";
import { caughtUp } from "../../ledger/caught-up.js";
import { day, daysFrom } from "../../reports/days.js";
import { namesOf } from "../../reports/names.js";
import { spendFields } from "../../reports/sums.js";
import { keyAnswers, userAnswers } from "../management/answers.js";
import type { ManagementContext } from "../management/context.js";
import { type ManagementRoute, invalid, route } from "../management/management-route.js";
import { count, id, inDollars, text } from "../management/values.js";
import { listed, mostRows } from "./asked.js";
import { GatewayError } from "../../errors.js";

/** Of a list that has no pages. */
const mostListed = 1_000;

const spent = z.looseObject({ spend: z.number() });

/** LiteLLM's lists of who has spent how much. */
export function spendListRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { ledger, directory } = context;
  const dates = { start_date: day.optional(), end_date: day.optional() };
  const daysOf = ({
    start_date: from,
    end_date: to,
  }: {
    start_date?: string | undefined;
    end_date?: string | undefined;
  }) => ({
    ...(from !== undefined && { from }),
    ...(to !== undefined && { until: daysFrom(to, to).until }),
  });
  return [
    route({
      method: "get",
      paths: ["/spend/keys"],
      summary: "Keys by what they have spent, the dearest first, at most 1,000",
      audience: "viewers",
      fields: {},
      answer: z.array(spent),
      handle: async () => {
        await caughtUp(ledger);
        const sums = await ledger.reports.dailySpend({ scope: "key" }, ["id"], {
          order: "spend",
          limit: mostListed,
        });
        const keys = await directory.read.keys.find({ keyId: sums.map((sum) => sum.id ?? "") });
        const answers = await keyAnswers(context, keys);
        const known = new Map(keys.map(({ keyId }, index) => [keyId, answers[index]]));
        return sums.map((sum) => ({
          ...(known.get(sum.id ?? "") ?? {
            token: sum.id,
            token_id: sum.id,
            key_alias: null,
            key_name: null,
          }),
          ...spendFields(sum),
        }));
      },
    }),
    route({
      method: "get",
      paths: ["/spend/users"],
      summary: "Users by what their own keys have spent, the dearest first, at most 1,000",
      audience: "viewers",
      fields: { user_id: id.optional() },
      answer: z.array(spent),
      handle: async ({ user_id }) => {
        await caughtUp(ledger);
        const sums = await ledger.reports.dailySpend(
          { scope: "user", ...(user_id !== undefined && { ids: [user_id] }) },
          ["id"],
          { order: "spend", limit: mostListed },
        );
        const users = await directory.read.users.find({ userId: sums.map((sum) => sum.id ?? "") });
        const answers = await userAnswers(context, users);
        const known = new Map(users.map(({ userId }, index) => [userId, answers[index]]));
        return sums.map((sum) => ({
          ...(known.get(sum.id ?? "") ?? { user_id: sum.id }),
          ...spendFields(sum),
        }));
      },
    }),
    route({
      method: "get",
      paths: ["/spend/tags"],
      summary: "What was spent with each tag, the dearest first",
      audience: "viewers",
      fields: dates,
      answer: z.array(
        z.looseObject({ individual_request_tag: z.string(), log_count: z.number(), total_spend: z.number() }),
      ),
      handle: async (asked) => {
        await caughtUp(ledger);
        const sums = await ledger.reports.dailySpend({ scope: "tag", ...daysOf(asked) }, ["id"], {
          order: "spend",
          limit: mostRows,
        });
        return sums.map((sum) => ({
          individual_request_tag: sum.id,
          log_count: sum.attempts,
          ...spendFields(sum, "total_spend"),
        }));
      },
    }),
    route({
      method: "get",
      paths: ["/global/spend/tags"],
      summary: "What was spent with each tag, the dearest first",
      audience: "viewers",
      fields: { ...dates, tags: text.optional() },
      answer: z.object({
        spend_per_tag: z.array(z.looseObject({ name: z.string(), spend: z.number(), log_count: z.number() })),
      }),
      handle: async ({ tags, ...asked }) => {
        await caughtUp(ledger);
        const ids = tags === "all-tags" ? undefined : listed(tags);
        const sums = await ledger.reports.dailySpend(
          { scope: "tag", ...daysOf(asked), ...(ids !== undefined && { ids }) },
          ["id"],
          { order: "spend", limit: mostRows },
        );
        return {
          spend_per_tag: sums.map((sum) => ({
            name: sum.id,
            ...spendFields(sum),
            log_count: sum.attempts,
          })),
        };
      },
    }),
    route({
      method: "get",
      paths: ["/global/spend/all_tag_names"],
      summary: "The names of tags that were charged",
      audience: "viewers",
      fields: {},
      answer: z.object({ tag_names: z.array(z.string()) }),
      handle: async () => {
        await caughtUp(ledger);
        const sums = await ledger.reports.dailySpend({ scope: "tag" }, ["id"], { limit: mostRows });
        return { tag_names: sums.map((sum) => sum.id) };
      },
    }),
    route({
      method: "get",
      paths: ["/global/spend/keys"],
      summary: "The keys that have spent most",
      audience: "viewers",
      fields: { ...dates, limit: count.default(100) },
      answer: z.array(z.looseObject({ api_key: z.string(), total_spend: z.number() })),
      handle: async ({ limit, ...asked }) => {
        await caughtUp(ledger);
        const sums = await ledger.reports.dailySpend({ scope: "key", ...daysOf(asked) }, ["id"], {
          order: "spend",
          limit: Math.min(limit, mostListed),
        });
        const ids = sums.map((sum) => sum.id ?? "");
        const keys = await directory.read.keys.find({ keyId: ids });
        const byId = new Map(keys.map((key) => [key.keyId, key]));
        const teams = await namesOf(
          directory.read,
          "team",
          keys.flatMap(({ teamId }) => teamId ?? []),
        );
        return sums.map((sum) => {
          const key = byId.get(sum.id ?? "");
          return {
            api_key: sum.id,
            key_alias: key?.alias ?? null,
            key_name: key?.name ?? null,
            team_alias: teams.get(key?.teamId ?? "") ?? null,
            ...spendFields(sum, "total_spend"),
          };
        });
      },
    }),
    route({
      method: "post",
      paths: ["/spend/calculate"],
      summary: "What an answer costs, by the prices of the gateway",
      audience: "everybody",
      fields: {
        model: id.optional(),
        completion_response: z
          .looseObject(
            {
              model: text.optional(),
              usage: z.unknown(),
              size: text.optional(),
              quality: text.optional(),
              data: z.array(z.unknown()).optional(),
            },
            { error: "expected the answer to an edit" },
          )
          .optional(),
      },
      lacking: ["messages"],
      answer: z.looseObject({ cost: z.number(), cost_usd: z.string() }),
      handle: ({ model, completion_response: answer }) => {
        if (answer === undefined)
          throw invalid(
            "completion_response",
            "Send the answer to an edit. What one costs at most before it is sent is told with the header 'x-darkroom-dry-run: true'.",
          );
        const asked = model ?? answer.model;
        if (asked === undefined) throw invalid("model", "Say which model the answer is of.");
        const deployment = context.deployments.find(({ group }) => group === asked);
        const cost = costOfEdit(
          {
            model: deployment?.model ?? asked,
            size: answer.size,
            quality: answer.quality,
            images: answer.data?.length ?? 1,
            usage: answer.usage,
          },
          deployment?.prices,
        );
        if (cost === null) throw invalid("model", `No price is known for model '${asked}'.`);
        return Promise.resolve({ cost: inDollars(cost.nanoUsd), cost_usd: formatUsd(cost.nanoUsd) });
      },
    }),
    route({
      method: "post",
      paths: ["/global/spend/reset"],
      summary: "Refused: what was spent is what the ledger's attempts come to",
      audience: "admins",
      fields: {},
      answer: z.never(),
      handle: () => {
        throw new GatewayError({
          status: 501,
          type: "invalid_request_error",
          code: "501",
          message:
            "What was spent cannot be set to 0: it is the sum of the ledger's attempts, by which budgets are kept. " +
            "To let somebody spend more, raise 'max_budget', or give a 'temp_budget_increase' with 'temp_budget_expiry', by /key/update, /team/update and the like; " +
            "to begin anew every month, give 'budget_duration'. Each is entered in /audit.",
        });
      },
    }),
  ];
}
