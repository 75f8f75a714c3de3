import type { Change } from "./directory.js";
import { deleteKey } from "./keys.js";
import { leaveOrganizations } from "./organizations.js";
import { memberIdOf } from "./records.js";

/** Removes a user with their memberships and their keys. @throws NotFoundError */
export async function deleteUser(change: Change, userId: string): Promise<void> {
  for (const { keyId } of await change.keys.find({ userId })) await deleteKey(change, keyId);
  for (const member of await change.members.find({ userId })) await change.members.remove(memberIdOf(member));
  await leaveOrganizations(change, userId);
  await change.users.remove(userId);
}
