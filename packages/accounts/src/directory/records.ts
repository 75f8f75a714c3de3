import type { Limits } from "../budgets/limits.js";

/** A JSON object that its owner wrote, and that is given back as it is. */
export type Metadata = Readonly<Record<string, unknown>>;

/** Who made a record, and who changed it last. Times are milliseconds since 1970. */
export interface Authored {
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

/** A virtual key. Its secret is stored nowhere. */
export interface KeyRecord extends Authored {
  /** The SHA-256 of its first secret, in hexadecimal. It stays when the secret is changed, and so does what was spent. */
  readonly keyId: string;
  /** The SHA-256 of its present secret. */
  readonly hash: string;
  /** The end of its present secret: `sk-...abcd`. */
  readonly name: string;
  readonly alias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly budgetId?: string;
  readonly expiresAtMs?: number;
  readonly blocked: boolean;
  /** Names, wildcards, access groups and LiteLLM's special names; none: all. */
  readonly models: readonly string[];
  /** Models by the name that this key calls them. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly metadata: Metadata;
  readonly limits: Limits;
}

/** One of the secrets that a key can be shown by. */
export interface KeySecret {
  /** SHA-256, in hexadecimal. */
  readonly hash: string;
  readonly keyId: string;
  /** Of one that was replaced: when it stops to be taken. */
  readonly validUntilMs?: number;
}

/** `proxy_admin` may do everything, `proxy_admin_viewer` see everything. */
export const userRoles = [
  "proxy_admin",
  "proxy_admin_viewer",
  "internal_user",
  "internal_user_viewer",
] as const;
export type UserRole = (typeof userRoles)[number];

export interface UserRecord extends Authored {
  readonly userId: string;
  readonly alias?: string;
  readonly email?: string;
  readonly role: UserRole;
  readonly budgetId?: string;
  /** For keys of this user that are no team's. */
  readonly models: readonly string[];
  readonly metadata: Metadata;
  readonly limits: Limits;
}

/** LiteLLM's names. None of them allows anything here. */
export const organizationRoles = ["org_admin", "internal_user", "internal_user_viewer"] as const;
export type OrganizationRole = (typeof organizationRoles)[number];

export interface OrganizationMember {
  readonly userId: string;
  readonly role: OrganizationRole;
}

/** The level above teams: what its teams spend is charged to it as well. */
export interface OrganizationRecord extends Authored {
  readonly organizationId: string;
  readonly alias?: string;
  readonly budgetId?: string;
  /** In the order in which they came; absent: none. */
  readonly members?: readonly OrganizationMember[];
  readonly metadata: Metadata;
  readonly limits: Limits;
}

export interface TeamRecord extends Authored {
  readonly teamId: string;
  readonly organizationId?: string;
  readonly alias?: string;
  readonly budgetId?: string;
  readonly blocked: boolean;
  readonly models: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly metadata: Metadata;
  readonly limits: Limits;
  /** Of each member that has no own. */
  readonly memberLimits: Limits;
}

export const memberRoles = ["admin", "user"] as const;
export type MemberRole = (typeof memberRoles)[number];

export interface MemberRecord extends Authored {
  readonly teamId: string;
  readonly userId: string;
  readonly role: MemberRole;
  readonly limits: Limits;
}

/** An end user, whom a caller names. */
export interface CustomerRecord extends Authored {
  readonly customerId: string;
  readonly alias?: string;
  readonly blocked: boolean;
  readonly budgetId?: string;
  readonly defaultModel?: string;
  readonly limits: Limits;
}

export interface TagRecord extends Authored {
  readonly name: string;
  readonly description?: string;
  readonly budgetId?: string;
  readonly limits: Limits;
}

/** Limits under a name, which others refer to. */
export interface BudgetRecord extends Authored {
  readonly budgetId: string;
  readonly limits: Limits;
}

/** Everything in the directory, by its kind. */
export interface DirectoryRecords {
  readonly key: KeyRecord;
  readonly secret: KeySecret;
  readonly user: UserRecord;
  readonly organization: OrganizationRecord;
  readonly team: TeamRecord;
  readonly member: MemberRecord;
  readonly customer: CustomerRecord;
  readonly tag: TagRecord;
  readonly budget: BudgetRecord;
}

export type RecordKind = keyof DirectoryRecords;

/** A member's id among all members. No team's id can make it that of another team's member. */
export function memberIdOf({ teamId, userId }: { readonly teamId: string; readonly userId: string }): string {
  return `${encodeURIComponent(teamId)}:${userId}`;
}
