/** A directory of many keys, as one that has been in use for years. */

/** Keys that are made in one change. */
const batch = 1_000;

const empty = { blocked: false, models: [], aliases: {}, tags: [], metadata: {}, limits: {} };

/**
 * @param {string} folder where `directory.db` is made
 * @param {{ teams: number, keys: number, limits?: object, secret?: string }} size
 *   `limits`: of every team and key; `secret`: of one key more
 * @returns {Promise<string[]>} the secrets of its keys
 */
export async function fillDirectory(folder, { teams, keys, limits = {}, secret }) {
  const { Directory, authoredNow, createKey } = await import("../../packages/accounts/dist/index.js");
  const directory = Directory.open({ folder });
  const secrets = [];
  await directory.change("bench", async (change) => {
    for (let team = 0; team < teams; team += 1) {
      const made = { teamId: `team-${team}`, ...empty, limits, memberLimits: {}, ...authoredNow(change) };
      await change.teams.add(made);
    }
    if (secret !== undefined) await createKey(change, { ...empty, limits, teamId: "team-0" }, secret);
  });
  for (let made = 0; made < keys; made += batch)
    await directory.change("bench", async (change) => {
      for (let index = made; index < Math.min(made + batch, keys); index += 1) {
        const key = { ...empty, limits, alias: `key-${index}`, teamId: `team-${index % teams}` };
        secrets.push((await createKey(change, key)).secret);
      }
    });
  await directory.close();
  return secrets;
}
