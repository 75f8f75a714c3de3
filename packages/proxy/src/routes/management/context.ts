import type { BudgetCalendar, Change, Directory, Ledger, ModelNames } from "@darkroom/accounts";
import type { Deployment, LimitsReport } from "@darkroom/router";
import type { Call } from "./management-route.js";
import { invalid } from "./management-route.js";

/** What the management routes work with. */
export interface ManagementContext {
  readonly directory: Directory;
  readonly calendar: BudgetCalendar;
  /** What was spent. */
  readonly ledger: Pick<Ledger, "reports" | "catchUp" | "lagEntries">;
  /** What was charged to a meter so far, of each that is asked for, in nano-dollars. */
  readonly spendOf: (meters: readonly string[]) => Promise<ReadonlyMap<string, bigint>>;
  /** Whether a secret is the operator's own, which is no virtual key. */
  readonly isMasterKey: (secret: string) => boolean;
  /** Fields of a new key whose maker says nothing of them. */
  readonly newKeyDefaults: Readonly<Record<string, unknown>>;
  /** Fields of a new key, and what they are at most. */
  readonly newKeyBounds: Readonly<Record<string, unknown>>;
  readonly modelNames: ModelNames;
  /** What clients may ask for. */
  readonly listedModels: () => readonly string[];
  readonly deployments: readonly Deployment[];
  /** How full limits are, and how deployments are doing. */
  readonly limits: () => Promise<LimitsReport>;
  readonly editsInFlight: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Changes the directory in the name of whoever called. */
export function changing<Result>(
  { directory }: ManagementContext,
  { by }: Call,
  make: (change: Change) => Promise<Result>,
): Promise<Result> {
  return directory.change(by, make);
}

/** @throws GatewayError where somebody refers to a reusable budget that there is none of */
export async function checkBudget(change: Change, budgetId: string | null | undefined): Promise<void> {
  if (budgetId === null || budgetId === undefined) return;
  if ((await change.budgets.get(budgetId)) === undefined)
    throw invalid("budget_id", `Invalid value for 'budget_id': there is no budget '${budgetId}'.`);
}

/** @throws GatewayError where somebody refers to an organization that there is none of */
export async function checkOrganization(
  change: Change,
  organizationId: string | null | undefined,
): Promise<void> {
  if (organizationId === null || organizationId === undefined) return;
  if ((await change.organizations.get(organizationId)) === undefined)
    throw invalid(
      "organization_id",
      `Invalid value for 'organization_id': there is no organization '${organizationId}'.`,
    );
}

/** @throws GatewayError where somebody refers to a team that there is none of */
export async function checkTeam(change: Change, teamId: string | null | undefined): Promise<void> {
  if (teamId === null || teamId === undefined) return;
  if ((await change.teams.get(teamId)) === undefined)
    throw invalid("team_id", `Invalid value for 'team_id': there is no team '${teamId}'.`);
}
