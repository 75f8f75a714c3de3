import type { LiteLlmDatabase } from "./litellm-database.js";
import type { ImportOptions, ImportPlan } from "./plan.js";
import { PlanDraft } from "./plan-draft.js";
import { planKey, planOldSecret } from "./plan-keys.js";
import { planOrganization, planOrganizationMember } from "./plan-organizations.js";
import { planBudget, planCustomer, planTag, planUser } from "./plan-payers.js";
import { ofTeams, planTeam } from "./plan-teams.js";

/** Reads LiteLLM's tables and says what becomes of them here. @throws LiteLlmDatabaseError */
export async function planImport(database: LiteLlmDatabase, options: ImportOptions): Promise<ImportPlan> {
  const draft = new PlanDraft(options);
  // Each behind those that it refers to.
  for (const row of await database.rows("LiteLLM_BudgetTable")) planBudget(draft, row);
  for (const row of await database.rows("LiteLLM_OrganizationTable")) planOrganization(draft, row);
  for (const row of await database.rows("LiteLLM_UserTable")) planUser(draft, row);
  for (const row of await database.rows("LiteLLM_OrganizationMembership")) planOrganizationMember(draft, row);
  const referred = ofTeams(
    await database.rows("LiteLLM_ModelTable"),
    await database.rows("LiteLLM_TeamMembership"),
  );
  for (const row of await database.rows("LiteLLM_TeamTable")) planTeam(draft, row, referred);
  for (const row of await database.rows("LiteLLM_EndUserTable")) planCustomer(draft, row);
  for (const row of await database.rows("LiteLLM_TagTable")) planTag(draft, row);
  const aliases = new Set<string>();
  for (const row of await database.rows("LiteLLM_VerificationToken")) planKey(draft, row, aliases);
  for (const row of await database.rows("LiteLLM_DeprecatedVerificationToken")) planOldSecret(draft, row);
  return draft.plan;
}
