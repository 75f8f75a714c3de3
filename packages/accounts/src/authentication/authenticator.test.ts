import { Directory, type DirectoryReader } from "../directory/directory.js";
import { LocalFeed } from "../directory/feed.js";
import { type NewKey, createKey, deleteKey, rotateKey } from "../directory/keys.js";
import { addMember } from "../directory/teams.js";
import type { Timers } from "../timers.js";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { Authenticator } from "./authenticator.js";
import { AuthenticationError } from "./errors.js";
import { MasterKey } from "./master-key.js";
import type { Principal } from "./principal.js";

const plain: NewKey = {
  blocked: false,
  models: [],
  aliases: {},
  tags: [],
  metadata: {},
  limits: {},
};
const hour = 3_600_000;

let directory: Directory;
let authenticator: Authenticator;
let nowMs: number;
/** How often the database was asked for a secret, and whether it answers. */
let lookUps: number;
let database: "there" | "away" | "hanging";

beforeEach(async () => {
  nowMs = Date.parse("2026-11-28T12:00:00Z");
  lookUps = 0;
  database = "there";
  directory = Directory.open({ folder: temporaryFolder(), now: () => nowMs });
  authenticator = await open();
});
afterEach(async () => {
  authenticator.close();
  await directory.close();
});
afterAll(removeTemporaryFolders);

function open(given: { masterKey?: MasterKey | undefined; feed?: LocalFeed } = {}): Promise<Authenticator> {
  const { masterKey = new MasterKey("sk-master"), feed = directory.feed } = given;
  return Authenticator.open({
    directory: { read: watched(directory.read), feed },
    ...("masterKey" in given && given.masterKey === undefined ? {} : { masterKey }),
    now: () => nowMs,
    timers: impatient,
  });
}

/** Waits for nothing but a database that does not answer. */
const impatient: Timers = {
  after: (_ms, late) => {
    if (database !== "hanging") return () => undefined;
    const timer = setImmediate(late);
    return () => clearImmediate(timer);
  },
};

function watched(read: DirectoryReader): DirectoryReader {
  const { secrets } = read;
  const watchedSecrets = Object.create(secrets) as typeof secrets;
  watchedSecrets.get = async (hash) => {
    lookUps += 1;
    if (database === "away") throw new Error("the database is away");
    if (database === "hanging") return new Promise(() => undefined);
    return secrets.get(hash);
  };
  watchedSecrets.ids = () => secrets.ids();
  return { ...read, secrets: watchedSecrets };
}

const create = (given: Partial<NewKey> = {}) =>
  directory.change("test", (change) => createKey(change, { ...plain, ...given }));

async function shown(secret: string | undefined): Promise<Principal> {
  return authenticator.authenticate(secret);
}

async function refusal(secret: string | undefined): Promise<string> {
  const error: unknown = await shown(secret).catch((thrown: unknown) => thrown);
  return error instanceof AuthenticationError ? error.refusal.kind : "none";
}

const author = { createdAtMs: 0, createdBy: "test", updatedAtMs: 0, updatedBy: "test" };
const addUser = (userId: string, role: "proxy_admin" | "proxy_admin_viewer" | "internal_user") =>
  directory.change("test", (change) =>
    change.users.add({ userId, role, models: [], metadata: {}, limits: {}, ...author }),
  );
const addTeam = (teamId: string, blocked = false) =>
  directory.change("test", (change) =>
    change.teams.add({
      teamId,
      blocked,
      models: [],
      aliases: {},
      tags: [],
      metadata: {},
      limits: {},
      memberLimits: { rpm: 7 },
      ...author,
    }),
  );

