import type { Change } from "./directory.js";
import { authoredNow, changedNow, deleteKey } from "./keys.js";
import { type MemberRecord, type MemberRole, memberIdOf } from "./records.js";
import type { Limits } from "../budgets/limits.js";

/** Removes a team with its memberships and its keys, which could not be charged to it any more. @throws NotFoundError */
export async function deleteTeam(change: Change, teamId: string): Promise<void> {
  for (const { keyId } of await change.keys.find({ teamId })) await deleteKey(change, keyId);
  for (const member of await change.members.find({ teamId })) await change.members.remove(memberIdOf(member));
  await change.teams.remove(teamId);
}

export interface Membership {
  readonly teamId: string;
  readonly userId: string;
  readonly role: MemberRole;
  readonly limits: Limits;
}

/**
 * Makes a user, who is made as well where there is none yet, a member of a team.
 * @throws NotFoundError where there is no such team; ConflictError where they are a member already
 */
export async function addMember(change: Change, membership: Membership): Promise<MemberRecord> {
  const { teamId, userId } = membership;
  await change.teams.existing(teamId);
  await ensureUser(change, userId);
  const member = { ...membership, ...authoredNow(change) };
  await change.members.add(member);
  return member;
}

/** @throws NotFoundError */
export async function updateMember(
  change: Change,
  { teamId, userId }: Pick<Membership, "teamId" | "userId">,
  changed: Partial<Pick<Membership, "role" | "limits">>,
): Promise<MemberRecord> {
  const member = await change.members.existing(memberIdOf({ teamId, userId }));
  const updated = { ...member, ...changed, ...changedNow(change) };
  await change.members.replace(updated);
  return updated;
}

/** Takes a user out of a team, with the keys that they have for it. @throws NotFoundError */
export async function removeMember(
  change: Change,
  { teamId, userId }: Pick<Membership, "teamId" | "userId">,
): Promise<MemberRecord> {
  const member = await change.members.existing(memberIdOf({ teamId, userId }));
  for (const { keyId } of await change.keys.find({ teamId, userId })) await deleteKey(change, keyId);
  await change.members.remove(memberIdOf(member));
  return member;
}

/** A user whom nobody has described yet may do what everybody may. */
export async function ensureUser(change: Change, userId: string): Promise<void> {
  if ((await change.users.get(userId)) !== undefined) return;
  await change.users.add({
    userId,
    role: "internal_user",
    models: [],
    metadata: {},
    limits: {},
    ...authoredNow(change),
  });
}
