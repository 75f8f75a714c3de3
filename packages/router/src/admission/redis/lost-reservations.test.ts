import { RedisConnection } from "../../redis/redis-connection.js";
import { describeWithRedis } from "../../redis/describe-with-redis.test.support.js";
import { RedisServer } from "../../redis/redis-server.test.support.js";
import {
  attempt,
  fill,
  minute,
  money,
  of,
  outcomeOf,
  period,
  settlement,
} from "../conformance/asking.test.support.js";
import { Gateways, untilState } from "./gateways.test.support.js";
import { LostReservations } from "./lost-reservations.js";

const budget = money(period("team:month", 100n, 0, 8_000_000_000_000));
const perMinute = minute("quota:requests", 100n);
const aliveForMs = 60_000;

describeWithRedis("what a gateway that is lost had reserved", () => {
  const gateways = new Gateways();
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    await gateways.close();
    for (const close of closing.splice(0)) await close();
  });

  const begin = async () => {
    const redis = await RedisServer.start();
    closing.push(() => redis.stop());
    const connection = new RedisConnection(redis.settings);
    closing.push(() => connection.close());
    await connection.connect(1000);
    const lost = new LostReservations(connection);
    const [doomed, other] = [
      await gateways.start(redis.settings, { journalId: "doomed" }),
      await gateways.start(redis.settings, { journalId: "other" }),
    ];
    await other.seed([{ meter: budget, spent: 0n }]);
    return { redis, lost, doomed, other };
  };

  const paid = (id: string, nanoUsd: bigint, note = `note of ${id}`) => ({
    ...attempt(id, [[of(budget, nanoUsd), of(perMinute)]]),
    note,
  });

  it("is found by its journal for as long as it is not settled, given back or never sent", async () => {
    const { lost, doomed, other } = await begin();
    for (const id of ["open", "settled", "never sent"]) await doomed.admit(paid(id, 30n));
    await doomed.admit({ ...attempt("without money", [[of(perMinute)]]), note: "note" });
    await other.admit(paid("of another", 5n));
    await doomed.settle([settlement("settled", Date.now(), [[budget, 20n]])]);
    await doomed.release("never sent", "never sent");
    const { open, isAlive } = await lost.of("doomed", aliveForMs);
    expect(open).toMatchObject([
      { admittedAs: "open", requestId: "request of open", note: "note of open", candidate: 0, nanoUsd: 30n },
    ]);
    expect(Math.abs((open[0]?.atMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(isAlive).toBe(true);
    await doomed.close();
    expect(await lost.of("doomed", aliveForMs)).toMatchObject({ isAlive: false, open });
    expect(await lost.of("unknown", aliveForMs)).toEqual({ isAlive: false, open: [] });
  });

  it("is spent from then on, once, and nobody waits for it any more", async () => {
    const { lost, doomed, other } = await begin();
    await doomed.admit(paid("one", 60n));
    const returned = new Promise<void>((resolve) => other.onReturned(resolve));
    await lost.settle("doomed", new Map([["one", 50n]]));
    await lost.settle("doomed", new Map([["one", 60n]]));
    await returned;
    expect(await fill(other, budget)).toEqual([50n, 0n]);
    expect((await lost.of("doomed", aliveForMs)).open).toEqual([]);
    expect(await outcomeOf(other, paid("too much", 51n))).toBe("refused");
    expect(await outcomeOf(other, paid("fits", 50n))).toBe(0);
  });

  it("is corrected to what was true by whoever knows better after all, once", async () => {
    const { lost, doomed, other } = await begin();
    await doomed.admit(paid("one", 60n));
    await doomed.admit(paid("free", 30n));
    await lost.settle(
      "doomed",
      new Map([
        ["one", 60n],
        ["free", 30n],
      ]),
    );
    // As a slow gateway does, and as its journal is settled by whoever finds it: by the whole of its money.
    const truth = { attemptId: "one", admittedAtMs: Date.now(), corrections: [], money: 42n };
    await doomed.settle([settlement("free", Date.now(), [[budget, 0n]])]);
    await other.settle([truth]);
    await other.settle([truth]);
    expect(await fill(other, budget)).toEqual([42n, 0n]);
    await lost.settle(
      "doomed",
      new Map([
        ["one", 60n],
        ["free", 30n],
      ]),
    );
    expect(await fill(other, budget)).toEqual([42n, 0n]);
  });

  it("is not touched where it was settled before", async () => {
    const { lost, doomed, other } = await begin();
    await doomed.admit(paid("one", 60n));
    await doomed.settle([settlement("one", Date.now(), [[budget, 42n]])]);
    await lost.settle("doomed", new Map([["one", 60n]]));
    expect(await fill(other, budget)).toEqual([42n, 0n]);
  });

  it("is found however much it is", async () => {
    const { lost, doomed } = await begin();
    const ids = Array.from({ length: 700 }, (_, index) => `attempt ${index}`);
    for (const id of ids)
      expect(await outcomeOf(doomed, { ...attempt(id, [[of(budget, 0n)]]), note: id })).toBe(0);
    const { open } = await lost.of("doomed", aliveForMs);
    expect(new Set(open.map(({ note }) => note))).toEqual(new Set(ids));
    await lost.settle("doomed", new Map(ids.map((id) => [id, 0n])));
    expect((await lost.of("doomed", aliveForMs)).open).toEqual([]);
  });

  it("is found in a Redis that had come back empty before, and was told again", async () => {
    const { redis, lost, doomed, other } = await begin();
    await doomed.admit(paid("one", 60n));
    await redis.ask((client) => client.flushall());
    await other.admit(attempt("next", [[of(perMinute)]]));
    await doomed.admit(attempt("another", [[of(perMinute)]]));
    await untilState(doomed, "shared");
    expect((await lost.of("doomed", aliveForMs)).open).toMatchObject([
      { admittedAs: "one", note: "note of one" },
    ]);
    await other.seed([{ meter: budget, spent: 0n }]);
    await lost.settle("doomed", new Map([["one", 60n]]));
    expect(await fill(other, budget)).toEqual([60n, 0n]);
  });
});
