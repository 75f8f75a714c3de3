import type { Limits } from "../budgets/limits.js";

/** Whom an edit is charged to. */
export type Scope =
  | "key"
  | "organization"
  | "team"
  | "member"
  | "user"
  | "customer"
  | "tag"
  | "provider"
  | "deployment"
  | "proxy";

export interface Payer {
  readonly scope: Scope;
  /** For people and errors: of a member, the user's. No secret; of the whole proxy, it is empty. */
  readonly id: string;
  /** What people call it, where they have named it. */
  readonly alias?: string;
  /** What is spent and taken is counted under this: `team:red`. Unique among all payers. */
  readonly meter: string;
  /** What holds for it, reusable budgets and defaults included. */
  readonly limits: Limits;
}
