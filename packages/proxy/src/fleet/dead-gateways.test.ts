import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GatewayRegister,
  type IntentRecord,
  Journal,
  Reports,
  preparePostgres,
  settingsFromPostgresUrl,
} from "@darkroom/accounts";
import { LostReservations, RedisConnection } from "@darkroom/router";
import Database from "libsql";
import { pino } from "pino";
import { ReservedMoney, ownNamesIn } from "../books/reserved-money.test.support.js";
import { openLimitsStore } from "../limits/limits-store.js";
import { StoreServer, describeWithStores } from "../system/store-servers.js";
import { DeadGateways } from "./dead-gateways.js";

const log = pino({ enabled: false });
/** As if everybody had been silent for long enough. */
const settings = { adopts: true, silentAfterMs: 0, lostAfterMs: 0 };

function intentOf(attemptId: string): IntentRecord {
  return {
    ...{
      attemptId,
      requestId: `request of ${attemptId}`,
      atMs: Date.now(),
      requestedModel: "edits",
      group: "edits",
    },
    ...{
      deploymentId: "one",
      provider: "openai",
      model: "gpt-image-1",
      retry: 0,
      fallback: 0,
      n: 1,
      stream: false,
    },
    ...{ inputImages: 1, promptBytes: 13, charges: [{ meter: "proxy", period: "2026-11-28T10:00" }] },
    ...{ estimateNanoUsd: 60n, priceVersion: "1" },
  };
}

describeWithStores("gateways that have fallen silent", () => {
  let redis: StoreServer;
  let postgres: StoreServer;
  const closing: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    [redis, postgres] = await Promise.all([StoreServer.redis(), StoreServer.postgres()]);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => Promise.all([redis.stop(), postgres.stop()]));

  const begin = async () => {
    const database = settingsFromPostgresUrl(postgres.url, `s_${randomUUID().replaceAll("-", "")}`);
    await preparePostgres(database, 30_000);
    const redisSettings = ownNamesIn(redis.url);
    const limits = await openLimitsStore({ settings: redisSettings, onFailure: "deny" }, log);
    closing.push(() => limits.close());
    const register = new GatewayRegister(database);
    closing.push(() => register.close());
    const connection = new RedisConnection(redisSettings);
    await connection.connect(5_000);
    closing.push(() => connection.close());
    const reservations = new LostReservations(connection);
    const dead = new DeadGateways({
      ...{ register, postgres: database, limits, reservations, settings, log },
      journalId: "our own",
    });
    /** A folder as a gateway leaves it that dies with one attempt under way, and one that has ended. */
    const leaveBehind = async (): Promise<{ readonly folder: string; readonly journalId: string }> => {
      const folder = mkdtempSync(join(tmpdir(), "darkroom-dead-"));
      closing.push(() => rmSync(folder, { recursive: true, force: true }));
      const journal = await Journal.open({ folder });
      for (const id of ["ended", "open"]) await journal.intend(intentOf(id));
      const outcome = { attemptId: "ended", atMs: Date.now(), images: 1, durationMs: 1 };
      await journal.conclude({ ...outcome, state: "certain", costNanoUsd: 42n });
      await journal.close();
      await register.seen({ journalId: journal.id, host: "another", folder });
      return { folder, journalId: journal.id };
    };
    const states = async (): Promise<readonly string[]> => {
      const reports = Reports.ofPostgres(database);
      const { rows } = await reports.attempts({}, { limit: 10, order: "oldest" });
      await reports.close();
      return rows.map(({ attemptId, state }) => `${attemptId} ${state}`).toSorted();
    };
    const reserve = async (journalId: string, attemptId: string): Promise<void> => {
      const money = await ReservedMoney.of(redisSettings, journalId);
      await money.reserve(attemptId, 60n);
      await money.close();
    };
    return { register, dead, leaveBehind, states, reserve };
  };

  it("have their journals adopted, and are forgotten", async () => {
    const { register, dead, leaveBehind, states } = await begin();
    const { journalId } = await leaveBehind();
    await dead.look();
    expect(await states()).toEqual(["ended certain", "open uncertain"]);
    expect(await register.find(journalId)).toBeUndefined();
    expect([dead.adoptedJournals, dead.lostJournals]).toEqual([1, 0]);
    await dead.look();
    expect(dead.adoptedJournals).toBe(1);
  });

  it("are left alone where somebody works on the folder, or another journal is in it, until they are lost", async () => {
    const { register, dead, leaveBehind, states } = await begin();
    const { folder, journalId } = await leaveBehind();
    const alive = await Journal.open({ folder });
    await dead.look();
    expect(await register.find(journalId)).toMatchObject({ state: "running" });
    expect(await states()).toEqual([]);
    await register.seen({ journalId: "of another host", host: "another", folder });
    await dead.look();
    expect(await register.find("of another host")).toMatchObject({ state: "lost" });
    expect([dead.adoptedJournals, dead.lostJournals, dead.lostAttempts]).toEqual([0, 1, 0]);
    await alive.close();
  });

  it("are lost where the journal is damaged: what it had reserved is uncertain, and the folder stays known", async () => {
    const { register, dead, leaveBehind, states, reserve } = await begin();
    const { folder, journalId } = await leaveBehind();
    await reserve(journalId, "open");
    const database = new Database(join(folder, "journal.sqlite"));
    database.exec("INSERT INTO entries SELECT sequence + 5, kind, record FROM entries");
    database.close();
    await dead.look();
    expect(await states()).toEqual(["open uncertain"]);
    expect([dead.adoptedJournals, dead.lostJournals, dead.lostAttempts]).toEqual([0, 1, 1]);
    expect(await register.find(journalId)).toMatchObject({ state: "lost" });
    const repaired = new Database(join(folder, "journal.sqlite"));
    repaired.exec("DELETE FROM entries WHERE sequence > 5");
    repaired.close();
    await dead.look();
    expect(await states()).toEqual(["ended certain", "open uncertain"]);
    expect([dead.adoptedJournals, dead.lostJournals]).toEqual([1, 1]);
    expect(await register.find(journalId)).toBeUndefined();
  });
});
