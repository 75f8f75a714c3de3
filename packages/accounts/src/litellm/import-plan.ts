import type { BudgetCalendar } from "../budgets/calendar.js";
import { type Limits, inherited, refusesRequests } from "../budgets/limits.js";
import {
  type BudgetRecord,
  type CustomerRecord,
  type KeyRecord,
  type KeySecret,
  type MemberRecord,
  type MemberRole,
  type OrganizationRecord,
  type TagRecord,
  type TeamRecord,
  type UserRecord,
  type UserRole,
  type Authored,
  memberIdOf,
  organizationRoles,
  userRoles,
} from "../directory/records.js";
import type { CarriedSpendRecord } from "../journal/records.js";
import { meterOf } from "../payers/meters.js";
import { carriedOver } from "./carried-over.js";
import { type Finding, Findings, type ImportedKind } from "./findings.js";
import { limitsOfRow, memberLimitsOf } from "./limits-of-row.js";
import type { LiteLlmDatabase } from "./litellm-database.js";
import { LiteLlmRow, RowError } from "./litellm-row.js";
import { filled, restrictionsOf, restrictionsOfKey } from "./restrictions.js";

type New<Made> = Omit<Made, keyof Authored>;

/** All that comes from LiteLLM. */
export interface ImportPlan {
  readonly budgets: readonly New<BudgetRecord>[];
  readonly organizations: readonly New<OrganizationRecord>[];
  readonly users: readonly New<UserRecord>[];
  readonly teams: readonly New<TeamRecord>[];
  readonly members: readonly New<MemberRecord>[];
  readonly customers: readonly New<CustomerRecord>[];
  readonly tags: readonly New<TagRecord>[];
  readonly keys: readonly New<KeyRecord>[];
  readonly secrets: readonly KeySecret[];
  readonly spend: readonly CarriedSpendRecord[];
  readonly findings: readonly Finding[];
}

export interface ImportOptions {
  /** When budgets begin anew here. */
  readonly calendar: BudgetCalendar;
  /** Settings of LiteLLM that may go unenforced. */
  readonly allowUnenforced: readonly string[];
  /** Who imports. */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Keys of LiteLLM's admin page, which it makes for each who signs in there. */
const dashboardTeam = "litellm-dashboard";

/** Reads LiteLLM's tables and says what becomes of them here. @throws LiteLlmDatabaseError */
export async function planImport(database: LiteLlmDatabase, options: ImportOptions): Promise<ImportPlan> {
  return new Planner(options).plan(database);
}

class Planner {
  readonly #findings: Findings;
  readonly #budgetRows = new Map<string, LiteLlmRow>();
  readonly #budgets: New<BudgetRecord>[] = [];
  readonly #organizations = new Map<string, New<OrganizationRecord>>();
  readonly #users = new Map<string, New<UserRecord>>();
  readonly #teams = new Map<string, New<TeamRecord>>();
  readonly #members = new Map<string, New<MemberRecord>>();
  readonly #customers: New<CustomerRecord>[] = [];
  readonly #tags: New<TagRecord>[] = [];
  readonly #keys = new Map<string, New<KeyRecord>>();
  readonly #secrets: KeySecret[] = [];
  readonly #spend: CarriedSpendRecord[] = [];
  /** By id; what refers to them cannot come either. */
  readonly #leftOut = {
    budget: new Set<string>(),
    organization: new Set<string>(),
    member: new Set<string>(),
  };

  constructor(private readonly options: ImportOptions) {
    this.#findings = new Findings(new Set(options.allowUnenforced));
  }