describe("who it is", () => {
  it("tells the operator, an admin, a viewer and a caller apart", async () => {
    await addUser("ann", "proxy_admin");
    await addUser("vic", "proxy_admin_viewer");
    await addUser("joe", "internal_user");
    expect(await shown("sk-master")).toEqual({ role: "admin", name: "master key" });
    for (const [userId, role] of [
      ["ann", "admin"],
      ["vic", "viewer"],
      ["joe", "caller"],
    ] as const) {
      const { secret, key } = await create({ userId });
      expect(await shown(secret)).toMatchObject({ role, account: { key: { keyId: key.keyId } } });
    }
  });

  it("knows team and member with what holds for them", async () => {
    await addTeam("red");
    await directory.change("test", (change) =>
      addMember(change, { teamId: "red", userId: "ann", role: "user", limits: { tpm: 5 } }),
    );
    await directory.change("test", (change) =>
      change.budgets.add({ budgetId: "small", limits: { maxBudgetNanoUsd: 5n, rpm: 1 }, ...author }),
    );
    const { secret } = await create({ teamId: "red", userId: "ann", budgetId: "small", limits: { rpm: 2 } });
    expect((await shown(secret)).account).toMatchObject({
      team: { teamId: "red" },
      user: { userId: "ann" },
      limits: { key: { maxBudgetNanoUsd: 5n, rpm: 2 }, member: { rpm: 7, tpm: 5 }, team: {}, user: {} },
    });
  });

  it("is this machine's user where there is no master key, unless a key of ours is shown", async () => {
    const { secret } = await create({ alias: "mine" });
    const blocked = await create({ blocked: true });
    authenticator.close();
    authenticator = await open({ masterKey: undefined });
    for (const any of [undefined, "any", "sk-any"])
      expect(await shown(any)).toEqual({ role: "admin", name: "this machine" });
    expect(await shown(secret)).toMatchObject({ role: "caller", name: "key mine" });
    expect(await refusal(blocked.secret)).toBe("blocked");
  });
});

describe("who is refused", () => {
  it("names why", async () => {
    await addTeam("red", true);
    const expired = await create({ expiresAtMs: nowMs });
    const blocked = await create({ blocked: true });
    const ofTeam = await create({ teamId: "red" });
    const orphan = await create({ teamId: "gone" });
    expect(await refusal(undefined)).toBe("missing");
    expect(await refusal("any")).toBe("malformed");
    expect(await refusal("sk-any")).toBe("unknown");
    expect(await refusal("sk-maste")).toBe("unknown");
    expect(await refusal(expired.secret)).toBe("expired");
    expect(await refusal(blocked.secret)).toBe("blocked");
    expect(await refusal(ofTeam.secret)).toBe("team blocked");
    expect(await refusal(orphan.secret)).toBe("team gone");
  });

  it("takes both secrets of a rotated key until the grace is over", async () => {
    const { key, secret } = await create();
    await shown(secret);
    const rotated = await directory.change("test", (change) =>
      rotateKey(change, key.keyId, { graceMs: hour }),
    );
    expect((await shown(secret)).account?.key.keyId).toBe(key.keyId);
    expect((await shown(rotated.secret)).account?.key.keyId).toBe(key.keyId);
    nowMs += hour;
    expect(await refusal(secret)).toBe("unknown");
    expect((await shown(rotated.secret)).account?.key.keyId).toBe(key.keyId);
  });
});

