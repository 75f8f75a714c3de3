import type { SqlValue } from "../database/prepared-statement.js";
import { type DirectoryRecords, type RecordKind, memberIdOf } from "./records.js";

/** Where records of a kind are, and what they are found by. */
export interface Definition<Kind extends RecordKind> {
  readonly kind: Kind;
  readonly table: string;
  readonly idColumn: string;
  idOf(record: DirectoryRecords[Kind]): string;
  /** All but id, time and the record itself. */
  columnsOf(record: DirectoryRecords[Kind]): Readonly<Record<string, SqlValue>>;
}

export const definitions: { readonly [Kind in RecordKind]: Definition<Kind> } = {
  key: {
    kind: "key",
    table: "keys",
    idColumn: "keyId",
    idOf: ({ keyId }) => keyId,
    columnsOf: ({ alias = null, userId = null, teamId = null, budgetId = null }) => ({
      alias,
      userId,
      teamId,
      budgetId,
    }),
  },
  secret: {
    kind: "secret",
    table: "secrets",
    idColumn: "hash",
    idOf: ({ hash }) => hash,
    columnsOf: ({ keyId }) => ({ keyId }),
  },
  user: {
    kind: "user",
    table: "users",
    idColumn: "userId",
    idOf: ({ userId }) => userId,
    columnsOf: ({ email = null, role, budgetId = null }) => ({ email, role, budgetId }),
  },
  organization: {
    kind: "organization",
    table: "organizations",
    idColumn: "organizationId",
    idOf: ({ organizationId }) => organizationId,
    columnsOf: ({ alias = null, budgetId = null }) => ({ alias, budgetId }),
  },
  team: {
    kind: "team",
    table: "teams",
    idColumn: "teamId",
    idOf: ({ teamId }) => teamId,
    columnsOf: ({ alias = null, budgetId = null, organizationId = null }) => ({
      alias,
      budgetId,
      organizationId,
    }),
  },
  member: {
    kind: "member",
    table: "members",
    idColumn: "memberId",
    idOf: memberIdOf,
    columnsOf: ({ teamId, userId }) => ({ teamId, userId }),
  },
  customer: {
    kind: "customer",
    table: "customers",
    idColumn: "customerId",
    idOf: ({ customerId }) => customerId,
    columnsOf: ({ budgetId = null }) => ({ budgetId }),
  },
  tag: {
    kind: "tag",
    table: "tags",
    idColumn: "name",
    idOf: ({ name }) => name,
    columnsOf: ({ budgetId = null }) => ({ budgetId }),
  },
  budget: {
    kind: "budget",
    table: "budgets",
    idColumn: "budgetId",
    idOf: ({ budgetId }) => budgetId,
    columnsOf: () => ({}),
  },
};
