import type { DirectoryReader } from "@darkroom/accounts";

/** More names a statement does not take at once. */
const mostIds = 1_000;

/** What people call payers, by their ids, of those who are in the directory and have been named. */
export async function namesOf(
  read: DirectoryReader,
  scope: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const all = [...new Set(ids)];
  for (let start = 0; start < all.length; start += mostIds)
    for (const [id, name] of await namesAmong(read, scope, all.slice(start, start + mostIds)))
      if (name !== undefined) names.set(id, name);
  return names;
}

async function namesAmong(
  read: DirectoryReader,
  scope: string,
  ids: readonly string[],
): Promise<(readonly [string, string | undefined])[]> {
  switch (scope) {
    case "key":
      return (await read.keys.find({ keyId: ids })).map(({ keyId, alias, name }) => [keyId, alias ?? name]);
    case "team":
      return (await read.teams.find({ teamId: ids })).map(({ teamId, alias }) => [teamId, alias]);
    case "organization":
      return (await read.organizations.find({ organizationId: ids })).map(({ organizationId, alias }) => [
        organizationId,
        alias,
      ]);
    case "user":
      return (await read.users.find({ userId: ids })).map(({ userId, alias, email }) => [
        userId,
        alias ?? email,
      ]);
    case "customer":
      return (await read.customers.find({ customerId: ids })).map(({ customerId, alias }) => [
        customerId,
        alias,
      ]);
    default:
      return [];
  }
}
