import { type UserRole, userRoles } from "../directory/records.js";
import { meterOf } from "../payers/meters.js";
import { limitsOfRow } from "./limits-of-row.js";
import type { LiteLlmRow } from "./litellm-row.js";
import type { PlanDraft } from "./plan-draft.js";
import { filled, restrictionsOf } from "./restrictions.js";
import { named, plain } from "./row-parts.js";

export function planBudget(draft: PlanDraft, row: LiteLlmRow): void {
  const budgetId = row.text("budget_id") ?? "";
  draft.budgetRows.set(budgetId, row);
  const made = draft.findings.made("budget", budgetId, filled(row, ["allowed_models"]), () => ({
    budgetId,
    limits: limitsOfRow(row),
  }));
  if (made === undefined) draft.leftOut.budget.add(budgetId);
  else draft.budgets.push(made);
}

export function planUser(draft: PlanDraft, row: LiteLlmRow): void {
  const userId = row.text("user_id") ?? "";
  const [alias, email, role] = [row.text("user_alias"), row.text("user_email"), row.text("user_role")];
  const name = named(userId, alias ?? email);
  const known = userRoles.find((one) => one === role);
  const made = draft.findings.made("user", name, restrictionsOf(row), () => ({
    userId,
    ...(alias !== undefined && { alias }),
    ...(email !== undefined && { email }),
    role: known ?? ("internal_user" satisfies UserRole),
    models: row.texts("models"),
    metadata: plain(row.object("metadata")),
    limits: limitsOfRow(row),
  }));
  if (made === undefined) return;
  if (role !== undefined && known === undefined) draft.findings.unknownRole("user", name, role);
  if (row.text("password") !== undefined)
    draft.findings.add("user", name, "changed", "its password for LiteLLM's admin page does not come");
  draft.users.set(userId, made);
  draft.carry("user", name, meterOf.user(userId), row, made);
}

export function planCustomer(draft: PlanDraft, row: LiteLlmRow): void {
  const customerId = row.text("user_id") ?? "";
  const [alias, defaultModel] = [row.text("alias"), row.text("default_model")];
  const name = named(customerId, alias);
  const made = draft.findings.made("customer", name, filled(row, ["allowed_model_region"]), () => ({
    customerId,
    ...(alias !== undefined && { alias }),
    blocked: row.flag("blocked"),
    ...draft.budgetOf(row),
    ...(defaultModel !== undefined && { defaultModel }),
    limits: {},
  }));
  if (made === undefined) return;
  draft.customers.push(made);
  draft.carry("customer", name, meterOf.customer(customerId), row, made);
}

export function planTag(draft: PlanDraft, row: LiteLlmRow): void {
  const tag = row.text("tag_name") ?? "";
  const description = row.text("description");
  const made = draft.findings.made("tag", tag, [], () => ({
    name: tag,
    ...(description !== undefined && { description }),
    ...draft.budgetOf(row),
    limits: {},
  }));
  if (made === undefined) return;
  if (row.texts("models").length > 0)
    draft.findings.add(
      "tag",
      tag,
      "changed",
      "the deployments that it chooses are those with its name in their config here",
    );
  draft.tags.push(made);
  draft.carry("tag", tag, meterOf.tag(tag), row, made);
}
