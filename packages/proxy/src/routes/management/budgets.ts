import { randomUUID } from "node:crypto";
import { type BudgetRecord, authoredNow, changedNow } from "@darkroom/accounts";
import { z } from "zod";
import { budgetSchema } from "./answer-schemas.js";
import { budgetAnswer } from "./answers.js";
import { type ManagementContext, changing } from "./context.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, invalid, route } from "./management-route.js";
import { id, ids, longPage } from "./values.js";

const lacking = ["budget_reset_at"];

/** Reusable budgets, which keys, teams, users, customers and tags refer to by `budget_id`. */
export function budgetRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { read } = context.directory;
  const answer = (budget: BudgetRecord): object => budgetAnswer(context, budget);

  return [
    route({
      method: "post",
      paths: ["/budget/new"],
      summary: "Make a reusable budget",
      audience: "admins",
      fields: { budget_id: id.nullish(), ...limitFields },
      lacking,
      answer: budgetSchema,
      handle: async ({ budget_id, ...input }, call) =>
        answer(
          await changing(context, call, async (change) => {
            const limits = limitsFrom(input, change.nowMs);
            const budget = { budgetId: budget_id ?? randomUUID(), limits, ...authoredNow(change) };
            await change.budgets.add(budget);
            return budget;
          }),
        ),
    }),
    route({
      method: "post",
      paths: ["/budget/info"],
      summary: "What is known of budgets",
      audience: "viewers",
      fields: { budgets: ids },
      answer: z.array(budgetSchema),
      handle: async ({ budgets }) => (await read.budgets.find({ budgetId: budgets })).map(answer),
    }),
    route({
      method: "post",
      paths: ["/budget/update"],
      summary: "Change a budget, for everybody who refers to it; what is not named stays, null takes it away",
      audience: "admins",
      fields: { budget_id: id, ...limitFields },
      lacking,
      answer: budgetSchema,
      handle: async ({ budget_id, ...input }, call) =>
        answer(
          await changing(context, call, async (change) => {
            const before = await change.budgets.existing(budget_id);
            const limits = limitsFrom(input, change.nowMs, before.limits);
            const budget = { ...before, limits, ...changedNow(change) };
            await change.budgets.replace(budget);
            return budget;
          }),
        ),
    }),
    route({
      method: "post",
      paths: ["/budget/delete"],
      summary: "Remove a budget that nobody refers to any more",
      audience: "admins",
      fields: { id },
      answer: budgetSchema,
      handle: async ({ id: budgetId }, call) =>
        answer(
          await changing(context, call, async (change) => {
            const budget = await change.budgets.existing(budgetId);
            // Whoever refers to it would go on without a limit.
            for (const [kind, users] of [
              ["key", change.keys],
              ["user", change.users],
              ["team", change.teams],
              ["organization", change.organizations],
              ["customer", change.customers],
              ["tag", change.tags],
            ] as const) {
              const referring = await users.count({ budgetId });
              if (referring > 0)
                throw invalid(
                  "id",
                  `Budget '${budgetId}' is in use, by a ${kind} (${referring} in all).`,
                  409,
                );
            }
            await change.budgets.remove(budgetId);
            return budget;
          }),
        ),
    }),
    route({
      method: "get",
      paths: ["/budget/list"],
      summary: "List budgets, the newest first",
      audience: "viewers",
      fields: longPage,
      answer: z.array(budgetSchema),
      handle: async ({ page, page_size }) =>
        (await read.budgets.list({ page, size: page_size })).records.map(answer),
    }),
  ];
}
