import { Client } from "pg";
import { stringify } from "yaml";
import { FleetOfGateways, admin, edit, masterKey, mostCost } from "./fleet-of-gateways.js";
import type { Answer } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, spawnGateway, startGateway } from "./running-gateway.js";
import { RunningProcess, stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { StoreServer, describeWithStores } from "./store-servers.js";
import { until } from "./until.js";

let simulator: RunningSimulator;
let redis: StoreServer;
let postgres: StoreServer;

const fleetOf = (): FleetOfGateways =>
  new FleetOfGateways(simulator, { redisUrl: redis.url, databaseUrl: postgres.url });

const billed = async (): Promise<bigint> => BigInt((await simulator.bill()).totals.overall.nanoUsd);

describeWithStores("gateways over Redis and PostgreSQL", () => {
  beforeAll(async () => {
    [simulator, redis, postgres] = await Promise.all([
      startSimulator(),
      StoreServer.redis("--appendonly", "yes"),
      StoreServer.postgres(),
    ]);
  });
  afterEach(() => simulator.clear());
  afterAll(async () => {
    await stopAll();
    await Promise.all([redis.stop(), postgres.stop()]);
  });

  test("a gateway with PostgreSQL alone keeps its books there, says where before it touches it, and is alone", async () => {
    const fleet = fleetOf();
    const gateway = await fleet.start({ withRedis: false });
    const key = (await admin(gateway, "/key/generate", { max_budget: 100 }))["key"] as string;
    for (let count = 0; count < 3; count += 1) expect((await edit(gateway, key)).status).toBe(200);
    const sum = await fleet.sum(3);
    expect(sum).toMatchObject({ certainRows: 3, uncertainNanoUsd: 0n });
    expect(await fleet.spend("proxy")).toBe(sum.certainNanoUsd);
    const lines = gateway.logLines();
    expect(lines.some((line) => line.includes(`schema '${fleet.schema}'`))).toBe(true);
    const second = spawnGateway({
      config: fleet.config,
      environment: fleet.environment(),
    });
    await second.printed(/another gateway|is in use/);
    await gateway.stop();
    await second.stop();
  }, 90_000);

  test("a key blocked on one of three is refused on all at once, and a budget pays once over all", async () => {
    const fleet = fleetOf();
    const gateways = await Promise.all([1, 2, 3].map(() => fleet.start()));
    const [first, second, third] = gateways as [RunningGateway, RunningGateway, RunningGateway];
    const most = await mostCost(first);
    const made = await admin(first, "/key/generate", { max_budget: (most * 7 + 1) / 1e9 });
    const key = made["key"] as string;
    await simulator.setFaults({ fault: { kind: "hold" } });
    const all = gateways.flatMap((gateway) => Array.from({ length: 10 }, () => edit(gateway, key)));
    await until(async () => (await simulator.held()) === 7);
    const refused: Answer[] = [];
    for (const one of all) void one.then((answer) => answer.status === 429 && refused.push(answer));
    await until(() => refused.length === 23);
    await simulator.setFaults();
    await simulator.release();
    const served = (await Promise.all(all)).filter(({ status }) => status === 200);
    expect(served).toHaveLength(7);
    const sum = await fleet.sum(7);
    expect(sum.certainRows).toBe(7);
    expect(sum.certainNanoUsd).toBe(await billed());

    const other = (await admin(second, "/key/generate", {}))["key"] as string;
    for (const gateway of gateways) expect((await edit(gateway, other)).status).toBe(200);
    await admin(third, "/key/block", { key: other });
    for (const gateway of gateways)
      await until(async () => [401, 403].includes((await edit(gateway, other)).status));
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  }, 90_000);

  test("a budget set while edits run on other gateways counts them, and each once", async () => {
    const fleet = fleetOf();
    const [one, two] = await Promise.all([fleet.start(), fleet.start()]);
    const most = await mostCost(one);
    const { team_id } = await admin(one, "/team/new", {});
    const key = (await admin(one, "/key/generate", { team_id }))["key"] as string;
    for (const gateway of [one, two]) expect((await edit(gateway, key)).status).toBe(200);
    await simulator.setFaults({ fault: { kind: "hold" } });
    const running = [one, two, two].map((gateway) => edit(gateway, key));
    await until(async () => (await simulator.held()) === 3);
    const spent = Number((await fleet.sum(2)).certainNanoUsd);
    // Room for what is spent, what runs at its most, and one edit more.
    await admin(one, "/team/update", { team_id, max_budget: (spent + most * 4 + 10) / 1e9 });
    const more = [one, one, one].map((gateway) => edit(gateway, key));
    const refused: Answer[] = [];
    for (const each of more) void each.then((answer) => answer.status === 429 && refused.push(answer));
    await until(() => refused.length === 2);
    await until(async () => (await simulator.held()) === 4);
    await simulator.setFaults();
    await simulator.release();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await Promise.all(more)).filter(({ status }) => status === 200)).toHaveLength(1);
    await Promise.all([one.stop(), two.stop()]);
  }, 90_000);

  test("what a killed gateway had reserved is settled when its folder is taken up again", async () => {
    const fleet = fleetOf();
    const survivor = await fleet.start();
    const folder = `${survivor.running.folder}/of-the-dead`;
    const doomed = await fleet.start({ folder });
    const most = await mostCost(survivor);
    const { team_id } = await admin(survivor, "/team/new", { max_budget: (most * 3 + 1) / 1e9 });
    const key = (await admin(survivor, "/key/generate", { team_id }))["key"] as string;
    await simulator.setFaults({ fault: { kind: "hold" } });
    const lost = [1, 2].map(() => edit(doomed, key).catch(() => undefined));
    await until(async () => (await simulator.held()) === 2);
    doomed.process.kill("SIGKILL");
    await Promise.all(lost);
    await simulator.setFaults();
    await simulator.release();
    // Two of three are reserved, wherever it is asked for.
    expect((await edit(survivor, key)).status).toBe(200);
    const again = await fleet.start({ folder });
    const sum = await fleet.sum(3);
    expect(sum).toMatchObject({ certainRows: 1, uncertainRows: 2, uncertainNanoUsd: BigInt(most) * 2n });
    // Settled at their estimate: they are spent now, and no reservation that would be waited for.
    await until(async () => {
      const answer = await edit(survivor, key);
      return answer.status === 429 && answer.body.toString().includes("reserved $0,");
    });
    await Promise.all([survivor.stop(), again.stop()]);
  }, 90_000);

  test("the journal of a gateway that is gone is adopted by a command, once", async () => {
    const fleet = fleetOf();
    const survivor = await fleet.start();
    const folder = `${survivor.running.folder}/left-behind`;
    const doomed = await fleet.start({ folder });
    const most = await mostCost(survivor);
    const { team_id } = await admin(survivor, "/team/new", { max_budget: (most * 2 + 1) / 1e9 });
    const key = (await admin(survivor, "/key/generate", { team_id }))["key"] as string;
    await simulator.setFaults({ fault: { kind: "hold" } });
    const lost = edit(doomed, key).catch(() => undefined);
    await until(async () => (await simulator.held()) === 1);
    const adoption = () =>
      new RunningProcess({
        program: "proxy/dist/main.js",
        arguments: ["ledger", "adopt", "--data-dir", folder],
        environment: fleet.environment(),
      });
    await adoption().printed(/A gateway works on .* ships its journal itself/);
    doomed.process.kill("SIGKILL");
    await lost;
    await simulator.setFaults();
    await simulator.release();
    const first = adoption();
    await first.printed(/1 attempt had no outcome, and is uncertain now/);
    expect((await first.ended).code).toBe(0);
    expect(await fleet.sum(1)).toMatchObject({ uncertainRows: 1, uncertainNanoUsd: BigInt(most) });
    await adoption().printed(/0 entries .*\n0 attempts had no outcome/);
    expect((await edit(survivor, key)).status).toBe(200);
    await until(async () => {
      const answer = await edit(survivor, key);
      return answer.status === 429 && answer.body.toString().includes("reserved $0,");
    });
    await survivor.stop();
  }, 90_000);

  test("a Redis that comes back empty is told all again before it admits: no budget is crossed", async () => {
    const fleet = fleetOf();
    const own = await StoreServer.redis();
    const redisUrl = own.url;
    const [one, two] = await Promise.all([fleet.start({ redisUrl }), fleet.start({ redisUrl })]);
    const most = await mostCost(one);
    const { team_id } = await admin(one, "/team/new", {});
    const key = (await admin(one, "/key/generate", { team_id }))["key"] as string;
    for (const gateway of [one, two]) expect((await edit(gateway, key)).status).toBe(200);
    const spent = Number((await fleet.sum(2)).certainNanoUsd);
    await admin(one, "/team/update", { team_id, max_budget: (spent + most * 5 + 10) / 1e9 });
    await simulator.setFaults({ fault: { kind: "hold" } });
    const running = [one, two, two].map((gateway) => edit(gateway, key));
    await until(async () => (await simulator.held()) === 3);
    await own.kill();
    await own.start();
    const more = [one, two, one, two, one, two].map((gateway) => edit(gateway, key));
    const refused: Answer[] = [];
    for (const each of more) void each.then((answer) => answer.status === 429 && refused.push(answer));
    await until(() => refused.length === 4);
    await until(async () => (await simulator.held()) === 5);
    await simulator.setFaults();
    await simulator.release();
    expect((await Promise.all([...running, ...more])).filter(({ status }) => status === 200)).toHaveLength(5);
    const sum = await fleet.sum(7);
    // What is reserved is settled: exactly what was spent is spent.
    await until(async () => {
      await admin(one, "/team/update", { team_id, max_budget: 0.000001 });
      const answer = await edit(one, key);
      const found = /spent \$([\d.]+), reserved \$0,/.exec(answer.body.toString());
      return found !== null && Math.round(Number(found[1]) * 1e9) === Number(sum.certainNanoUsd);
    });
    await Promise.all([one.stop(), two.stop()]);
    await own.stop();
  }, 90_000);

  test("while PostgreSQL is away edits go on, and all that was paid is there when it is back", async () => {
    const fleet = fleetOf();
    const gateway = await fleet.start();
    const key = (await admin(gateway, "/key/generate", { max_budget: 1000 }))["key"] as string;
    expect((await edit(gateway, key)).status).toBe(200);
    await fleet.sum(1);
    await postgres.kill();
    for (let count = 0; count < 5; count += 1) expect((await edit(gateway, key)).status).toBe(200);
    for (const [path, body] of [
      ["/key/block", { key }],
      ["/team/new", {}],
    ] as const)
      await expect(admin(gateway, path, body)).rejects.toThrow(/no_db_connection/);
    await postgres.start();
    const sum = await fleet.sum(6);
    expect(sum.certainRows).toBe(6);
    expect(sum.certainNanoUsd).toBe(await billed());
    expect(await fleet.spend("proxy")).toBe(sum.certainNanoUsd);
    await gateway.stop();
  }, 90_000);

  test("a start that finds a store unusable when others are open already says so, and ends", async () => {
    const fleet = fleetOf();
    await (await fleet.start()).stop();
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(`DROP TABLE ${fleet.schema}.state`);
    await client.end();
    const broken = spawnGateway({ config: fleet.config, environment: fleet.environment() });
    await broken.printed(/The directory of keys and teams .* cannot be used/);
    expect((await broken.ended).code).toBe(1);
  }, 60_000);

  test("Redis without PostgreSQL shares limits, and refuses what gateways could not share", async () => {
    const environment = { REDIS_URL: redis.url };
    const gateway = await startGateway({ config: fleetOf().config, environment });
    expect((await edit(gateway, masterKey)).status).toBe(200);
    await expect(admin(gateway, "/key/generate", {})).rejects.toThrow(/DATABASE_URL/);
    await gateway.stop();
    const entry = modelEntries(simulator.url);
    const config = stringify({
      model_list: [entry("edits", "one", simulatorKeys.one)],
      litellm_settings: { max_budget: 5, budget_duration: "30d" },
    });
    const refused = spawnGateway({ config, environment });
    await refused.printed(/The configuration has budgets.*DATABASE_URL/);
    expect((await refused.ended).code).not.toBe(0);
  }, 60_000);
});
