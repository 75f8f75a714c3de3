import { refusesRequests } from "../budgets/limits.js";
import { organizationRoles } from "../directory/records.js";
import { meterOf } from "../payers/meters.js";
import { limitsOfRow } from "./limits-of-row.js";
import { LiteLlmRow } from "./litellm-row.js";
import type { PlanDraft } from "./plan-draft.js";
import { restrictionsOf } from "./restrictions.js";
import { named, plain } from "./row-parts.js";

export function planOrganization(draft: PlanDraft, row: LiteLlmRow): void {
  const organizationId = row.text("organization_id") ?? "";
  const alias = row.text("organization_alias");
  const name = named(organizationId, alias);
  // An organization's models bound its teams; LiteLLM's special name for all of them bounds nothing.
  const models = row.texts("models").filter((model) => model !== "all-proxy-models");
  const restrictions = [...(models.length > 0 ? ["organization_models"] : []), ...restrictionsOf(row)];
  const made = draft.findings.made("organization", name, restrictions, () => ({
    organizationId,
    ...(alias !== undefined && { alias }),
    ...draft.budgetOf(row),
    metadata: plain(row.object("metadata")),
    limits: limitsOfRow(new LiteLlmRow({ metadata: row.value("metadata") })),
  }));
  if (made === undefined) {
    draft.leftOut.organization.add(organizationId);
    return;
  }
  draft.organizations.set(organizationId, made);
  draft.carry("organization", name, meterOf.organization(organizationId), row, made);
}

export function planOrganizationMember(draft: PlanDraft, row: LiteLlmRow): void {
  const userId = row.text("user_id") ?? "";
  const role = row.text("user_role") ?? "internal_user";
  const organization = draft.organizations.get(row.text("organization_id") ?? "");
  if (organization === undefined) return;
  const { organizationId, alias, members = [] } = organization;
  const name = `${userId} of ${named(organizationId, alias)}`;
  const budget = draft.budgetRows.get(row.text("budget_id") ?? "");
  const known = organizationRoles.find((one) => one === role);
  const made = draft.findings.made(
    "organization member",
    name,
    budget !== undefined && refusesRequests(limitsOfRow(budget)) ? ["organization_member_budget"] : [],
    () => ({ userId, role: known ?? ("internal_user" as const) }),
  );
  if (made === undefined) return;
  if (known === undefined) draft.findings.unknownRole("organization member", name, role);
  draft.organizations.set(organizationId, { ...organization, members: [...members, made] });
  draft.ensureUser(userId);
}
