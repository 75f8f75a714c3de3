import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { removeTemporaryFolders, temporaryFolder } from "../journal/journal-folder.test.support.js";
import { describeWithPostgres } from "../database/postgres/describe-with-postgres.test.support.js";
import { preparePostgres } from "../database/postgres/open-postgres.js";
import { PostgresServer } from "../database/postgres/postgres-server.test.support.js";
import type { PostgresSettings } from "../database/postgres/postgres-settings.js";
import { ManualTimers } from "../manual-timers.test.support.js";
import { type GatewayChannel, SharedFeed } from "./shared-feed.js";
import { openForReading } from "../database/open-database.js";
import { Directory, directoryPath } from "./directory.js";
import { ConflictError, NotFoundError } from "./errors.js";
import type { DirectoryChange } from "./feed.js";
import { secretHash } from "./key-secret.js";
import { type NewKey, createKey, deleteKey, rotateKey } from "./keys.js";
import { addMember, deleteTeam, removeMember } from "./teams.js";
import { deleteUser } from "./users.js";

const plain: NewKey = {
  blocked: false,
  models: [],
  aliases: {},
  tags: [],
  metadata: {},
  limits: {},
};

let directory: Directory;
let nowMs: number;

beforeEach(() => {
  nowMs = Date.parse("2026-11-28T12:00:00Z");
});
afterEach(() => directory.close());
afterAll(removeTemporaryFolders);

const create = (given: Partial<NewKey> = {}, secret?: string) =>
  directory.change("test", (change) => createKey(change, { ...plain, ...given }, secret));

const addTeam = (teamId: string) =>
  directory.change("test", (change) =>
    change.teams.add({
      teamId,
      blocked: false,
      models: [],
      aliases: {},
      tags: [],
      metadata: {},
      limits: {},
      memberLimits: {},
      createdAtMs: nowMs,
      createdBy: "test",
      updatedAtMs: nowMs,
      updatedBy: "test",
    }),
  );

