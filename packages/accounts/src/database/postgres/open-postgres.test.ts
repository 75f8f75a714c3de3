import { randomUUID } from "node:crypto";
import { describeWithPostgres } from "./describe-with-postgres.test.support.js";
import { GatewayLock, type GatewayLockOptions } from "./gateway-lock.js";
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
    expect(versions.map(({ part }) => part)).toEqual(["directory", "gateways", "ledger"]);
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
    const take = async (
      settings: PostgresSettings,
      company: "alone" | "together",
      { onLost = () => undefined, timers }: Partial<GatewayLockOptions> = {},
    ): Promise<GatewayLock> => {
      const lock = await GatewayLock.take(settings, {
        company,
        waitMs: 0,
        onLost,
        ...(timers !== undefined && { timers }),
      });
      locks.push(lock);
      return lock;
    };
    afterEach(async () => {
      for (const lock of locks.splice(0)) await lock.release();
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
      const lost: string[] = [];
      const tries: (() => void)[] = [];
      let noticed = (): void => undefined;
      let told = (): void => undefined;
      const bothHaveNoticed = new Promise<void>((resolve) => (noticed = resolve));
      const oneIsTold = new Promise<void>((resolve) => (told = resolve));
      const watched: Partial<GatewayLockOptions> = {
        onLost: (reason) => {
          lost.push(reason);
          told();
        },
        // They try again when the test says so, not before the thief has come.
        timers: {
          after: (_, tryAgain) => {
            if (tries.push(tryAgain) === 2) noticed();
            return () => undefined;
          },
        },
      };
      await take(kept, "alone", watched);
      await take(stolen, "alone", watched);
      await server.query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()",
      );
      // The server drops a lock a moment after its connection.
      let thief: GatewayLock | undefined;
      while (thief === undefined) thief = await take(stolen, "alone").catch(() => undefined);
      await bothHaveNoticed;
      for (const tryAgain of tries) tryAgain();
      await oneIsTold;
      while (!(await isHeld(kept)));
      expect(lost).toEqual([expect.stringContaining(stolen.schema)]);
      await expect(take(kept, "alone")).rejects.toThrow(PostgresError);
    });

    async function isHeld({ schema }: PostgresSettings): Promise<boolean> {
      const rows = await server.query(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = (hashtext($1)::bigint & 4294967295)::oid",
        [schema],
      );
      return rows.length > 0;
    }
  });
});
