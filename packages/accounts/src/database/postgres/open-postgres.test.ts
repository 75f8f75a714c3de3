import { randomUUID } from "node:crypto";
import { describeWithPostgres } from "./describe-with-postgres.test.support.js";
import { GatewayLock } from "./gateway-lock.js";
import { PostgresError, isPreparedPostgres, preparePostgres } from "./open-postgres.js";
import { PostgresServer } from "./postgres-server.test.support.js";
import { type PostgresSettings, settingsFromPostgresUrl } from "./postgres-settings.js";

describeWithPostgres("a PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());

  const fresh = (): PostgresSettings => server.settings(`s_${randomUUID().replaceAll("-", "")}`);
  const tablesOf = async ({ schema }: PostgresSettings): Promise<string[]> =>
    (
      await server.query<{ name: string }>(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1",
        [schema],
      )
    ).map(({ name }) => name);

  it("is prepared by one of many gateways that start together, and once", async () => {
    const settings = fresh();
    await Promise.all(Array.from({ length: 8 }, () => preparePostgres(settings)));
    expect(await tablesOf(settings)).toEqual(
      expect.arrayContaining(["attempts", "keys", "migrations", "spend"]),
    );
    await preparePostgres(settings);
    const versions = await server.query(
      `SELECT part, version FROM ${settings.schema}.migrations ORDER BY part`,
    );
    expect(versions.map(({ part }) => part)).toEqual(["directory", "ledger"]);
  });

  it("keeps LiteLLM's tables as they are, beside ours, and refuses their schema", async () => {
    const theirs = fresh();
    await server.query(`CREATE SCHEMA ${theirs.schema}`);
    await server.query(`CREATE TABLE ${theirs.schema}."LiteLLM_VerificationToken" (token TEXT PRIMARY KEY)`);
    await expect(preparePostgres(theirs)).rejects.toThrow(
      /has tables that are not Darkroom's \(LiteLLM_VerificationToken\): choose another schema/,
    );
    expect(await tablesOf(theirs)).toEqual(["LiteLLM_VerificationToken"]);
    await preparePostgres(fresh());
    expect(await tablesOf(theirs)).toEqual(["LiteLLM_VerificationToken"]);
  });

  it("takes a schema that an administrator has made", async () => {
    const settings = fresh();
    await server.query(`CREATE SCHEMA ${settings.schema}`);
    await preparePostgres(settings);
    expect(await tablesOf(settings)).toContain("attempts");
  });

  it("says whether it is prepared, and makes nothing for it", async () => {
    const settings = fresh();
    expect(await isPreparedPostgres(settings)).toBe(false);
    expect(await tablesOf(settings)).toEqual([]);
    await preparePostgres(settings);
    expect(await isPreparedPostgres(settings)).toBe(true);
    await server.query(`UPDATE ${settings.schema}.migrations SET version = 1 WHERE part = 'ledger'`);
    await expect(isPreparedPostgres(settings)).rejects.toThrow("its tables are of another version");
  });

  it("refuses tables of a newer version, and leaves them", async () => {
    const settings = fresh();
    await preparePostgres(settings);
    await server.query(`UPDATE ${settings.schema}.migrations SET version = 99 WHERE part = 'ledger'`);
    await expect(preparePostgres(settings)).rejects.toThrow(
      /was written by a newer version of Darkroom .* is 99/,
    );
  });

  it("tells where it is, and no secret, when it cannot be reached", async () => {
    const settings = settingsFromPostgresUrl("postgresql://ann:hunter2@127.0.0.1:1/books");
    const failed = preparePostgres(settings);
    await expect(failed).rejects.toThrow(
      /^The database 'books' on 127\.0\.0\.1:1, schema 'darkroom', cannot be used: /,
    );
    await expect(failed).rejects.not.toThrow(/hunter2/);
  });

  it("is reached over its socket", async () => {
    const url = `postgresql://darkroom@/postgres?host=${server.folder}&port=${server.port}`;
    const settings = settingsFromPostgresUrl(url, fresh().schema);
    await preparePostgres(settings);
    expect(await tablesOf(settings)).toContain("attempts");
  });

  describe("a gateway's lock", () => {
    const locks: GatewayLock[] = [];
    const lost: string[] = [];
    const take = async (settings: PostgresSettings, company: "alone" | "together"): Promise<GatewayLock> => {
      const lock = await GatewayLock.take(settings, {
        company,
        waitMs: 0,
        onLost: (reason) => lost.push(reason),
      });
      locks.push(lock);
      return lock;
    };
    afterEach(async () => {
      for (const lock of locks.splice(0)) await lock.release();
      lost.length = 0;
    });

    it("is one gateway's that is alone, and any number's that share their limits, never both", async () => {
      const settings = fresh();
      const alone = await take(settings, "alone");
      await expect(take(settings, "alone")).rejects.toThrow(/is in use: another gateway works on it/);
      await expect(take(settings, "together")).rejects.toThrow(PostgresError);
      await take(fresh(), "alone");
      await alone.release();
      await take(settings, "together");
      await take(settings, "together");
      await expect(take(settings, "alone")).rejects.toThrow(PostgresError);
    });

    it("is taken again after its connection was lost, or else the gateway is told to end", async () => {
      const [kept, stolen] = [fresh(), fresh()];
      await take(kept, "alone");
      await take(stolen, "alone");
      const drop = async (): Promise<void> => {
        await server.query(
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()",
        );
      };
      await drop();
      // The server drops a lock a moment after its connection.
      let thief: GatewayLock | undefined;
      while (thief === undefined) thief = await take(stolen, "alone").catch(() => undefined);
      while (lost.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(lost).toEqual([expect.stringContaining(stolen.schema)]);
      const held = async (): Promise<number> => {
        const [row] = await server.query<{ count: string }>(
          "SELECT count(*) AS count FROM pg_locks WHERE locktype = 'advisory' AND granted",
        );
        return Number(row?.count);
      };
      while ((await held()) < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(lost).toHaveLength(1);
      await thief.release();
    });
  });
});
