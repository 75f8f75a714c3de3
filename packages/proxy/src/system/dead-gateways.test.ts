import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { GatewayRegister, type KnownGateway, settingsFromPostgresUrl } from "@darkroom/accounts";
import { CutRelay } from "./cut-relay.js";
import { FleetOfGateways, budgetUse, edit, masterKey, mostCost, teamWith } from "./fleet-of-gateways.js";
import { readMetrics } from "./metrics-reading.js";
import type { RunningGateway } from "./running-gateway.js";
import { RunningProcess, stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { StoreServer, describeWithStores } from "./store-servers.js";
import { until } from "./until.js";

const adopted = "the journal of a gateway that is gone was adopted";
const lost = "a gateway is lost with its journal";

let simulator: RunningSimulator;
let redis: StoreServer;
let postgres: StoreServer;

function fleetOf(general: object): FleetOfGateways {
  return new FleetOfGateways(simulator, { redisUrl: redis.url, databaseUrl: postgres.url }, general);
}

const impatient = { silent_gateway_after: "2s", lost_gateway_after: "3s" };

const dataFolder = ({ running }: RunningGateway): string => join(running.folder, "data");

async function known({ schema }: FleetOfGateways): Promise<readonly KnownGateway[]> {
  const register = new GatewayRegister(settingsFromPostgresUrl(postgres.url, schema));
  return register.silentFor(0).finally(() => register.close());
}

async function journalIn(fleet: FleetOfGateways, folder: string): Promise<string> {
  const found = (await known(fleet)).find((gateway) => gateway.folder === folder);
  if (found === undefined) throw new Error(`nobody is known in ${folder}`);
  return found.journalId;
}

const timesLogged = (text: string, ...gateways: readonly RunningGateway[]): number =>
  gateways.flatMap((gateway) => gateway.logLines()).filter((line) => line.includes(text)).length;

const logged = (text: string, ...gateways: readonly RunningGateway[]): Promise<true> =>
  until(() => timesLogged(text, ...gateways) > 0);

/** Edits that are at the upstream, and stay there. */
async function heldEdits(gateway: RunningGateway, key: string, count: number) {
  const before = await simulator.held();
  await simulator.setFaults({ fault: { kind: "hold" } });
  const edits = Array.from({ length: count }, () => edit(gateway, key).catch(() => undefined));
  await until(async () => (await simulator.held()) === before + count);
  return edits;
}

async function letGo(): Promise<void> {
  await simulator.setFaults();
  await simulator.release();
}

async function kill(gateway: RunningGateway): Promise<void> {
  gateway.process.kill("SIGKILL");
  await gateway.running.ended;
}

/** A gateway that stands still with an edit at the upstream, beside one that goes on. */
async function stoppedWithAnEdit(fleet: FleetOfGateways) {
  const [survivor, slow] = await Promise.all([fleet.start(), fleet.start()]);
  const most = await mostCost(survivor);
  const team = await teamWith(survivor, most * 5);
  const [running] = await heldEdits(slow, team.key, 1);
  slow.process.kill("SIGSTOP");
  return { survivor, slow, team, most, running };
}

/** Rows, sums and the meter in Redis say the same, and nothing is reserved. */
async function expectAgreement(
  fleet: FleetOfGateways,
  gateway: RunningGateway,
  { teamId, key }: { readonly teamId: string; readonly key: string },
): Promise<void> {
  const agreement = await until(async () => {
    const { spent, reserved } = await budgetUse(gateway, teamId, key);
    return reserved === 0n && { spent };
  });
  const attempts = await fleet.attempts();
  const ofRows = attempts.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0n), 0n);
  const { certainNanoUsd, uncertainNanoUsd } = await fleet.sum(0);
  expect(certainNanoUsd + uncertainNanoUsd).toBe(ofRows);
  expect(await fleet.spend("proxy")).toBe(ofRows);
  expect(await fleet.spend(`team:${teamId}`)).toBe(ofRows);
  expect(agreement.spent).toBe(ofRows);
}