describe("what is remembered", () => {
  it("costs one look-up, then none, and none for wrong keys", async () => {
    const { secret } = await create();
    await Promise.all([shown(secret), shown(secret)]);
    expect(authenticator.authenticate(secret)).not.toBeInstanceOf(Promise);
    expect(lookUps).toBe(1);
    for (let index = 0; index < 10_000; index += 1)
      expect(() => authenticator.authenticate(`sk-wrong-${index}`)).toThrow();
    expect(lookUps).toBeLessThanOrEqual(2);
  });

  it("costs one look-up for a key that was deleted, however often it is shown", async () => {
    const { key, secret } = await create();
    await directory.change("test", (change) => deleteKey(change, key.keyId));
    for (let index = 0; index < 100; index += 1) expect(await refusal(secret)).toBe("unknown");
    expect(lookUps).toBe(1);
  });

  it("is gone at once when the key, its team, its member, its user or its budget changes", async () => {
    await addTeam("red");
    await addUser("ann", "internal_user");
    await directory.change("test", (change) =>
      change.budgets.add({ budgetId: "small", limits: {}, ...author }),
    );
    const { key, secret } = await create({ teamId: "red", userId: "ann", budgetId: "small" });
    const limits = async () => (await shown(secret)).account?.limits;
    await limits();
    await directory.change("test", async (change) =>
      change.budgets.replace({ ...(await change.budgets.existing("small")), limits: { rpm: 3 } }),
    );
    expect(await limits()).toMatchObject({ key: { rpm: 3 } });
    await directory.change("test", (change) =>
      addMember(change, { teamId: "red", userId: "ann", role: "user", limits: { rpm: 9 } }),
    );
    expect(await limits()).toMatchObject({ member: { rpm: 9 } });
    await directory.change("test", async (change) =>
      change.users.replace({ ...(await change.users.existing("ann")), role: "proxy_admin" }),
    );
    expect(await shown(secret)).toMatchObject({ role: "admin" });
    await directory.change("test", async (change) =>
      change.teams.replace({ ...(await change.teams.existing("red")), blocked: true }),
    );
    expect(await refusal(secret)).toBe("team blocked");
    await directory.change("test", (change) => deleteKey(change, key.keyId));
    expect(await refusal(secret)).toBe("unknown");
  });

  it("stays where another key changes", async () => {
    const { secret } = await create();
    await shown(secret);
    await create();
    await shown(secret);
    expect(lookUps).toBe(1);
  });

  it("is gone as well where a change was not told, which the next one shows", async () => {
    authenticator.close();
    const feed = new LocalFeed();
    const { key, secret } = await create();
    authenticator = await open({ feed });
    feed.publish({ version: 1, records: [] });
    await shown(secret);
    await directory.change("test", (change) => change.keys.replace({ ...key, blocked: true }));
    expect(await refusal(secret)).toBe("none");
    feed.publish({ version: 3, records: [] });
    expect(await refusal(secret)).toBe("blocked");
  });

  it.each(["away", "hanging"] as const)(
    "stands in for a database that is %s, for an hour; others are told to come back",
    async (state) => {
      const { secret } = await create();
      const other = await create();
      await shown(secret);
      database = state;
      nowMs += hour - 1;
      expect(await refusal(secret)).toBe("none");
      expect(await refusal(other.secret)).toBe("unavailable");
      expect(await refusal("sk-wrong")).toBe("unknown");
      nowMs += 1;
      expect(await refusal(secret)).toBe("unavailable");
      database = "there";
      nowMs += 1_000;
      expect(await refusal(secret)).toBe("none");
      expect(await refusal(other.secret)).toBe("none");
    },
  );

  it("asks a database that is away once a second, not for every request", async () => {
    const { secret } = await create();
    await shown(secret);
    database = "away";
    nowMs += 61_000;
    for (let index = 0; index < 100; index += 1) await shown(secret);
    expect(lookUps).toBe(2);
    nowMs += 1_000;
    await shown(secret);
    expect(lookUps).toBe(3);
    // Whoever comes in between does not put the next try off.
    database = "there";
    const other = await create();
    nowMs += 999;
    expect(await refusal(other.secret)).toBe("unavailable");
    nowMs += 1;
    expect(await refusal(other.secret)).toBe("none");
  });

  it("does not outlive a block that comes while the database is away", async () => {
    const { key, secret } = await create();
    await shown(secret);
    database = "away";
    await directory.change("test", (change) => change.keys.replace({ ...key, blocked: true }));
    expect(await refusal(secret)).toBe("unavailable");
  });

  it("is not an answer from before a change that came while it was on its way", async () => {
    const { key, secret } = await create();
    const first = authenticator.authenticate(secret);
    await directory.change("test", (change) => change.keys.replace({ ...key, blocked: true }));
    await Promise.allSettled([first]);
    expect(await refusal(secret)).toBe("blocked");
  });
});
