import { type Limits, inherited } from "../budgets/limits.js";
import type { DirectoryReader } from "../directory/directory.js";
import type { RecordKind } from "../directory/records.js";
import {
  type KeyRecord,
  type MemberRecord,
  type OrganizationRecord,
  type TeamRecord,
  type UserRecord,
  memberIdOf,
} from "../directory/records.js";

/** A virtual key and all that decides what it may do and who pays: as it was at one moment. */
export interface KeyAccount {
  readonly key: KeyRecord;
  /** Of the secret that was shown, if it has been replaced: when it stops to be taken. Milliseconds since 1970. */
  readonly validUntilMs?: number;
  /** Absent where the key has none; undefined where it names one that is gone. */
  readonly team?: TeamRecord | undefined;
  /** Of the team. */
  readonly organization?: OrganizationRecord | undefined;
  readonly member?: MemberRecord | undefined;
  readonly user?: UserRecord | undefined;
  /** What holds for each, reusable budgets and a team's limits for its members included. */
  readonly limits: {
    readonly key: Limits;
    readonly team: Limits;
    readonly organization: Limits;
    readonly member: Limits;
    readonly user: Limits;
  };
}

/** @param hash of the secret that was shown */
export async function readKeyAccount(read: DirectoryReader, hash: string): Promise<KeyAccount | undefined> {
  const secret = await read.secrets.get(hash);
  if (secret === undefined) return undefined;
  const key = await read.keys.get(secret.keyId);
  if (key === undefined) return undefined;
  const { teamId, userId } = key;
  const team = teamId === undefined ? undefined : await read.teams.get(teamId);
  const organization =
    team?.organizationId === undefined ? undefined : await read.organizations.get(team.organizationId);
  const member =
    teamId === undefined || userId === undefined
      ? undefined
      : await read.members.get(memberIdOf({ teamId, userId }));
  const user = userId === undefined ? undefined : await read.users.get(userId);
  const budgetOf = async (id: string | undefined): Promise<Limits | undefined> =>
    id === undefined ? undefined : (await read.budgets.get(id))?.limits;
  return {
    key,
    ...(secret.validUntilMs !== undefined && { validUntilMs: secret.validUntilMs }),
    team,
    organization,
    member,
    user,
    limits: {
      key: inherited(key.limits, await budgetOf(key.budgetId)),
      team: inherited(team?.limits ?? {}, await budgetOf(team?.budgetId)),
      organization: inherited(organization?.limits ?? {}, await budgetOf(organization?.budgetId)),
      member: inherited(member?.limits ?? {}, team?.memberLimits),
      user: inherited(user?.limits ?? {}, await budgetOf(user?.budgetId)),
    },
  };
}

/** Whether a record that has changed may be part of it. */
export function dependsOn(
  { key, team, organization, user }: KeyAccount,
  { kind, id }: { readonly kind: RecordKind; readonly id: string },
): boolean {
  switch (kind) {
    case "key":
      return key.keyId === id;
    case "secret":
      // The key changes with it.
      return false;
    case "team":
      return key.teamId === id;
    case "organization":
      return team?.organizationId === id;
    case "member":
      return (
        key.teamId !== undefined &&
        key.userId !== undefined &&
        memberIdOf({ teamId: key.teamId, userId: key.userId }) === id
      );
    case "user":
      return key.userId === id;
    case "budget":
      return [key, team, organization, user].some((payer) => payer?.budgetId === id);
    case "customer":
    case "tag":
      return false;
  }
}