describeWithStores("gateways that are gone", () => {
  beforeAll(async () => {
    [simulator, postgres] = await Promise.all([startSimulator(), StoreServer.postgres()]);
  });
  // One that knows of no gateways that the test before has killed: they would be waited for.
  beforeEach(async () => {
    redis = await StoreServer.redis("--appendonly", "yes");
  });
  afterEach(() => Promise.all([redis.stop(), simulator.clear()]));
  afterAll(async () => {
    await stopAll();
    await postgres.stop();
  });

  test("a journal whose folder is reached is adopted without a command, by one of those that are alive", async () => {
    const fleet = fleetOf({ silent_gateway_after: "2s" });
    const [one, two, doomed] = await Promise.all([fleet.start(), fleet.start(), fleet.start()]);
    const most = await mostCost(one);
    const team = await teamWith(one, most * 3 + 1);
    const edits = await heldEdits(doomed, team.key, 2);
    await kill(doomed);
    await Promise.all(edits);
    await letGo();
    expect(await fleet.sum(2)).toMatchObject({ uncertainRows: 2, uncertainNanoUsd: BigInt(most) * 2n });
    await logged(adopted, one, two);
    // What is uncertain is spent: there is room for one more, wherever it is asked for.
    expect((await edit(two, team.key)).status).toBe(200);
    expect((await edit(one, team.key)).status).toBe(429);
    await fleet.sum(3);
    await expectAgreement(fleet, one, team);
    expect(timesLogged(adopted, one, two)).toBe(1);
    const counts = await Promise.all(
      [one, two].map(async (gateway) =>
        (await readMetrics(gateway, masterKey)).sum("darkroom_adopted_journals_total"),
      ),
    );
    expect(counts.toSorted()).toEqual([0, 1]);
    expect(await until(async () => (await known(fleet)).length === 2)).toBe(true);
    await Promise.all([one.stop(), two.stop()]);
  }, 120_000);

  test("what a gateway had under way that is gone with its disk becomes uncertain rows, once, and its budget holds", async () => {
    const fleet = fleetOf(impatient);
    const [one, two, doomed] = await Promise.all([fleet.start(), fleet.start(), fleet.start()]);
    const most = await mostCost(one);
    const team = await teamWith(one, most * 3 + 1);
    const edits = await heldEdits(doomed, team.key, 2);
    await kill(doomed);
    // Its folder goes with it.
    await doomed.stop();
    expect(existsSync(dataFolder(doomed))).toBe(false);
    await Promise.all(edits);
    await letGo();
    expect(await fleet.sum(2)).toMatchObject({ uncertainRows: 2, uncertainNanoUsd: BigInt(most) * 2n });
    expect(await fleet.attempts()).toMatchObject(
      [1, 2].map(() => ({
        ...{ state: "uncertain", errorClass: "gateway_lost", modelGroup: "edits", provider: "openai" },
        ...{ model: "gpt-image-1", requestedModel: "edits", size: "1024x1024", quality: "low", n: 1 },
        ...{ inputImages: 1, costNanoUsd: BigInt(most), estimateNanoUsd: BigInt(most) },
      })),
    );
    await logged(lost, one, two);
    expect((await edit(two, team.key)).status).toBe(200);
    expect((await edit(one, team.key)).status).toBe(429);
    await fleet.sum(3);
    await expectAgreement(fleet, two, team);
    expect(timesLogged(lost, one, two)).toBe(1);
    expect(timesLogged(adopted, one, two)).toBe(0);
    await Promise.all([one.stop(), two.stop()]);
  }, 120_000);

  test("a disk that comes back corrects what was taken for spent to what was true, once", async () => {
    const fleet = fleetOf(impatient);
    const relays = await Promise.all([CutRelay.before(redis.url), CutRelay.before(postgres.url)]);
    const [redisUrl, databaseUrl] = relays.map(({ url }) => url) as [string, string];
    const survivor = await fleet.start();
    const doomed = await fleet.start({ redisUrl, databaseUrl });
    const most = await mostCost(survivor);
    const team = await teamWith(survivor, most * 5);
    const [ended, open] = await heldEdits(doomed, team.key, 2);
    // It ends on the disk alone: neither is it shipped, nor settled.
    for (const relay of relays) relay.cut();
    await simulator.release(1);
    expect((await Promise.race([ended, open]))?.status).toBe(200);
    await kill(doomed);
    await Promise.all([ended, open]);
    const [folder, away] = [dataFolder(doomed), `${dataFolder(doomed)}-away`];
    renameSync(folder, away);
    await letGo();
    expect(await fleet.sum(2)).toMatchObject({ uncertainRows: 2, uncertainNanoUsd: BigInt(most) * 2n });
    await logged(lost, survivor);
    expect((await budgetUse(survivor, team.teamId, team.key)).spent).toBe(BigInt(most) * 2n);

    renameSync(away, folder);
    await logged(adopted, survivor);
    const attempts = await fleet.attempts();
    expect(attempts.map(({ state }) => state).toSorted()).toEqual(["certain", "uncertain"]);
    const certain = attempts.find(({ state }) => state === "certain");
    expect(certain).toMatchObject({ images: 1, revision: 1, status: 200 });
    expect(certain?.costNanoUsd).toBeLessThan(BigInt(most));
    await expectAgreement(fleet, survivor, team);
    await survivor.stop();
  }, 120_000);

  test("a gateway that was merely slow is not robbed of anything: its folder is left alone, and nothing is charged twice", async () => {
    const fleet = fleetOf(impatient);
    const { survivor, slow, team, running } = await stoppedWithAnEdit(fleet);
    const journalId = await journalIn(fleet, dataFolder(slow));
    await until(async () =>
      (await known(fleet)).some((one) => one.journalId === journalId && one.silentForMs > 8_000),
    );
    await letGo();
    slow.process.kill("SIGCONT");
    expect((await running)?.status).toBe(200);
    expect(await fleet.sum(1)).toMatchObject({ certainRows: 1, uncertainRows: 0 });
    expect(timesLogged(adopted, survivor) + timesLogged(lost, survivor)).toBe(0);
    expect((await edit(slow, team.key)).status).toBe(200);
    await fleet.sum(2);
    await expectAgreement(fleet, survivor, team);
    await Promise.all([survivor.stop(), slow.stop()]);
  }, 120_000);

  test("a gateway that was taken for lost, and goes on after all, corrects its own rows", async () => {
    const fleet = fleetOf(impatient);
    const { survivor, slow, team, most, running } = await stoppedWithAnEdit(fleet);
    const [folder, away] = [dataFolder(slow), `${dataFolder(slow)}-away`];
    renameSync(folder, away);
    expect(await fleet.sum(1)).toMatchObject({ uncertainRows: 1, uncertainNanoUsd: BigInt(most) });
    await logged(lost, survivor);
    renameSync(away, folder);
    await letGo();
    slow.process.kill("SIGCONT");
    expect((await running)?.status).toBe(200);
    await until(async () => (await fleet.sum(1)).certainRows === 1);
    expect(await fleet.attempts()).toMatchObject([{ state: "certain", images: 1, revision: 1 }]);
    await expectAgreement(fleet, survivor, team);
    await Promise.all([survivor.stop(), slow.stop()]);
  }, 120_000);

  test("a gateway that ends in order is forgotten", async () => {
    const fleet = fleetOf(impatient);
    const [survivor, ending] = await Promise.all([fleet.start(), fleet.start()]);
    const team = await teamWith(survivor, (await mostCost(survivor)) * 5);
    expect((await edit(ending, team.key)).status).toBe(200);
    expect(await known(fleet)).toHaveLength(2);
    ending.process.kill("SIGTERM");
    await ending.running.ended;
    expect(await known(fleet)).toMatchObject([{ folder: dataFolder(survivor), state: "running" }]);
    await fleet.sum(1);
    await expectAgreement(fleet, survivor, team);
    await Promise.all([survivor.stop(), ending.stop()]);
  }, 120_000);

  test("a journal is given up at once by a command, which leaves one alone that is alive", async () => {
    const fleet = fleetOf({ adopt_gateways: false });
    const [survivor, doomed] = await Promise.all([fleet.start(), fleet.start()]);
    const most = await mostCost(survivor);
    const team = await teamWith(survivor, most * 5);
    const edits = await heldEdits(doomed, team.key, 1);
    const journalId = await journalIn(fleet, dataFolder(doomed));
    const command = async (...flags: string[]): Promise<string> => {
      const running = new RunningProcess({
        program: "proxy/dist/main.js",
        arguments: ["ledger", "lost", ...flags],
        environment: fleet.environment(),
      });
      await running.ended;
      return running.lines.join("\n");
    };
    expect(await command()).toContain(`${journalId}  `);
    expect(await command(journalId, "--yes")).toMatch(/was heard of in the last 60 s: it is alive/);
    expect(await command(journalId, "--yes", "--silent-for", "1s")).toMatch(/a duration of at least 15s/);
    expect(await command("unknown", "--yes")).toMatch(/No gateway is known that writes journal unknown/);
    await kill(doomed);
    await doomed.stop();
    await Promise.all(edits);
    await letGo();
    const gone = [journalId, "--silent-for", "15s"];
    const told = await until(async () => {
      const text = await command(...gone);
      return !text.includes("is alive") && text;
    });
    expect(told).toMatch(/1 of its attempts have reserved \$[\d.]+\. With --yes/);
    expect((await fleet.sum(0)).uncertainRows).toBe(0);
    expect(await command(...gone, "--yes")).toMatch(/1 of its attempts are uncertain now, at \$[\d.]+\./);
    expect(await command(...gone, "--yes")).toMatch(/0 of its attempts are uncertain now/);
    expect(await fleet.sum(1)).toMatchObject({ uncertainRows: 1, uncertainNanoUsd: BigInt(most) });
    await expectAgreement(fleet, survivor, team);
    await survivor.stop();
  }, 120_000);
});
