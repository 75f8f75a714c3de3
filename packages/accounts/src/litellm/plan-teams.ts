import { inherited } from "../budgets/limits.js";
import { type MemberRole, type TeamRecord, memberIdOf } from "../directory/records.js";
import { meterOf } from "../payers/meters.js";
import { limitsOfRow, memberLimitsOf } from "./limits-of-row.js";
import { type LiteLlmRow, RowError } from "./litellm-row.js";
import type { New } from "./plan.js";
import type { PlanDraft } from "./plan-draft.js";
import { filled, restrictionsOf } from "./restrictions.js";
import { aliasesOf, named, plain } from "./row-parts.js";

/** Tables of LiteLLM's that teams refer to. */
export interface OfTeams {
  /** By the number of their row. */
  readonly aliases: ReadonlyMap<number, Readonly<Record<string, string>>>;
  /** By the member's id. */
  readonly memberships: ReadonlyMap<string, LiteLlmRow>;
}

export function ofTeams(models: readonly LiteLlmRow[], memberships: readonly LiteLlmRow[]): OfTeams {
  return {
    aliases: new Map(models.map((row) => [row.number("id"), aliasesOf(row.object("aliases"))])),
    memberships: new Map(memberships.map((row) => [membershipId(row), row])),
  };
}

/** A team and its members. */
export function planTeam(draft: PlanDraft, row: LiteLlmRow, { aliases, memberships }: OfTeams): void {
  const teamId = row.text("team_id") ?? "";
  const [alias, organizationId] = [row.text("team_alias"), row.text("organization_id")];
  const name = named(teamId, alias);
  const metadata = row.object("metadata");
  const made = draft.findings.made("team", name, restrictionsOf(row), () => {
    if (organizationId !== undefined && draft.leftOut.organization.has(organizationId))
      throw new RowError("belongs to an organization that is left out");
    return {
      teamId,
      ...(organizationId !== undefined && { organizationId }),
      ...(alias !== undefined && { alias }),
      blocked: row.flag("blocked"),
      models: row.texts("models"),
      aliases: aliases.get(row.number("model_id")) ?? {},
      tags: metadata.texts("tags"),
      metadata: plain(metadata),
      limits: limitsOfRow(row),
      memberLimits: memberLimitsOf(row, draft.budgetRows),
    };
  });
  if (made === undefined) return;
  draft.teams.set(teamId, made);
  draft.carry("team", name, meterOf.team(teamId), row, made);
  draft.noteModelSpend("team", name, made.limits);
  for (const [userId, role] of membersOf(row)) planMember(draft, made, userId, role, memberships);
}

function planMember(
  draft: PlanDraft,
  team: New<TeamRecord>,
  userId: string,
  role: MemberRole,
  memberships: OfTeams["memberships"],
): void {
  const { teamId } = team;
  const id = memberIdOf({ teamId, userId });
  const name = `${userId} of ${named(teamId, team.alias)}`;
  const row = memberships.get(id);
  const budget = draft.budgetRows.get(row?.text("budget_id") ?? "");
  const restrictions = budget === undefined ? [] : filled(budget, ["allowed_models"]);
  const made = draft.findings.made("member", name, restrictions, () => ({
    teamId,
    userId,
    role,
    limits: budget === undefined ? {} : limitsOfRow(budget),
  }));
  if (made === undefined) {
    draft.leftOut.member.add(id);
    return;
  }
  draft.members.set(id, made);
  draft.ensureUser(userId);
  if (row === undefined) return;
  const limits = inherited(made.limits, team.memberLimits);
  draft.carry("member", name, meterOf.member(teamId, userId), row, { limits }, budget);
}

function membershipId(row: LiteLlmRow): string {
  return memberIdOf({ teamId: row.text("team_id") ?? "", userId: row.text("user_id") ?? "" });
}

/** Older versions have two lists of ids in place of the one with roles. */
function membersOf(team: LiteLlmRow): ReadonlyMap<string, MemberRole> {
  const members = new Map<string, MemberRole>();
  for (const userId of team.texts("members")) members.set(userId, "user");
  for (const userId of team.texts("admins")) members.set(userId, "admin");
  for (const member of team.objects("members_with_roles")) {
    const userId = member.text("user_id");
    if (userId !== undefined) members.set(userId, member.text("role") === "admin" ? "admin" : "user");
  }
  return members;
}
