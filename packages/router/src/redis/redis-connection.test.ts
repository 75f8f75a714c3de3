import { settingsFromRedisUrl } from "./redis-url.js";
import { RedisConnection } from "./redis-connection.js";
import { RedisUnavailableError } from "./redis-errors.js";
import { RedisScript } from "./redis-script.js";
import { describeWithRedis } from "./describe-with-redis.test.support.js";
import { eventually, RedisNetwork, RedisServer } from "./redis-server.test.support.js";
import type { RedisSettings } from "./redis-settings.js";

const echo = new RedisScript("return {KEYS[1], ARGV[1]}");

describeWithRedis("a connection", () => {
  const open: { close(): void }[] = [];
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  afterEach(() => {
    for (const it of open.splice(0)) it.close();
  });

  const connectionTo = (settings: RedisSettings): RedisConnection => {
    const connection = new RedisConnection(settings);
    open.push(connection);
    return connection;
  };

  it("runs scripts on keys of its own", async () => {
    const connection = connectionTo({ ...server.settings, keyPrefix: "ours" });
    expect(await connection.connect(2000)).toBe(true);
    expect(await connection.run(echo, ["x"], 1000)).toEqual(["{ours}:", "x"]);
  });

  it("goes on after the server has forgotten its scripts", async () => {
    const connection = connectionTo(server.settings);
    await connection.connect(2000);
    await connection.run(echo, ["x"], 1000);
    await server.ask((redis) => redis.script("FLUSH"));
    expect(await connection.run(echo, ["y"], 1000)).toEqual(["{darkroom}:", "y"]);
  });

  it("sends scripts as a whole where digests are refused", async () => {
    await server.ask((redis) =>
      redis.call("ACL", "SETUSER", "plain", "on", ">word", "~*", "&*", "+@all", "-evalsha", "-script"),
    );
    const connection = connectionTo({ ...server.settings, username: "plain", password: "word" });
    expect(await connection.connect(2000)).toBe(true);
    for (const argument of ["x", "y"]) {
      expect(await connection.run(echo, [argument], 1000)).toEqual(["{darkroom}:", argument]);
    }
    const counted = await server.ask((redis) => redis.info("commandstats"));
    expect(/cmdstat_evalsha:.*rejected_calls=1\b/.test(counted)).toBe(true);
  });

  it("hears what is said on a channel, also after it was cut off", async () => {
    const network = await RedisNetwork.before(server);
    open.push(network);
    const connection = connectionTo(network.settings);
    await connection.connect(2000);
    const heard: string[] = [];
    connection.listen("news", (message) => heard.push(message));
    const say = (word: string) => server.ask((redis) => redis.publish("news", word));
    await eventually(async () => (await say("one")) === 1);
    await eventually(() => heard.includes("one"));
    let times = 0;
    connection.onReady(() => (times += 1));
    network.cut();
    await eventually(() => !connection.isReady);
    await expect(connection.run(echo, ["x"], 1000)).rejects.toThrow(RedisUnavailableError);
    network.mend();
    await eventually(async () => (await say("two")) === 1);
    await eventually(() => heard.includes("two") && connection.isReady && times >= 2);
  });

  it("waits for nobody longer than its deadline, and reconnects to whoever was silent", async () => {
    const frozen = await RedisServer.start();
    try {
      const connection = connectionTo(frozen.settings);
      await connection.connect(2000);
      frozen.freeze();
      await expect(connection.run(echo, ["x"], 50)).rejects.toThrow("no answer within 50 ms");
      await eventually(() => !connection.isReady);
      frozen.thaw();
      await eventually(() => connection.isReady);
      expect(await connection.run(echo, ["y"], 1000)).toEqual(["{darkroom}:", "y"]);
    } finally {
      await frozen.stop();
    }
  });

  it.each<[string, (locked: RedisServer) => RedisSettings]>([
    ["a wrong password", ({ settings }) => ({ ...settings, password: "hunter2" })],
    ["no password", ({ settings }) => settings],
    ["a user that is unknown", ({ settings }) => ({ ...settings, username: "who", password: "hunter2" })],
  ])("with %s fails with the reason and without the password, and heals", async (_, settings) => {
    const locked = await RedisServer.startLocked("secret");
    try {
      const connection = connectionTo(settings(locked));
      expect(await connection.connect(300)).toBe(false);
      const failure = await connection.run(echo, ["x"], 300).catch((error: unknown) => String(error));
      expect(failure).toMatch(/WRONGPASS|NOAUTH|invalid password|Authentication/i);
      expect(failure).not.toContain("hunter2");
      await locked.ask(async (redis) => {
        await redis.call("ACL", "SETUSER", "default", ">hunter2", "nopass");
        await redis.call("ACL", "SETUSER", "who", "on", ">hunter2", "~*", "&*", "+@all");
      });
      await eventually(() => connection.isReady);
    } finally {
      await locked.stop();
    }
  });

  it("connects by itself when there is a server at last", async () => {
    const late = await RedisServer.start();
    try {
      await late.kill();
      const connection = connectionTo(late.settings);
      expect(await connection.connect(200)).toBe(false);
      await expect(connection.run(echo, ["x"], 100)).rejects.toThrow(/ECONNREFUSED|not connected/);
      await late.start();
      await eventually(() => connection.isReady);
    } finally {
      await late.stop();
    }
  });
});

it.each([
  ["redis://host", { host: "host", port: 6379 }, {}],
  ["redis://:pass%40word@host:1/2", { host: "host", port: 1 }, { password: "pass@word", database: 2 }],
  ["rediss://user:word@[::1]:7", { host: "::1", port: 7 }, { username: "user", password: "word", tls: {} }],
])("%s is an address", (url, address, more) => {
  expect(settingsFromRedisUrl(url)).toEqual({ topology: { kind: "single", ...address }, ...more });
});

it.each(["", "host:6379", "http://host", "redis://", "redis://:secret@host/name"])("%p is none", (url) => {
  expect(() => settingsFromRedisUrl(url)).toThrow(/^expected (?!.*secret)/);
});
