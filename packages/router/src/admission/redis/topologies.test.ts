import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { localhostCertificate } from "../../redis/certificate.test.support.js";
import { describeWithRedis } from "../../redis/describe-with-redis.test.support.js";
import { eventually, RedisServer, startCluster } from "../../redis/redis-server.test.support.js";
import type { RedisSettings } from "../../redis/redis-settings.js";
import { attempt, calls, fill, minute, of, outcomeOf } from "../conformance/asking.test.support.js";
import { Gateways, patience, untilState } from "./gateways.test.support.js";
import type { SharedAdmission } from "./shared-admission.js";

const rpm = minute("rpm", 10n);
const parallel = calls("parallel", 3n);

describeWithRedis("limits are shared", () => {
  const gateways = new Gateways();
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    await gateways.close();
    for (const close of closing.splice(0)) await close();
  });

  const servers = (list: readonly RedisServer[]) =>
    list.forEach((server) => closing.push(() => server.stop()));

  /** How many of twenty are admitted. */
  const admitted = async (admission: SharedAdmission, name: string): Promise<number> => {
    const asked = Array.from({ length: 20 }, (_, index) => attempt(`${name} ${index}`, [[of(rpm)]]));
    const outcomes = await Promise.all(asked.map((one) => outcomeOf(admission, one)));
    return outcomes.filter((outcome) => outcome === 0).length;
  };

  it("in a cluster of three", async () => {
    const nodes = await startCluster();
    servers(nodes);
    const addresses = nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
    const settings: RedisSettings = { topology: { kind: "cluster", nodes: addresses } };
    const start = () => gateways.start(settings, {}, { timers: patience });
    const [one, other] = [await start(), await start()];
    expect([one.state, other.state]).toEqual([{ kind: "shared" }, { kind: "shared" }]);
    const counts = await Promise.all([admitted(one, "one"), admitted(other, "other")]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(10);
    await one.admit(attempt("held", [[of(parallel, 3n)]]));
    const returned = new Promise<void>((resolve) => other.onReturned(resolve));
    await one.release("held", "sent");
    await returned;
  });

  it("through a failover by Sentinel, and what is held is not forgotten", async () => {
    const master = await RedisServer.start();
    const replica = await RedisServer.start("--replicaof", "127.0.0.1", `${master.port}`);
    const folder = mkdtempSync(join(tmpdir(), "darkroom-sentinel-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const config = join(folder, "sentinel.conf");
    writeFileSync(
      config,
      `sentinel monitor gateways 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds gateways 500
sentinel failover-timeout gateways 5000
`,
    );
    const sentinel = await RedisServer.startSentinel(config);
    servers([sentinel, replica, master]);
    await eventually(async () => {
      const known = await sentinel.ask((redis) => redis.call("SENTINEL", "REPLICAS", "gateways"));
      const replication = await replica.ask((redis) => redis.info("replication"));
      return (known as unknown[]).length === 1 && replication.includes("master_link_status:up");
    });
    const sentinels = [{ host: "127.0.0.1", port: sentinel.port }];
    const settings: RedisSettings = { topology: { kind: "sentinel", sentinels, name: "gateways" } };
    const admission = await gateways.start(settings);
    expect(admission.state).toEqual({ kind: "shared" });
    await admission.admit(attempt("held", [[of(rpm, 4n), of(parallel, 2n)]]));
    await master.kill();
    expect(await outcomeOf(admission, attempt("meanwhile", [[of(rpm)]]))).toBe(0);
    await untilState(admission, "shared");
    expect(await replica.ask((redis) => redis.info("replication"))).toContain("role:master");
    expect(await fill(admission, rpm)).toEqual([5n, 0n]);
    expect(await fill(admission, parallel)).toEqual([2n, 0n]);
  });

  it("over TLS, by a user who may touch nothing but their keys", async () => {
    const folder = mkdtempSync(join(tmpdir(), "darkroom-tls-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const { certificate, key } = localhostCertificate;
    const [certificateFile, keyFile] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
    writeFileSync(certificateFile, certificate);
    writeFileSync(keyFile, key);
    const files = ["--tls-cert-file", certificateFile, "--tls-key-file", keyFile, "--tls-ca-cert-file"];
    const flags = [...files, certificateFile, "--tls-auth-clients", "no"];
    const redis = await RedisServer.startTls(certificate, ...flags);
    servers([redis]);
    const rules = ["~{darkroom}:*", "&{darkroom}:*", "+@all", "-@admin", "-@dangerous", "+info", "-evalsha"];
    await redis.ask((client) =>
      client.call("ACL", "SETUSER", "gateway", "on", ">word", "resetkeys", "resetchannels", ...rules),
    );
    const settings: RedisSettings = {
      topology: { kind: "single", host: "localhost", port: redis.port },
      username: "gateway",
      password: "word",
      tls: { ca: certificate },
    };
    const admission = await gateways.start(settings, {}, { timers: patience });
    expect(admission.state).toEqual({ kind: "shared" });
    expect(await admitted(admission, "one")).toBe(10);
    const distrusting = await gateways.start({ ...settings, tls: {} });
    expect(JSON.stringify(distrusting.state)).toMatch(/degraded.*certificate/);
  });

  describe("by processes", () => {
    const program = fileURLToPath(
      new URL("../../../dist/admission/redis/limit-process.test.support.js", import.meta.url),
    );
    const run = async (redis: RedisServer, processes: number, what: string, count: number) => {
      const results = await Promise.all(
        Array.from({ length: processes }, (_, index) =>
          promisify(execFile)(process.execPath, [program, `${redis.port}`, `${index}`, what, `${count}`]),
        ),
      );
      return results.map(({ stdout }) => Number(stdout)).reduce((sum, admittedThere) => sum + admittedThere);
    };

    it("of 60 requests of two exactly the ten of a minute's limit are admitted", async () => {
      const redis = await RedisServer.start();
      servers([redis]);
      expect(await run(redis, 2, "rpm", 30)).toBe(10);
    });

    it("of 200 reservations of three exactly the 57 that the budget allows", async () => {
      const redis = await RedisServer.start();
      servers([redis]);
      expect(await run(redis, 3, "budget", 67)).toBe(57);
    });
  });
});
