import { setUp } from "../setup.mjs";

/** Keys that are made in one change. */
const batch = 1_000;

const plain = { blocked: false, models: [], aliases: {}, tags: [], metadata: {}, limits: {} };

/**
 * Makes a directory of teams, and of keys that belong to them, in a folder.
 * @param secret of the first key; absent: one is made
 * @returns the secrets of all keys
 */
export async function fillDirectory(folder, { keys, teams, secret }) {
  setUp();
  const { Directory, authoredNow, createKey } = await import("../../packages/accounts/dist/index.js");
  const directory = Directory.open({ folder });
  const secrets = [];
  await directory.change("bench", async (change) => {
    for (let team = 0; team < teams; team += 1)
      await change.teams.add({ teamId: `team-${team}`, ...plain, memberLimits: {}, ...authoredNow(change) });
  });
  for (let made = 0; made < keys; made += batch)
    await directory.change("bench", async (change) => {
      for (let index = made; index < Math.min(made + batch, keys); index += 1) {
        const key = { ...plain, alias: `key-${index}`, teamId: `team-${index % teams}` };
        secrets.push((await createKey(change, key, index === 0 ? secret : undefined)).secret);
      }
    });
  await directory.close();
  return secrets;
}
