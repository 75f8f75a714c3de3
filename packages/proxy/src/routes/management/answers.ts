import {
  type BudgetRecord,
  type CustomerRecord,
  type KeyRecord,
  type MemberRecord,
  type OrganizationMember,
  type OrganizationRecord,
  type TagRecord,
  type TeamRecord,
  type UserRecord,
  inherited,
  meterOf,
} from "@darkroom/accounts";
import type { ManagementContext } from "./context.js";
import { limitsAnswer } from "./limit-fields.js";
import { inDollars, isoTime } from "./values.js";

/*
 * Records as LiteLLM's answers show them: `spend` beside every one that is charged, dollars as numbers, times in ISO 8601.
 */

/** Records with what was spent on each. */
async function withSpend<Value>(
  { spendOf }: ManagementContext,
  records: readonly Value[],
  meterFor: (record: Value) => string,
): Promise<readonly { readonly record: Value; readonly spend: number }[]> {
  const meters = records.map(meterFor);
  const spent = await spendOf(meters);
  return records.map((record, index) => ({
    record,
    spend: inDollars(spent.get(meters[index] ?? "") ?? 0n),
  }));
}

export async function keyAnswers(
  context: ManagementContext,
  keys: readonly KeyRecord[],
): Promise<readonly object[]> {
  const { calendar, now } = context;
  const rows = await withSpend(context, keys, ({ keyId }) => meterOf.key(keyId));
  const budgets = new Map<string, BudgetRecord>();
  for (const budgetId of new Set(keys.flatMap((key) => key.budgetId ?? []))) {
    const budget = await context.directory.read.budgets.get(budgetId);
    if (budget !== undefined) budgets.set(budgetId, budget);
  }
  return rows.map(({ record, spend }) => {
    const budget = record.budgetId === undefined ? undefined : budgets.get(record.budgetId);
    return {
      token: record.hash,
      token_id: record.keyId,
      key_name: record.name,
      key_alias: record.alias ?? null,
      spend,
      expires: isoTime(record.expiresAtMs),
      models: record.models,
      aliases: record.aliases,
      config: {},
      user_id: record.userId ?? null,
      team_id: record.teamId ?? null,
      permissions: {},
      metadata: record.metadata,
      tags: record.tags,
      blocked: record.blocked,
      ...limitsAnswer(inherited(record.limits, budget?.limits), calendar, now()),
      model_spend: {},
      budget_id: record.budgetId ?? null,
      litellm_budget_table: budget === undefined ? null : budgetAnswer(context, budget),
      ...authoredAnswer(record),
    };
  });
}

export async function userAnswers(
  context: ManagementContext,
  users: readonly UserRecord[],
): Promise<readonly object[]> {
  const rows = await withSpend(context, users, ({ userId }) => meterOf.user(userId));
  return rows.map(({ record, spend }) => ({
    user_id: record.userId,
    user_alias: record.alias ?? null,
    user_email: record.email ?? null,
    user_role: record.role,
    spend,
    models: record.models,
    metadata: record.metadata,
    budget_id: record.budgetId ?? null,
    ...limitsAnswer(record.limits, context.calendar, context.now()),
    ...authoredAnswer(record),
  }));
}

export async function teamAnswers(
  context: ManagementContext,
  teams: readonly TeamRecord[],
): Promise<readonly object[]> {
  const { directory, calendar, now } = context;
  const rows = await withSpend(context, teams, ({ teamId }) => meterOf.team(teamId));
  const members = await directory.read.members.find({ teamId: teams.map(({ teamId }) => teamId) });
  return rows.map(({ record, spend }) => {
    const own = members.filter(({ teamId }) => teamId === record.teamId);
    const { maxBudgetNanoUsd, rpm, tpm, budgetDuration } = record.memberLimits;
    return {
      team_id: record.teamId,
      team_alias: record.alias ?? null,
      organization_id: record.organizationId ?? null,
      spend,
      models: record.models,
      model_aliases: record.aliases,
      metadata: record.metadata,
      tags: record.tags,
      blocked: record.blocked,
      budget_id: record.budgetId ?? null,
      ...limitsAnswer(record.limits, calendar, now()),
      team_member_budget: maxBudgetNanoUsd === undefined ? null : inDollars(maxBudgetNanoUsd),
      team_member_budget_duration: budgetDuration ?? null,
      team_member_rpm_limit: rpm ?? null,
      team_member_tpm_limit: tpm ?? null,
      admins: own.filter(({ role }) => role === "admin").map(({ userId }) => userId),
      members: own.map(({ userId }) => userId),
      members_with_roles: own.map(({ userId, role }) => ({ user_id: userId, role })),
      ...authoredAnswer(record),
    };
  });
}

