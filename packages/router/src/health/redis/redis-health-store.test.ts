import { describeWithRedis } from "../../redis/describe-with-redis.test.support.js";
import { RedisConnection } from "../../redis/redis-connection.js";
import { eventually, RedisNetwork, RedisServer } from "../../redis/redis-server.test.support.js";
import type { RedisSettings } from "../../redis/redis-settings.js";
import type { Cooldown } from "../health-store.js";
import { RedisHealthStore } from "./redis-health-store.js";

describeWithRedis("a shared health store", () => {
  const closing: (() => Promise<void> | void)[] = [];
  let redis: RedisServer;

  beforeEach(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await redis.stop();
  });

  /** @param aheadMs how much the clock of that gateway is ahead */
  const storeOn = async (settings: RedisSettings, aheadMs = 0): Promise<RedisHealthStore> => {
    const connection = new RedisConnection(settings);
    const store = new RedisHealthStore(connection, { nowMs: () => Date.now() + aheadMs });
    closing.push(() => {
      store.close();
      connection.close();
    });
    await connection.connect(2000);
    await store.synchronize();
    return store;
  };
  const cooldown = (untilMs: number, thenProbe = false): Cooldown => ({
    cause: "rate limit",
    reason: "429",
    untilMs,
    thenProbe,
  });

  const known = (store: RedisHealthStore, id: string): Cooldown => store.cooldownOf(id)!;

  it("knows what another gateway has learned, whatever their clocks say", async () => {
    const one = await storeOn(redis.settings);
    const other = await storeOn(redis.settings, 3_600_000);
    const endMs = Date.now() + 60_000;
    one.coolDown("d", cooldown(endMs));
    await eventually(() => other.cooldownOf("d") !== undefined);
    const heard = other.cooldownOf("d")!;
    expect(heard).toMatchObject({ cause: "rate limit", reason: "429", thenProbe: false });
    expect(Math.abs(heard.untilMs - 3_600_000 - endMs)).toBeLessThan(20_000);
    other.recover("d", known(other, "d"));
    await eventually(() => one.cooldownOf("d") === undefined);
  });

  it("reads what was learned before it was there", async () => {
    const one = await storeOn(redis.settings);
    one.coolDown("d", cooldown(Date.now() + 60_000, true));
    await eventually(async () => (await redis.ask((client) => client.hlen("{darkroom}:cooldowns"))) === 1);
    const late = await storeOn(redis.settings);
    expect(late.cooldownOf("d")).toMatchObject({ thenProbe: true });
  });

  it("of two cooldowns the later end counts, and who has to be tried out still has to be", async () => {
    const [one, other] = [await storeOn(redis.settings), await storeOn(redis.settings)];
    const lateMs = Date.now() + 600_000;
    one.coolDown("d", cooldown(lateMs));
    await eventually(() => other.cooldownOf("d") !== undefined);
    other.coolDown("d", cooldown(Date.now() + 1000, true));
    await eventually(() => one.cooldownOf("d")?.thenProbe === true);
    for (const store of [one, other]) {
      expect(store.cooldownOf("d")?.thenProbe).toBe(true);
      expect(Math.abs(store.cooldownOf("d")!.untilMs - lateMs)).toBeLessThan(20_000);
    }
  });

  it("the end of one cooldown does not end a newer one", async () => {
    const one = await storeOn(redis.settings);
    const network = await RedisNetwork.before(redis);
    closing.push(() => network.close());
    const other = await storeOn(network.settings);
    one.coolDown("d", cooldown(Date.now() + 10));
    await eventually(() => other.cooldownOf("d") !== undefined);
    network.cut();
    one.coolDown("d", cooldown(Date.now() + 60_000));
    other.recover("d", known(other, "d"));
    network.mend();
    await eventually(() => other.cooldownOf("d") !== undefined);
    expect(one.cooldownOf("d")).toBeDefined();
  });

  it("gives a probe to one of all, until it is given back", async () => {
    const stores = [await storeOn(redis.settings), await storeOn(redis.settings)];
    const taken = await Promise.all([...stores, ...stores].map((store) => store.takeProbe("d")));
    expect(taken.filter(Boolean).length).toBe(1);
    const holder = stores[taken.indexOf(true) % 2]!;
    const other = stores.find((store) => store !== holder)!;
    other.giveProbeBack("d");
    expect(await other.takeProbe("d")).toBe(false);
    holder.giveProbeBack("d");
    await eventually(() => other.takeProbe("d"));
  });

  it("goes on without Redis, and tells afterwards", async () => {
    const network = await RedisNetwork.before(redis);
    closing.push(() => network.close());
    const one = await storeOn(network.settings);
    const other = await storeOn(redis.settings);
    one.coolDown("over", cooldown(Date.now() + 60_000));
    await eventually(() => other.cooldownOf("over") !== undefined);
    network.cut();
    one.recover("over", known(one, "over"));
    one.coolDown("begun", cooldown(Date.now() + 60_000));
    expect(one.cooldownOf("begun")).toBeDefined();
    expect(await one.takeProbe("p")).toBe(true);
    expect(await one.takeProbe("p")).toBe(false);
    network.mend();
    await eventually(() => other.cooldownOf("begun") !== undefined && other.cooldownOf("over") === undefined);
  });
});
