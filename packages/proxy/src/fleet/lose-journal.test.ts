import { randomUUID } from "node:crypto";
import {
  type PostgresSettings,
  Reports,
  enterLostAttempts,
  preparePostgres,
  settingsFromPostgresUrl,
} from "@darkroom/accounts";
import type { LostReservations } from "@darkroom/router";
import { intentOfReservation } from "../books/reservation-note.js";
import { ReservedMoney, ownNamesIn } from "../books/reserved-money.test.support.js";
import { StoreServer, describeWithStores } from "../system/store-servers.js";
import { loseJournal } from "./lose-journal.js";

describeWithStores("a journal that is lost", () => {
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
    const settings: PostgresSettings = settingsFromPostgresUrl(
      postgres.url,
      `s_${randomUUID().replaceAll("-", "")}`,
    );
    await preparePostgres(settings, 30_000);
    const money = await ReservedMoney.of(ownNamesIn(redis.url), "doomed");
    closing.push(() => money.close());
    const { reservations } = money;
    const lose = (given: Pick<LostReservations, "of" | "settle"> = reservations, aliveForMs = 0) =>
      loseJournal({ journalId: "doomed", postgres: settings, reservations: given, aliveForMs });
    const rows = async () => {
      const reports = Reports.ofPostgres(settings);
      const [attempts, spend] = await Promise.all([
        reports.attempts({}, { limit: 100, order: "oldest" }),
        reports.spend({ meter: "team:red" }),
      ]).finally(() => reports.close());
      return {
        attempts: attempts.rows.map(({ attemptId, state, costNanoUsd }) => [attemptId, state, costNanoUsd]),
        spend: spend.reduce((sum, one) => sum + one.certainNanoUsd + one.uncertainNanoUsd, 0n),
      };
    };
    /** As if its outcome had been shipped, but not settled. */
    const ship = async (nanoUsd: bigint): Promise<void> => {
      const { open } = await reservations.of("doomed", 0);
      const intents = open.flatMap((one) => intentOfReservation({ ...one, nanoUsd }) ?? []);
      expect(await enterLostAttempts(settings, "doomed", intents, Date.now())).toMatchObject({
        entered: open.map(({ admittedAs }) => admittedAs),
      });
    };
    const admit = money.reserve.bind(money);
    const meter = money.meter.bind(money);
    return { admit, lose, rows, meter, reservations, ship };
  };

  it("is left alone while its gateway is alive", async () => {
    const { admit, lose, rows, meter, reservations } = await begin();
    await admit("a", 60n);
    expect(await lose(reservations, 60_000)).toBeUndefined();
    expect(await rows()).toEqual({ attempts: [], spend: 0n });
    expect(await meter()).toEqual([0n, 60n]);
  });

  it("has its attempts entered and settled once, though whoever does so dies in between, and two do it at once", async () => {
    const { admit, lose, rows, meter, reservations } = await begin();
    await admit("a", 60n);
    // One that waited for its connection was admitted once more.
    await admit("b+1", 30n);
    const dying = {
      of: reservations.of.bind(reservations),
      settle: () => Promise.reject(new Error("it died")),
    };
    await expect(lose(dying)).rejects.toThrow("it died");
    expect(await meter()).toEqual([0n, 90n]);
    const done = await Promise.all([lose(), lose()]);
    expect(done.map((one) => one?.entered)).toEqual([0, 0]);
    expect(await rows()).toEqual({
      attempts: expect.arrayContaining([
        ["a", "uncertain", 60n],
        ["b", "uncertain", 30n],
      ]) as unknown,
      spend: 90n,
    });
    expect(await meter()).toEqual([90n, 0n]);
    expect(await lose()).toEqual({ entered: 0, nanoUsd: 0n, known: 0, left: 0 });
  });

  it("is settled at what the ledger says an attempt has cost, where that knows it", async () => {
    const { admit, lose, rows, meter, ship } = await begin();
    await admit("a", 60n);
    await ship(42n);
    expect(await lose()).toEqual({ entered: 0, nanoUsd: 0n, known: 1, left: 0 });
    expect((await rows()).spend).toBe(42n);
    expect(await meter()).toEqual([42n, 0n]);
  });

  it("keeps reserved what too little is known of to enter it", async () => {
    const { admit, lose, rows, meter } = await begin();
    await admit("a", 60n);
    await admit("b", 30n, "no note");
    expect(await lose()).toEqual({ entered: 1, nanoUsd: 60n, known: 0, left: 1 });
    expect((await rows()).spend).toBe(60n);
    expect(await meter()).toEqual([60n, 30n]);
  });
});