export async function organizationAnswers(
  context: ManagementContext,
  organizations: readonly OrganizationRecord[],
): Promise<readonly object[]> {
  const { calendar, now, directory } = context;
  const rows = await withSpend(context, organizations, ({ organizationId }) =>
    meterOf.organization(organizationId),
  );
  const teams = await directory.read.teams.find({
    organizationId: organizations.map(({ organizationId }) => organizationId),
  });
  return Promise.all(
    rows.map(async ({ record, spend }) => {
      const { organizationId, budgetId } = record;
      const budget = budgetId === undefined ? undefined : await directory.read.budgets.get(budgetId);
      const limits = limitsAnswer(inherited(record.limits, budget?.limits), calendar, now());
      return {
        organization_id: organizationId,
        organization_alias: record.alias ?? null,
        spend,
        metadata: record.metadata,
        models: [],
        budget_id: budgetId ?? null,
        litellm_budget_table: { budget_id: budgetId ?? null, ...limits },
        ...limits,
        teams: teams
          .filter((team) => team.organizationId === organizationId)
          .map(({ teamId, alias }) => ({ team_id: teamId, team_alias: alias ?? null })),
        members: (record.members ?? []).map((member) => organizationMemberAnswer(organizationId, member)),
        ...authoredAnswer(record),
      };
    }),
  );
}

export function organizationMemberAnswer(
  organizationId: string,
  { userId, role }: OrganizationMember,
): object {
  return { user_id: userId, organization_id: organizationId, user_role: role, budget_id: null };
}

export async function memberAnswers(
  context: ManagementContext,
  members: readonly MemberRecord[],
): Promise<readonly object[]> {
  const rows = await withSpend(context, members, ({ teamId, userId }) => meterOf.member(teamId, userId));
  return rows.map(({ record, spend }) => ({
    user_id: record.userId,
    team_id: record.teamId,
    role: record.role,
    spend,
    litellm_budget_table: limitsAnswer(record.limits, context.calendar, context.now()),
  }));
}

export async function customerAnswers(
  context: ManagementContext,
  customers: readonly CustomerRecord[],
): Promise<readonly object[]> {
  const { calendar, now, directory } = context;
  const rows = await withSpend(context, customers, ({ customerId }) => meterOf.customer(customerId));
  return Promise.all(
    rows.map(async ({ record, spend }) => {
      const { budgetId } = record;
      const budget = budgetId === undefined ? undefined : await directory.read.budgets.get(budgetId);
      const limits = inherited(record.limits, budget?.limits);
      return {
        user_id: record.customerId,
        alias: record.alias ?? null,
        blocked: record.blocked,
        spend,
        allowed_model_region: null,
        default_model: record.defaultModel ?? null,
        budget_id: budgetId ?? null,
        litellm_budget_table:
          Object.keys(limits).length === 0
            ? null
            : { budget_id: budgetId ?? null, ...limitsAnswer(limits, calendar, now()) },
      };
    }),
  );
}

export async function tagAnswers(
  context: ManagementContext,
  tags: readonly TagRecord[],
): Promise<readonly object[]> {
  const rows = await withSpend(context, tags, ({ name }) => meterOf.tag(name));
  return rows.map(({ record, spend }) => ({
    name: record.name,
    description: record.description ?? null,
    spend,
    budget_id: record.budgetId ?? null,
    litellm_budget_table: limitsAnswer(record.limits, context.calendar, context.now()),
    ...authoredAnswer(record),
  }));
}

export function budgetAnswer({ calendar, now }: ManagementContext, budget: BudgetRecord): object {
  return {
    budget_id: budget.budgetId,
    ...limitsAnswer(budget.limits, calendar, now()),
    ...authoredAnswer(budget),
  };
}

function authoredAnswer(record: {
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}): object {
  return {
    created_at: isoTime(record.createdAtMs),
    created_by: record.createdBy,
    updated_at: isoTime(record.updatedAtMs),
    updated_by: record.updatedBy,
  };
}

/** The one of a list that was made of one. */
export function only<Value>([first]: readonly Value[]): Value {
  if (first === undefined) throw new TypeError("a list of one record has none");
  return first;
}