  async plan(database: LiteLlmDatabase): Promise<ImportPlan> {
    for (const row of await database.rows("LiteLLM_BudgetTable")) this.#addBudget(row);
    for (const row of await database.rows("LiteLLM_OrganizationTable")) this.#addOrganization(row);
    for (const row of await database.rows("LiteLLM_UserTable")) this.#addUser(row);
    for (const row of await database.rows("LiteLLM_OrganizationMembership")) this.#addOrganizationMember(row);
    const aliases = new Map(
      (await database.rows("LiteLLM_ModelTable")).map((row) => [
        row.number("id"),
        aliasesOf(row.object("aliases")),
      ]),
    );
    const memberships = new Map(
      (await database.rows("LiteLLM_TeamMembership")).map((row) => [membershipId(row), row]),
    );
    for (const row of await database.rows("LiteLLM_TeamTable")) this.#addTeam(row, aliases, memberships);
    for (const row of await database.rows("LiteLLM_EndUserTable")) this.#addCustomer(row);
    for (const row of await database.rows("LiteLLM_TagTable")) this.#addTag(row);
    const names = new Set<string>();
    for (const row of await database.rows("LiteLLM_VerificationToken")) this.#addKey(row, names);
    for (const row of await database.rows("LiteLLM_DeprecatedVerificationToken")) this.#addOldSecret(row);
    return {
      budgets: this.#budgets,
      organizations: [...this.#organizations.values()],
      users: [...this.#users.values()],
      teams: [...this.#teams.values()],
      members: [...this.#members.values()],
      customers: this.#customers,
      tags: this.#tags,
      keys: [...this.#keys.values()],
      secrets: this.#secrets,
      spend: this.#spend,
      findings: this.#findings.all,
    };
  }

  #addBudget(row: LiteLlmRow): void {
    const budgetId = row.text("budget_id") ?? "";
    this.#budgetRows.set(budgetId, row);
    const made = this.#findings.made("budget", budgetId, filled(row, ["allowed_models"]), () => ({
      budgetId,
      limits: limitsOfRow(row),
    }));
    if (made === undefined) this.#leftOut.budget.add(budgetId);
    else this.#budgets.push(made);
  }

  #addOrganization(row: LiteLlmRow): void {
    const organizationId = row.text("organization_id") ?? "";
    const alias = row.text("organization_alias");
    const name = named(organizationId, alias);
    // An organization's models bound its teams; LiteLLM's special name for all of them bounds nothing.
    const models = row.texts("models").filter((model) => model !== "all-proxy-models");
    const restrictions = [...(models.length > 0 ? ["organization_models"] : []), ...restrictionsOf(row)];
    const made = this.#findings.made("organization", name, restrictions, () => ({
      organizationId,
      ...(alias !== undefined && { alias }),
      ...this.#budgetOf(row),
      metadata: plain(row.object("metadata")),
      limits: limitsOfRow(new LiteLlmRow({ metadata: row.value("metadata") })),
    }));
    if (made === undefined) {
      this.#leftOut.organization.add(organizationId);
      return;
    }
    this.#organizations.set(organizationId, made);
    this.#carry("organization", name, meterOf.organization(organizationId), row, made);
  }

  #addUser(row: LiteLlmRow): void {
    const userId = row.text("user_id") ?? "";
    const [alias, email, role] = [row.text("user_alias"), row.text("user_email"), row.text("user_role")];
    const name = named(userId, alias ?? email);
    const known = userRoles.find((one) => one === role);
    const made = this.#findings.made("user", name, restrictionsOf(row), () => ({
      userId,
      ...(alias !== undefined && { alias }),
      ...(email !== undefined && { email }),
      role: known ?? ("internal_user" satisfies UserRole),
      models: row.texts("models"),
      metadata: plain(row.object("metadata")),
      limits: limitsOfRow(row),
    }));
    if (made === undefined) return;
    if (role !== undefined && known === undefined)
      this.#findings.add("user", name, "changed", unknownRole(role));
    if (row.text("password") !== undefined)
      this.#findings.add("user", name, "changed", "its password for LiteLLM's admin page does not come");
    this.#users.set(userId, made);
    this.#carry("user", name, meterOf.user(userId), row, made);
  }

  #addOrganizationMember(row: LiteLlmRow): void {
    const userId = row.text("user_id") ?? "";
    const role = row.text("user_role") ?? "internal_user";
    const organization = this.#organizations.get(row.text("organization_id") ?? "");
    if (organization === undefined) return;
    const { organizationId, alias, members = [] } = organization;
    const name = `${userId} of ${named(organizationId, alias)}`;
    const budget = this.#budgetRows.get(row.text("budget_id") ?? "");
    const isLimited = budget !== undefined && refusesRequests(limitsOfRow(budget));
    const restrictions = isLimited ? ["organization_member_budget"] : [];
    const known = organizationRoles.find((one) => one === role);
    const made = this.#findings.made("organization member", name, restrictions, () => ({
      userId,
      role: known ?? ("internal_user" as const),
    }));
    if (made === undefined) return;
    if (known === undefined) this.#findings.add("organization member", name, "changed", unknownRole(role));
    this.#organizations.set(organizationId, { ...organization, members: [...members, made] });
    this.#ensureUser(userId);
  }

  #addTeam(
    row: LiteLlmRow,
    aliases: ReadonlyMap<number, Readonly<Record<string, string>>>,
    memberships: ReadonlyMap<string, LiteLlmRow>,
  ): void {
    const teamId = row.text("team_id") ?? "";
    const [alias, organizationId] = [row.text("team_alias"), row.text("organization_id")];
    const name = named(teamId, alias);
    const metadata = row.object("metadata");
    const made = this.#findings.made("team", name, restrictionsOf(row), () => {
      if (organizationId !== undefined && this.#leftOut.organization.has(organizationId))
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
        memberLimits: memberLimitsOf(row, this.#budgetRows),
      };
    });
    if (made === undefined) return;
    this.#teams.set(teamId, made);
    this.#carry("team", name, meterOf.team(teamId), row, made);
    if (Object.keys(made.limits.modelBudgets ?? {}).length > 0)
      this.#findings.add("team", name, "changed", modelSpendIsNowhere);
    for (const [userId, role] of membersOf(row)) this.#addMember(made, userId, role, memberships);
  }

  #addMember(
    team: New<TeamRecord>,
    userId: string,
    role: MemberRole,
    memberships: ReadonlyMap<string, LiteLlmRow>,
  ): void {
    const { teamId } = team;
    const id = memberIdOf({ teamId, userId });
    const name = `${userId} of ${named(teamId, team.alias)}`;
    const row = memberships.get(id);
    const budget = this.#budgetRows.get(row?.text("budget_id") ?? "");
    const restrictions = budget === undefined ? [] : filled(budget, ["allowed_models"]);
    const made = this.#findings.made("member", name, restrictions, () => ({
      teamId,
      userId,
      role,
      limits: budget === undefined ? {} : limitsOfRow(budget),
    }));
    if (made === undefined) {
      this.#leftOut.member.add(id);
      return;
    }
    this.#members.set(id, made);
    this.#ensureUser(userId);
    if (row !== undefined)
      this.#carry(
        "member",
        name,
        meterOf.member(teamId, userId),
        row,
        {
          limits: inherited(made.limits, team.memberLimits),
        },
        budget,
      );
  }

  #addCustomer(row: LiteLlmRow): void {
    const customerId = row.text("user_id") ?? "";
    const [alias, defaultModel] = [row.text("alias"), row.text("default_model")];
    const name = named(customerId, alias);
    const made = this.#findings.made("customer", name, filled(row, ["allowed_model_region"]), () => ({
      customerId,
      ...(alias !== undefined && { alias }),
      blocked: row.flag("blocked"),
      ...this.#budgetOf(row),
      ...(defaultModel !== undefined && { defaultModel }),
      limits: {},
    }));
    if (made === undefined) return;
    this.#customers.push(made);
    this.#carry("customer", name, meterOf.customer(customerId), row, made);
  }

  #addTag(row: LiteLlmRow): void {
    const tag = row.text("tag_name") ?? "";
    const description = row.text("description");
    const made = this.#findings.made("tag", tag, [], () => ({
      name: tag,
      ...(description !== undefined && { description }),
      ...this.#budgetOf(row),
      limits: {},
    }));
    if (made === undefined) return;
    if (row.texts("models").length > 0)
      this.#findings.add(
        "tag",
        tag,
        "changed",
        "the deployments that it chooses are those with its name in their config here",
      );
    this.#tags.push(made);
    this.#carry("tag", tag, meterOf.tag(tag), row, made);
  }

  #addKey(row: LiteLlmRow, names: Set<string>): void {
    const keyId = row.text("token") ?? "";
    const [alias, userId, teamId] = [row.text("key_alias"), row.text("user_id"), row.text("team_id")];
    const name = named(row.text("key_name") ?? `${keyId.slice(0, 8)}…`, alias);
    const metadata = row.object("metadata");
    const made = this.#findings.made("key", name, this.#restrictionsOfKey(row), () => {
      this.#checkKey(row);
      const expiresAtMs = row.time("expires");
      return {
        keyId,
        hash: keyId,
        name: row.text("key_name") ?? "sk-...",
        ...(alias !== undefined && !names.has(alias) && { alias }),
        ...(userId !== undefined && { userId }),
        ...(teamId !== undefined && { teamId }),
        ...this.#budgetOf(row),
        ...(expiresAtMs !== undefined && { expiresAtMs }),
        blocked: row.flag("blocked"),
        models: row.texts("models"),
        aliases: aliasesOf(row.object("aliases")),
        tags: metadata.texts("tags"),
        metadata: plain(metadata),
        limits: limitsOfRow(row),
      };
    });
    if (made === undefined) return;
    if (alias !== undefined && names.has(alias))
      this.#findings.add("key", name, "changed", "another key has its alias; it comes without");
    if (alias !== undefined) names.add(alias);
    if (row.flag("auto_rotate"))
      this.#findings.add("key", name, "changed", "its secret is not replaced by itself");
    if (Object.keys(made.limits.modelBudgets ?? {}).length > 0)
      this.#findings.add("key", name, "changed", modelSpendIsNowhere);
    this.#keys.set(keyId, made);
    this.#secrets.push({ hash: keyId, keyId });
    if (userId !== undefined) this.#ensureUser(userId);
    this.#carry("key", name, meterOf.key(keyId), row, made);
  }

  /** A secret that was replaced, and is taken for a while yet. */
  #addOldSecret(row: LiteLlmRow): void {
    const [hash = "", keyId = ""] = [row.text("token"), row.text("active_token_id")];
    const validUntilMs = row.time("revoke_at") ?? 0;
    if (this.#keys.has(keyId) && validUntilMs > this.options.nowMs && hashForm.test(hash))
      this.#secrets.push({ hash, keyId, validUntilMs });
  }

  #restrictionsOfKey(row: LiteLlmRow): readonly string[] {
    const organizationId = row.text("organization_id");
    const ofTeam = this.#teams.get(row.text("team_id") ?? "")?.organizationId;
    const isOutside = organizationId !== undefined && organizationId !== ofTeam;
    return [...restrictionsOfKey(row), ...(isOutside ? ["organization_id"] : [])];
  }

  /** @throws RowError */
  #checkKey(row: LiteLlmRow): void {
    const [teamId, userId] = [row.text("team_id"), row.text("user_id")];
    if (!hashForm.test(row.text("token") ?? ""))
      throw new RowError("is not kept as the SHA-256 of its secret");
    if (teamId === dashboardTeam) throw new RowError("is a session of LiteLLM's admin page");
    if (teamId === undefined) return;
    if (!this.#teams.has(teamId)) throw new RowError(`belongs to the team '${teamId}', which does not come`);
    if (userId !== undefined && this.#leftOut.member.has(memberIdOf({ teamId, userId })))
      throw new RowError(`belongs to a member of the team '${teamId}' who is left out`);
  }

  /** @throws RowError where its budget does not come */
  #budgetOf(row: LiteLlmRow): { readonly budgetId?: string } {
    const budgetId = row.text("budget_id");
    if (budgetId === undefined) return {};
    if (this.#leftOut.budget.has(budgetId) || !this.#budgetRows.has(budgetId))
      throw new RowError(`has the budget '${budgetId}', which does not come`);
    return { budgetId };
  }

  /** LiteLLM charges keys to users that it has no row of. */
  #ensureUser(userId: string): void {
    if (this.#users.has(userId)) return;
    this.#users.set(userId, { userId, role: "internal_user", models: [], metadata: {}, limits: {} });
  }

  #carry(
    kind: ImportedKind,
    name: string,
    meter: string,
    row: LiteLlmRow,
    { limits, budgetId }: { readonly limits: Limits; readonly budgetId?: string },
    budget = this.#budgetRows.get(budgetId ?? ""),
  ): void {
    const ofBudget = budget === undefined ? undefined : limitsOfRow(budget);
    const { calendar, by, nowMs } = this.options;
    const spend = {
      meter,
      nanoUsd: row.spend(),
      duration: inherited(limits, ofBudget).budgetDuration,
      resetAtMs: row.time("budget_reset_at") ?? budget?.time("budget_reset_at"),
    };
    const { record, remark } = carriedOver(spend, calendar, by, nowMs);
    if (record !== undefined) this.#spend.push(record);
    if (remark !== undefined) this.#findings.add(kind, name, "changed", remark);
  }
}

const hashForm = /^[0-9a-f]{64}$/;

const modelSpendIsNowhere =
  "what it has spent of the budgets of single models stands in LiteLLM's cache alone; here they begin anew";

function unknownRole(role: string): string {
  return `the role '${role}' is not known here; it becomes internal_user`;
}

function named(id: string, alias: string | undefined): string {
  return alias === undefined || alias === id ? id : `${alias} (${id})`;
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

function aliasesOf(row: LiteLlmRow): Readonly<Record<string, string>> {
  return Object.fromEntries(
    row.names.flatMap((name) => {
      const model = row.text(name);
      return model === undefined ? [] : [[name, model]];
    }),
  );
}

/** What stands in fields of its own here is not kept twice. */
const inFields = new Set([
  ...[
    "tags",
    "model_rpm_limit",
    "model_tpm_limit",
    "temp_budget_increase",
    "temp_budget_expiry",
    "soft_budget",
  ],
  "team_member_budget_id",
]);

function plain(metadata: LiteLlmRow): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(metadata.toJSON()).filter(([name]) => !inFields.has(name)));
}
