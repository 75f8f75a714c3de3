import { describeWithRedis } from "../../redis/describe-with-redis.test.support.js";
import { RedisNetwork, RedisServer, eventually } from "../../redis/redis-server.test.support.js";
import type { RedisSettings } from "../../redis/redis-settings.js";
import { leaseMs } from "../admission.js";
import {
  attempt,
  calls,
  fill,
  minute,
  money,
  of,
  outcomeOf,
  period,
  settlement,
} from "../conformance/asking.test.support.js";
import { Gateways, patience, untilState } from "./gateways.test.support.js";
import type { SharedAdmission } from "./shared-admission.js";
import type { SharedAdmissionSurroundings } from "./shared-admission-settings.js";

const perMinute = minute("quota:requests", 10n);
const parallel = calls("quota:calls", 4n);
const budget = money(period("team:month", 100n, 0, 8_000_000_000_000));

describeWithRedis("a shared admission", () => {
  const gateways = new Gateways();
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    await gateways.close();
    for (const close of closing.splice(0)) await close();
  });

  const startRedis = async (...flags: string[]): Promise<RedisServer> => {
    const server = await RedisServer.start(...flags);
    closing.push(() => server.stop());
    return server;
  };

  const startPatient = (settings: RedisSettings, more: SharedAdmissionSurroundings = {}) =>
    gateways.start(settings, {}, { ...more, timers: patience });

  /** How many of so many are admitted. */
  const admitted = async (
    admission: SharedAdmission,
    count: number,
    prefix: string,
    charge = of(perMinute),
  ) => {
    const asked = Array.from({ length: count }, (_, index) => attempt(`${prefix}${index}`, [[charge]]));
    const outcomes = await Promise.all(asked.map((one) => outcomeOf(admission, one)));
    return outcomes.filter((outcome) => outcome === 0).length;
  };

  it("admits over two gateways exactly what the limit allows", async () => {
    const { settings } = await startRedis();
    const [one, other] = [await startPatient(settings), await startPatient(settings)];
    expect([one.state.kind, other.state.kind]).toEqual(["shared", "shared"]);
    const counts = await Promise.all([admitted(one, 30, "one "), admitted(other, 30, "other ")]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(10);
    expect(await fill(one, perMinute)).toEqual([10n, 0n]);
  });

  it("tells all gateways when something came back", async () => {
    const { settings } = await startRedis();
    const [one, other] = [await startPatient(settings), await startPatient(settings)];
    await one.admit(attempt("1", [[of(parallel, 4n)]]));
    expect(await outcomeOf(other, attempt("2", [[of(parallel)]]))).toBe("refused");
    const returned = new Promise<void>((resolve) => other.onReturned(resolve));
    await one.release("1", "sent");
    await returned;
    expect(await outcomeOf(other, attempt("2", [[of(parallel)]]))).toBe(0);
  });

  describe.each<[string, (redis: RedisServer) => unknown, (redis: RedisServer) => unknown]>([
    ["frozen", (redis) => redis.freeze(), (redis) => redis.thaw()],
    ["killed, its data on disk", (redis) => redis.kill(), (redis) => redis.start()],
  ])("with a Redis that is %s", (_, strike, mend) => {
    const begin = async (onFailure: "local-share" | "deny" | "open") => {
      const redis = await startRedis("--appendonly", "yes", "--appendfsync", "always");
      const admission = await gateways.start(redis.settings, { onFailure });
      expect(await admitted(admission, 3, "before ")).toBe(3);
      expect(await outcomeOf(admission, attempt("held", [[of(parallel, 2n)]]))).toBe(0);
      await strike(redis);
      return { redis, admission };
    };

    it("goes on within its share, and heals with all that was taken", async () => {
      const { redis, admission } = await begin("local-share");
      // Half of ten, three of which are taken.
      expect(await admitted(admission, 20, "during ")).toBe(2);
      expect(admission.state.kind).toBe("degraded");
      expect(await outcomeOf(admission, attempt("more", [[of(parallel)]]))).toBe("refused");
      await admission.release("held", "sent");
      expect(await outcomeOf(admission, attempt("more", [[of(parallel)]]))).toBe(0);
      expect(admission.degradedAnswers).toBeGreaterThanOrEqual(22);
      await mend(redis);
      await untilState(admission, "shared");
      expect(await fill(admission, perMinute)).toEqual([5n, 0n]);
      expect(await fill(admission, parallel)).toEqual([1n, 0n]);
      expect(await admitted(admission, 20, "after ")).toBe(5);
      // Whatever was given up has left nothing behind.
      const attempts = await redis.ask((client) => client.keys("*:a:*"));
      expect(attempts.filter((key) => !/before|during|after|more|held/.test(key))).toEqual([]);
    });

    it("denies, where that is wanted, what a limit concerns", async () => {
      const { redis, admission } = await begin("deny");
      expect(await outcomeOf(admission, attempt("1", [[of(perMinute)]]))).toBe("unavailable");
      expect(await outcomeOf(admission, attempt("2", [[of(perMinute)], []]))).toBe(1);
      await mend(redis);
      await untilState(admission, "shared");
      expect(await outcomeOf(admission, attempt("1", [[of(perMinute)]]))).toBe(0);
      expect(await fill(admission, perMinute)).toEqual([4n, 0n]);
    });

    it("admits all, where that is wanted, and tells Redis of it", async () => {
      const { redis, admission } = await begin("open");
      expect(await admitted(admission, 20, "during ")).toBe(20);
      await mend(redis);
      await untilState(admission, "shared");
      expect(await fill(admission, perMinute)).toEqual([23n, 0n]);
      expect(await outcomeOf(admission, attempt("1", [[of(perMinute)]]))).toBe("refused");
    });

    it.each(["local-share", "open"] as const)(
      "admits no money by %s, and keeps what is reserved",
      async (policy) => {
        const redis = await startRedis("--appendonly", "yes", "--appendfsync", "always");
        const admission = await gateways.start(redis.settings, { onFailure: policy });
        await admission.seed([{ meter: budget, spent: 0n }]);
        expect(await outcomeOf(admission, attempt("reserved", [[of(budget, 60n)]]))).toBe(0);
        await strike(redis);
        expect(await outcomeOf(admission, attempt("1", [[of(budget)]]))).toBe("unavailable");
        expect(await outcomeOf(admission, attempt("2", [[of(budget)], [of(perMinute)]]))).toBe(1);
        const mark = { journalId: "journal", sequence: 1n };
        const settled = settlement("reserved", Date.now(), [[budget, 50n]], mark);
        // Not applied: to be settled again.
        expect(await admission.settle([settled])).toEqual(new Map([["journal", 0n]]));
        await mend(redis);
        await untilState(admission, "shared");
        expect(await fill(admission, budget)).toEqual([0n, 60n]);
        expect(await admission.settle([settled])).toEqual(new Map([["journal", 1n]]));
        expect(await fill(admission, budget)).toEqual([50n, 0n]);
      },
    );

    it("what was never sent, or settled meanwhile, is right afterwards", async () => {
      const { redis, admission } = await begin("local-share");
      expect(await outcomeOf(admission, attempt("unsent", [[of(perMinute)]]))).toBe(0);
      await admission.release("unsent", "never sent");
      await admission.release("before 0", "never sent");
      await admission.release("before 1", "sent");
      await admission.settle([settlement("before 1", Date.now(), [[perMinute, 5n]])]);
      await mend(redis);
      await untilState(admission, "shared");
      expect(await fill(admission, perMinute)).toEqual([6n, 0n]);
    });
  });

  it("is told again what it held, when Redis comes back without its data", async () => {
    const redis = await startRedis();
    const one = await gateways.start(redis.settings);
    const other = await gateways.start(redis.settings);
    await one.seed([{ meter: budget, spent: 10n }]);
    await one.admit(attempt("over", [[of(perMinute, 2n)]]));
    await one.release("over", "sent");
    await one.admit(attempt("held", [[of(perMinute), of(parallel, 2n), of(budget, 30n)]]));
    await other.admit(attempt("other", [[of(perMinute, 3n), of(parallel, 1n)]]));
    await one.settle([
      settlement("paid", Date.now(), [[budget, 5n]], { journalId: "journal", sequence: 1n }),
    ]);
    await redis.ask((client) => client.flushall());
    // Both have told before anybody is admitted, or admit within their shares.
    const late = await Promise.all([one, other].map((it, index) => admitted(it, 20, `late ${index} `)));
    await Promise.all([one, other].map((it) => untilState(it, "shared")));
    const [count] = await fill(one, perMinute);
    expect(count).toBe(6n + BigInt(late[0]! + late[1]!));
    expect(await fill(one, parallel)).toEqual([3n, 0n]);
    expect(count).toBeLessThanOrEqual(10n);
    // Money has to be told anew, and only what is open is known.
    expect(await outcomeOf(one, attempt("poor", [[of(budget)]]))).toBe("unseeded");
    await one.seed([{ meter: budget, spent: 15n }]);
    expect(await fill(one, budget)).toEqual([15n, 30n]);
    // The journal goes on where it was.
    const second = settlement("held", Date.now(), [[budget, 20n]], { journalId: "journal", sequence: 2n });
    expect(await one.settle([second])).toEqual(new Map([["journal", 2n]]));
    expect(await fill(one, budget)).toEqual([35n, 0n]);
  });

  it("settles once more what a Redis has lost that comes back without its last second, and nothing twice", async () => {
    const redis = await startRedis();
    const one = await startPatient(redis.settings);
    const save = () => redis.ask((client) => client.save());
    let asked = 0;
    const killed = async () => {
      await redis.kill();
      await redis.start();
      await eventually(async () => (await outcomeOf(one, attempt(`${++asked}`, [[of(budget, 0n)]]))) === 0);
    };
    const spend = async (id: string, used: bigint) => {
      await one.settle([settlement(id, Date.now(), [[budget, used]])]);
      await one.release(id, "sent");
    };
    await one.seed([{ meter: budget, spent: 0n }]);
    for (const id of ["early", "kept"]) await one.admit(attempt(id, [[of(budget, 20n)]]));
    await spend("early", 10n);
    await save();
    await spend("kept", 15n);
    await one.admit(attempt("late", [[of(budget, 30n)]]));
    await spend("late", 25n);
    expect(await fill(one, budget)).toEqual([50n, 0n]);
    await killed();
    expect(await fill(one, budget)).toEqual([50n, 0n]);
    // This time nothing is lost.
    await save();
    await killed();
    expect(await fill(one, budget)).toEqual([50n, 0n]);
  });

  it("tells its leases again, before it admits anything, after it has stood still for longer than they last", async () => {
    const redis = await startRedis();
    let passedMs = 0;
    const one = await startPatient(redis.settings, { passedMs: () => passedMs });
    const other = await startPatient(redis.settings);
    await one.admit(attempt("held", [[of(parallel, 4n)]]));
    // As if its lease had expired meanwhile.
    await redis.ask((client) => client.del("{darkroom}:m:quota:calls", "{darkroom}:l:quota:calls"));
    expect(await outcomeOf(other, attempt("1", [[of(parallel)]]))).toBe(0);
    passedMs = leaseMs + 1;
    expect(await outcomeOf(one, attempt("2", [[of(parallel)]]))).toBe("refused");
    // What truly runs is known, though it is more than the limit.
    expect(await fill(one, parallel)).toEqual([5n, 0n]);
  });

  it("goes on when Redis is slow, and leaves nothing behind of what it gave up", async () => {
    const redis = await startRedis();
    const network = await RedisNetwork.before(redis);
    closing.push(() => network.close());
    const admission = await gateways.start(network.settings);
    network.delay(2000);
    expect(await outcomeOf(admission, attempt("slow", [[of(perMinute), of(parallel)]]))).toBe(0);
    expect(admission.state).toEqual({ kind: "degraded", reason: "no answer within 250 ms" });
    await admission.release("slow", "never sent");
    expect(await outcomeOf(admission, attempt("refused", [[of(parallel, 3n)]]))).toBe("refused");
    network.delay(0);
    await untilState(admission, "shared");
    expect(await fill(admission, perMinute)).toEqual([0n, 0n]);
    expect(await fill(admission, parallel)).toEqual([0n, 0n]);
  });

  it("goes on when it is cut off, and heals", async () => {
    const redis = await startRedis();
    const network = await RedisNetwork.before(redis);
    closing.push(() => network.close());
    const admission = await gateways.start(network.settings);
    network.cut();
    expect(await admitted(admission, 20, "during ")).toBe(5);
    network.mend();
    await untilState(admission, "shared");
    expect(await fill(admission, perMinute)).toEqual([5n, 0n]);
  });

  it("starts without Redis, tells why, and joins the others when it is there", async () => {
    const redis = await RedisServer.startLocked("secret");
    closing.push(() => redis.stop());
    const admission = await gateways.start({ ...redis.settings, password: "hunter2" });
    expect(admission.state.kind).toBe("degraded");
    expect(JSON.stringify(admission.state)).toMatch(/WRONGPASS/);
    expect(JSON.stringify(admission.state)).not.toContain("hunter2");
    expect(await admitted(admission, 20, "alone ")).toBe(5);
    await redis.ask((client) => client.call("ACL", "SETUSER", "default", ">hunter2"));
    await untilState(admission, "shared");
    expect(await fill(admission, perMinute)).toEqual([5n, 0n]);
  });

  it("divides limits by the gateways that it knows of", async () => {
    const redis = await startRedis();
    const five = await Promise.all(Array.from({ length: 5 }, () => gateways.start(redis.settings)));
    const last = await gateways.start(redis.settings);
    expect(await last.countGateways()).toBe(6);
    await redis.kill();
    expect(await admitted(last, 20, "last ")).toBe(1);
    expect(five.length).toBe(5);
  });
});
