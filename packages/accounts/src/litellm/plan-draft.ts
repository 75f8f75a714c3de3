import { type Limits, inherited } from "../budgets/limits.js";
import type {
  BudgetRecord,
  CustomerRecord,
  KeyRecord,
  KeySecret,
  MemberRecord,
  OrganizationRecord,
  TagRecord,
  TeamRecord,
  UserRecord,
} from "../directory/records.js";
import type { CarriedSpendRecord } from "../journal/records.js";
import { carriedOver } from "./carried-over.js";
import { Findings, type ImportedKind } from "./findings.js";
import { limitsOfRow } from "./limits-of-row.js";
import { type LiteLlmRow, RowError } from "./litellm-row.js";
import type { ImportOptions, ImportPlan, New } from "./plan.js";

/** What a payer's spend is counted for. */
interface Budgeted {
  readonly limits: Limits;
  readonly budgetId?: string;
}

/** A plan as far as it is made: what comes, and what does not, so that what refers to it cannot come either. */
export class PlanDraft {
  readonly findings: Findings;
  readonly budgetRows = new Map<string, LiteLlmRow>();
  readonly budgets: New<BudgetRecord>[] = [];
  readonly organizations = new Map<string, New<OrganizationRecord>>();
  readonly users = new Map<string, New<UserRecord>>();
  readonly teams = new Map<string, New<TeamRecord>>();
  readonly members = new Map<string, New<MemberRecord>>();
  readonly customers: New<CustomerRecord>[] = [];
  readonly tags: New<TagRecord>[] = [];
  readonly keys = new Map<string, New<KeyRecord>>();
  readonly secrets: KeySecret[] = [];
  readonly #spend: CarriedSpendRecord[] = [];
  /** By id. */
  readonly leftOut = {
    budget: new Set<string>(),
    organization: new Set<string>(),
    member: new Set<string>(),
  };

  constructor(readonly options: ImportOptions) {
    this.findings = new Findings(new Set(options.allowUnenforced));
  }

  get plan(): ImportPlan {
    return {
      budgets: this.budgets,
      organizations: [...this.organizations.values()],
      users: [...this.users.values()],
      teams: [...this.teams.values()],
      members: [...this.members.values()],
      customers: this.customers,
      tags: this.tags,
      keys: [...this.keys.values()],
      secrets: this.secrets,
      spend: this.#spend,
      findings: this.findings.all,
    };
  }

  /** @throws RowError where its budget does not come */
  budgetOf(row: LiteLlmRow): { readonly budgetId?: string } {
    const budgetId = row.text("budget_id");
    if (budgetId === undefined) return {};
    if (this.leftOut.budget.has(budgetId) || !this.budgetRows.has(budgetId))
      throw new RowError(`has the budget '${budgetId}', which does not come`);
    return { budgetId };
  }

  /** LiteLLM charges keys to users that it has no row of. */
  ensureUser(userId: string): void {
    if (this.users.has(userId)) return;
    this.users.set(userId, { userId, role: "internal_user", models: [], metadata: {}, limits: {} });
  }

  /** What a payer has spent goes on here, as far as it can. */
  carry(
    kind: ImportedKind,
    name: string,
    meter: string,
    row: LiteLlmRow,
    { limits, budgetId }: Budgeted,
    budget = this.budgetRows.get(budgetId ?? ""),
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
    if (remark !== undefined) this.findings.add(kind, name, "changed", remark);
  }

  /** Of a key or a team with budgets of single models. */
  noteModelSpend(kind: "key" | "team", name: string, { modelBudgets }: Limits): void {
    if (Object.keys(modelBudgets ?? {}).length > 0)
      this.findings.add(
        kind,
        name,
        "changed",
        "what it has spent of the budgets of single models stands in LiteLLM's cache alone; here they begin anew",
      );
  }
}
