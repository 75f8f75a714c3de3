import type { BudgetCalendar } from "../budgets/calendar.js";
import type {
  Authored,
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
import type { Finding } from "./findings.js";

/** A record that nobody has made here yet. */
export type New<Made> = Omit<Made, keyof Authored>;

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
