import { type Change, type OrganizationRecord, authoredNow, changedNow } from "@darkroom/accounts";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { organizationSchema } from "./answer-schemas.js";
import { only, organizationAnswers } from "./answers.js";
import { type ManagementContext, changing, checkBudget } from "./context.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, invalid, route } from "./management-route.js";
import { nothingOf, changed, id, ids, metadata, text } from "./values.js";

const organizationFields = {
  organization_alias: text.nullish(),
  metadata: metadata.nullish(),
  budget_id: id.nullish(),
  ...limitFields,
};

type OrganizationInput = Partial<z.output<z.ZodObject<typeof organizationFields>>>;

const lacking = ["budget_reset_at", "models", "object_permission", "spend"];

/** Organizations: the level above teams, whose budgets and limits hold for all of their teams together. */
export function organizationRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { read } = context.directory;
  const answer = async (organization: OrganizationRecord): Promise<object> =>
    only(await organizationAnswers(context, [organization]));

  return [
    route({
      method: "post",
      paths: ["/organization/new"],
      summary: "Make an organization",
      audience: "admins",
      fields: { ...organizationFields, organization_id: id.nullish() },
      lacking,
      answer: organizationSchema,
      handle: async ({ organization_id, ...input }, call) =>
        answer(
          await changing(context, call, async (change) => {
            const organization = withInput(
              {
                organizationId: organization_id ?? randomUUID(),
                metadata: {},
                limits: {},
                ...authoredNow(change),
              },
              input,
              change,
            );
            await checkBudget(change, organization.budgetId);
            await change.organizations.add(organization);
            return organization;
          }),
        ),
    }),
    route({
      method: "get",
      paths: ["/organization/info"],
      summary: "What is known of an organization, its teams and its members",
      audience: "viewers",
      fields: { organization_id: id },
      answer: organizationSchema,
      handle: async ({ organization_id }) => {
        const organization = await read.organizations.get(organization_id);
        if (organization === undefined)
          throw invalid("organization_id", `There is no organization '${organization_id}'.`, 404);
        return answer(organization);
      },
    }),
    route({
      method: "post",
      alsoBy: "patch",
      paths: ["/organization/update"],
      summary: "Change an organization; what is not named stays, null takes it away",
      audience: "admins",
      fields: { ...organizationFields, organization_id: id },
      lacking,
      answer: organizationSchema,
      handle: async ({ organization_id, ...input }, call) =>
        answer(
          await changing(context, call, async (change) => {
            const before = await change.organizations.existing(organization_id);
            const after = { ...withInput(before, input, change), ...changedNow(change) };
            await checkBudget(change, after.budgetId);
            await change.organizations.replace(after);
            return after;
          }),
        ),
    }),
    route({
      method: "post",
      alsoBy: "delete",
      paths: ["/organization/delete"],
      summary: "Remove organizations that have no team any more",
      audience: "admins",
      fields: { organization_ids: ids },
      answer: z.object({ deleted_organizations: z.array(z.string()) }),
      handle: async ({ organization_ids }, call) => {
        await changing(context, call, async (change) => {
          for (const organizationId of new Set(organization_ids)) {
            // They would go on without its budget.
            const teams = await change.teams.count({ organizationId });
            if (teams > 0)
              throw invalid(
                "organization_ids",
                `Organization '${organizationId}' has teams (${teams} in all): delete them, or move them with /team/update.`,
                409,
              );
            await change.organizations.remove(organizationId);
          }
        });
        return { deleted_organizations: organization_ids };
      },
    }),
    route({
      method: "get",
      paths: ["/organization/list"],
      summary: "List organizations, the newest first, at most 1,000",
      audience: "viewers",
      fields: { org_alias: text.optional() },
      answer: z.array(organizationSchema),
      handle: async ({ org_alias }) =>
        organizationAnswers(
          context,
          (await read.organizations.list({ where: { alias: org_alias }, page: 1, size: 1_000 })).records,
        ),
    }),
  ];
}

function withInput(
  before: OrganizationRecord,
  input: OrganizationInput,
  { nowMs }: Change,
): OrganizationRecord {
  return changed(before, {
    alias: input.organization_alias,
    metadata: nothingOf(input.metadata, {}),
    budgetId: input.budget_id,
    limits: limitsFrom(input, nowMs, before.limits),
  });
}