/** What holds of a directory wherever it is kept. */
function behavesAsDirectory(open: () => Promise<Directory>): void {
  beforeEach(async () => {
    directory = await open();
  });

  describe("a key", () => {
    it("keeps amounts exact", async () => {
      const limits = {
        maxBudgetNanoUsd: 2n ** 60n + 1n,
        budgetWindows: [{ limitNanoUsd: 1n, duration: "1d" }],
      };
      const { key } = await create({ limits });
      expect((await directory.read.keys.get(key.keyId))?.limits).toEqual(limits);
    });

    it("shares neither secret nor alias with another one, and nothing is left of the attempt", async () => {
      await create({ alias: "one" }, "sk-mine");
      await expect(create({ alias: "one" })).rejects.toThrow(new ConflictError("key", "alias", "one"));
      await expect(create({}, "sk-mine")).rejects.toBeInstanceOf(ConflictError);
      expect(await directory.read.keys.count({})).toBe(1);
      expect(await directory.read.secrets.count({})).toBe(1);
      expect(await directory.version()).toBe(1);
    });

    it("keeps its id and limits when its secret is changed, and both are known until the grace is over", async () => {
      const { key, secret } = await create({ limits: { rpm: 3 } });
      const rotated = await directory.change("test", (change) =>
        rotateKey(change, key.keyId, { graceMs: 60_000 }),
      );
      expect(rotated.secret).not.toBe(secret);
      expect(rotated.key).toMatchObject({
        keyId: key.keyId,
        limits: { rpm: 3 },
        hash: secretHash(rotated.secret),
      });
      expect(await directory.read.secrets.get(key.hash)).toEqual({
        hash: key.hash,
        keyId: key.keyId,
        validUntilMs: nowMs + 60_000,
      });
      expect(await directory.read.secrets.get(rotated.key.hash)).toEqual({
        hash: rotated.key.hash,
        keyId: key.keyId,
      });

      const again = await directory.change("test", (change) =>
        rotateKey(change, key.keyId, { secret: "sk-chosen" }),
      );
      expect(again.secret).toBe("sk-chosen");
      expect(await directory.read.secrets.get(rotated.key.hash)).toBeUndefined();
      expect(await directory.read.secrets.count({})).toBe(2);
      nowMs += 60_000;
      await directory.change("test", (change) => rotateKey(change, key.keyId, { graceMs: 60_000 }));
      expect(await directory.read.secrets.get(key.hash)).toBeUndefined();
      await directory.change("test", (change) => deleteKey(change, key.keyId));
      expect(await directory.read.secrets.count({})).toBe(0);
      expect(await directory.read.keys.count({})).toBe(0);
    });
  });

  it("removes a team with its keys and members, and a user likewise", async () => {
    await addTeam("red");
    await addTeam("blue");
    await directory.change("test", (change) =>
      addMember(change, { teamId: "red", userId: "ann", role: "user", limits: {} }),
    );
    await directory.change("test", (change) =>
      addMember(change, { teamId: "blue", userId: "ann", role: "admin", limits: {} }),
    );
    expect(await directory.read.users.get("ann")).toMatchObject({ role: "internal_user" });
    await create({ teamId: "red", userId: "ann" });
    await create({ teamId: "red" });
    const { key } = await create({ teamId: "blue", userId: "ann" });
    await directory.change("test", (change) => deleteTeam(change, "red"));
    expect((await directory.read.keys.find({})).map(({ keyId }) => keyId)).toEqual([key.keyId]);
    expect(await directory.read.members.count({ userId: "ann" })).toBe(1);
    await directory.change("test", (change) => removeMember(change, { teamId: "blue", userId: "ann" }));
    expect(await directory.read.keys.count({})).toBe(0);
    await directory.change("test", (change) => deleteUser(change, "ann"));
    expect(await directory.read.users.count({})).toBe(0);
    await expect(directory.change("test", (change) => deleteUser(change, "ann"))).rejects.toThrow(
      new NotFoundError("user", "ann"),
    );
  });

  it("lists in pages, the newest first, what fits", async () => {
    for (const alias of ["a", "b", "c", "d", "e"]) {
      nowMs += 1;
      await create({ alias, ...(alias < "d" && { userId: "ann" }) });
    }
    const list = await directory.read.keys.list({ where: { userId: "ann" }, page: 1, size: 2 });
    expect(list.records.map(({ alias }) => alias)).toEqual(["c", "b"]);
    expect(list.total).toBe(3);
    const next = await directory.read.keys.list({ where: { userId: "ann" }, page: 2, size: 2 });
    expect(next.records.map(({ alias }) => alias)).toEqual(["a"]);
    expect((await directory.read.keys.find({ userId: null })).map(({ alias }) => alias)).toEqual(["e", "d"]);
  });

  it("names every id, however many there are", async () => {
    const customers = Array.from({ length: 5_001 }, (_, index) => `customer ${index}`);
    for (let from = 0; from < customers.length; from += 500)
      await directory.noteCustomers(customers.slice(from, from + 500));
    const named: string[] = [];
    for await (const ids of directory.read.customers.ids()) named.push(...ids);
    expect(named.sort()).toEqual(customers.sort());
    for await (const ids of directory.read.teams.ids()) expect(ids).toBe("none");
  });

  it("tells of each change with consecutive versions, once it is there, and writes down who made it", async () => {
    const told: DirectoryChange[] = [];
    directory.feed.subscribe((change) => told.push(change));
    const { key } = await create();
    await directory.change("ann", (change) => change.keys.replace({ ...key, blocked: true }));
    await expect(
      directory.change("ann", async (change) => {
        await change.keys.replace({ ...key, blocked: false });
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(told).toEqual([
      {
        version: 1,
        records: [
          { kind: "secret", id: key.hash, how: "put" },
          { kind: "key", id: key.keyId, how: "put" },
        ],
      },
      { version: 2, records: [{ kind: "key", id: key.keyId, how: "put" }] },
    ]);
    const [last] = await directory.audit({ limit: 1 });
    expect(last).toMatchObject({
      version: 2,
      changedBy: "ann",
      kind: "key",
      recordId: key.keyId,
      before: { blocked: false },
      after: { blocked: true },
      atMs: nowMs,
    });
  });

  it("notes customers by their use, once, and says nothing of it", async () => {
    const told: DirectoryChange[] = [];
    directory.feed.subscribe((change) => told.push(change));
    await directory.noteCustomers(["zoe", "tom"]);
    const tom = await directory.change("test", async (change) => {
      const customer = { ...(await change.customers.existing("tom")), blocked: true };
      await change.customers.replace(customer);
      return customer;
    });
    await directory.noteCustomers(["tom", "ann"]);
    await directory.noteCustomers([]);
    expect(await directory.read.customers.get("tom")).toEqual(tom);
    expect(await directory.read.customers.count({})).toBe(3);
    expect(told).toHaveLength(1);
  });

  it("makes changes one after the other, however many come at once", async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => create({ alias: `key ${index}` })));
    expect(await directory.version()).toBe(20);
  });
}

