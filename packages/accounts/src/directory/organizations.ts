import type { Change } from "./directory.js";
import { ConflictError, NotFoundError } from "./errors.js";
import { changedNow } from "./keys.js";
import type { OrganizationMember, OrganizationRecord } from "./records.js";
import { ensureUser } from "./teams.js";

/**
 * Makes users, who are made as well where there are none yet, members of an organization.
 * @throws NotFoundError where there is no such organization; ConflictError where one is a member already
 */
export async function addOrganizationMembers(
  change: Change,
  organizationId: string,
  added: readonly OrganizationMember[],
): Promise<OrganizationRecord> {
  const before = await change.organizations.existing(organizationId);
  const members = new Map((before.members ?? []).map((member) => [member.userId, member]));
  for (const member of added) {
    if (members.has(member.userId)) throw new ConflictError("member", "id", member.userId);
    await ensureUser(change, member.userId);
    members.set(member.userId, member);
  }
  return withMembers(change, before, [...members.values()]);
}

/** @throws NotFoundError */
export async function updateOrganizationMember(
  change: Change,
  organizationId: string,
  updated: OrganizationMember,
): Promise<OrganizationRecord> {
  const before = await change.organizations.existing(organizationId);
  const { members } = withMember(before, updated.userId);
  const { userId } = updated;
  return withMembers(
    change,
    before,
    members.map((member) => (member.userId === userId ? updated : member)),
  );
}

/** @throws NotFoundError */
export async function removeOrganizationMember(
  change: Change,
  organizationId: string,
  userId: string,
): Promise<OrganizationMember> {
  const before = await change.organizations.existing(organizationId);
  const { members, member } = withMember(before, userId);
  await withMembers(
    change,
    before,
    members.filter((other) => other !== member),
  );
  return member;
}

/** Takes a user out of every organization. */
export async function leaveOrganizations(change: Change, userId: string): Promise<void> {
  for (const { organizationId, members = [] } of await change.organizations.find({}))
    if (members.some((member) => member.userId === userId))
      await removeOrganizationMember(change, organizationId, userId);
}

function withMember({ members = [] }: OrganizationRecord, userId: string) {
  const member = members.find((one) => one.userId === userId);
  if (member === undefined) throw new NotFoundError("member", userId);
  return { members, member };
}

async function withMembers(
  change: Change,
  before: OrganizationRecord,
  members: readonly OrganizationMember[],
): Promise<OrganizationRecord> {
  const after = { ...before, members, ...changedNow(change) };
  await change.organizations.replace(after);
  return after;
}
