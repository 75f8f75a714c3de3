import { type Change, type CustomerRecord, authoredNow, changedNow } from "@darkroom/accounts";
import { z } from "zod";
import { customerSchema } from "./answer-schemas.js";
import { customerAnswers, only } from "./answers.js";
import { type ManagementContext, changing, checkBudget } from "./context.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, invalid, route, withoutOwnSpend } from "./management-route.js";
import { changed, id, ids, longPage, onOrOff, text } from "./values.js";

const customerFields = {
  alias: text.nullish(),
  blocked: onOrOff.nullish(),
  budget_id: id.nullish(),
  default_model: text.nullish(),
  ...limitFields,
};

type CustomerInput = Partial<z.output<z.ZodObject<typeof customerFields>>>;

const lacking = ["allowed_model_region", "budget_reset_at", "object_permission", "spend"];

/** `/customer/*`, and by LiteLLM's older name `/end_user/*`. */
export function customerRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { read } = context.directory;
  const answer = async (customer: CustomerRecord): Promise<object> =>
    only(await customerAnswers(context, [customer]));

  const put = (
    call: Parameters<typeof changing>[1],
    customerId: string,
    input: CustomerInput,
    mustExist: boolean,
  ): Promise<CustomerRecord> =>
    changing(context, call, async (change) => {
      const known = mustExist ? await change.customers.existing(customerId) : undefined;
      const before = known ?? emptyCustomer(change, customerId);
      const after = { ...withInput(before, input, change), ...changedNow(change) };
      await checkBudget(change, after.budgetId);
      if (known === undefined) await change.customers.add(after);
      else await change.customers.replace(after);
      return after;
    });

  const setBlocked = (name: string, blocked: boolean): ManagementRoute =>
    route({
      method: "post",
      paths: both(name),
      summary: blocked ? "Refuse customers until they are unblocked" : "Serve customers again",
      audience: "admins",
      fields: { user_ids: ids },
      answer: z.object({ blocked_users: z.array(customerSchema) }),
      handle: async ({ user_ids }, call) => {
        const customers = await changing(context, call, async (change) => {
          const changedOnes: CustomerRecord[] = [];
          // Whoever has not been here yet can be blocked all the same.
          for (const customerId of new Set(user_ids)) {
            const known = await change.customers.get(customerId);
            const after = { ...(known ?? emptyCustomer(change, customerId)), blocked, ...changedNow(change) };
            if (known === undefined) await change.customers.add(after);
            else await change.customers.replace(after);
            changedOnes.push(after);
          }
          return changedOnes;
        });
        return { blocked_users: await customerAnswers(context, customers) };
      },
    });

  return [
    route({
      method: "post",
      paths: both("new"),
      summary: "Describe a customer; whoever is not described is served with the defaults",
      audience: "admins",
      fields: { ...customerFields, user_id: id },
      lacking,
      prepare: withoutOwnSpend,
      answer: customerSchema,
      handle: async ({ user_id, ...input }, call) => {
        if (input.budget_id != null && input.max_budget != null)
          throw invalid("budget_id", "Give either 'max_budget' or 'budget_id', not both.");
        return answer(await put(call, user_id, input, false));
      },
    }),
    route({
      method: "get",
      paths: both("info"),
      summary: "What is known of a customer",
      audience: "viewers",
      fields: { end_user_id: id },
      answer: customerSchema,
      handle: async ({ end_user_id }) => {
        const customer = await read.customers.get(end_user_id);
        if (customer === undefined)
          throw invalid("end_user_id", `There is no customer '${end_user_id}'.`, 404);
        return answer(customer);
      },
    }),
    route({
      method: "post",
      paths: both("update"),
      summary: "Change a customer; what is not named stays, null takes it away",
      audience: "admins",
      fields: { ...customerFields, user_id: id },
      lacking,
      answer: customerSchema,
      handle: async ({ user_id, ...input }, call) => answer(await put(call, user_id, input, true)),
    }),
    route({
      method: "post",
      paths: both("delete"),
      summary: "Forget what is said of customers",
      audience: "admins",
      fields: { user_ids: ids },
      answer: z.object({ deleted_customers: z.number(), message: z.string() }),
      handle: async ({ user_ids }, call) => {
        const all = new Set(user_ids);
        await changing(context, call, async (change) => {
          for (const customerId of all) await change.customers.remove(customerId);
        });
        return {
          deleted_customers: all.size,
          message: `Successfully deleted customers with ids: ${[...all].join(", ")}`,
        };
      },
    }),
    setBlocked("block", true),
    setBlocked("unblock", false),
    route({
      method: "get",
      paths: both("list"),
      summary: "List customers, the newest first",
      audience: "viewers",
      fields: longPage,
      answer: z.array(customerSchema),
      handle: async ({ page, page_size }) => {
        const { records } = await read.customers.list({ page, size: page_size });
        return customerAnswers(context, records);
      },
    }),
  ];
}

function both(name: string): string[] {
  return [`/customer/${name}`, `/end_user/${name}`];
}

function emptyCustomer(change: Change, customerId: string): CustomerRecord {
  return { customerId, blocked: false, limits: {}, ...authoredNow(change) };
}

function withInput(before: CustomerRecord, input: CustomerInput, { nowMs }: Change): CustomerRecord {
  return changed(before, {
    alias: input.alias,
    blocked: input.blocked ?? undefined,
    budgetId: input.budget_id,
    defaultModel: input.default_model,
    limits: limitsFrom(input, nowMs, before.limits),
  });
}