describe("in SQLite", () => {
  let folder: string;
  const open = (): Promise<Directory> => {
    folder = temporaryFolder();
    return Promise.resolve(Directory.open({ folder, now: () => nowMs }));
  };

  behavesAsDirectory(open);

  it("keeps a key without its secret, in a file that belongs to its owner", async () => {
    const { key, secret } = await create({ alias: "one" });
    expect(secret).toMatch(/^sk-[\w-]{32}$/);
    expect(key).toMatchObject({
      keyId: secretHash(secret),
      hash: secretHash(secret),
      name: `sk-...${secret.slice(-4)}`,
    });
    await directory.close();
    // All is in the one file.
    expect(statSync(`${directoryPath(folder)}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
    for (const file of ["", "-wal"].map((end) => `${directoryPath(folder)}${end}`)) {
      const content =
        statSync(file, { throwIfNoEntry: false }) === undefined ? "" : readFileSync(file, "latin1");
      expect(content).not.toContain(secret);
    }
    expect(statSync(directoryPath(folder)).mode & 0o777).toBe(process.platform === "win32" ? 0o666 : 0o600);
    directory = Directory.open({ folder });
    expect(await directory.read.keys.get(key.keyId)).toEqual(key);
  });

  it("is made by one of several processes that start together", async () => {
    const shared = temporaryFolder();
    const program = new URL("./open-directory.test.support.js", import.meta.url);
    const built = new URL(program.href.replace("/src/", "/dist/"));
    const children = Array.from({ length: 4 }, () =>
      fork(built, [shared], { stdio: ["ignore", "pipe", "pipe", "ipc"] }),
    );
    const outputs = children.map(async (child) => {
      let text = "";
      child.stderr?.on("data", (chunk: Buffer) => (text += chunk.toString()));
      const [code] = (await once(child, "exit")) as [number];
      return `${code}${text}`;
    });
    expect(await Promise.all(outputs)).toEqual(["0", "0", "0", "0"]);
    const database = openForReading(directoryPath(shared));
    expect(database.prepare("SELECT version FROM state").all()).toEqual([{ version: 0n }]);
    database.close();
  }, 60_000);

  it("says which file it is that cannot be used", async () => {
    const broken = temporaryFolder();
    const { writeFileSync } = await import("node:fs");
    writeFileSync(directoryPath(broken), "A text is no database, however long it may be. ".repeat(200));
    expect(() => Directory.open({ folder: broken })).toThrow(`${directoryPath(broken)}, cannot be used: `);
  });
});

describeWithPostgres("in PostgreSQL", () => {
  let server: PostgresServer;
  let schemas = 0;
  let settings: PostgresSettings;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());

  const connect = (channel?: GatewayChannel): Promise<Directory> =>
    Directory.connect({
      postgres: settings,
      feed: new SharedFeed({ ...(channel !== undefined && { channel }), timers: new ManualTimers() }),
      now: () => nowMs,
    });

  behavesAsDirectory(async () => {
    settings = server.settings(`directory_${(schemas += 1)}`);
    await preparePostgres(settings);
    return connect();
  });

  it("is kept without its secrets", async () => {
    const { secret } = await create({ alias: "one" });
    const tables = await server.query<{ text: string }>(
      `SELECT row_to_json(k)::text || row_to_json(s)::text AS text FROM ${settings.schema}.keys k, ${settings.schema}.secrets s`,
    );
    expect(tables).toHaveLength(1);
    expect(JSON.stringify(tables)).not.toContain(secret);
  });

  it("serializes the changes of several gateways, and each learns of the others' in order", async () => {
    const other = await connect();
    const told: number[] = [];
    other.feed.subscribe(({ version }) => told.push(version));
    const make = (one: Directory, alias: string) =>
      one.change("test", (change) => createKey(change, { ...plain, alias }));
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => make(index % 2 === 0 ? directory : other, `key ${index}`)),
    );
    await make(other, "last");
    expect(told).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    expect(await directory.read.keys.count({})).toBe(21);
    await other.close();
  });

  it("gives an alias to one of two gateways that ask for it at once", async () => {
    const other = await connect();
    const make = (one: Directory) =>
      one.change("test", (change) => createKey(change, { ...plain, alias: "mine" }));
    const made = await Promise.allSettled([make(directory), make(other)]);
    expect(made.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(made.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { name: "ConflictError" },
    });
    await other.close();
  });
});
