import { stringify } from "yaml";
import { sendEdit } from "./edit-request.js";
import { managementOf } from "./management-client.js";
import { readMetrics } from "./metrics-reading.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

const masterKey = "sk-master";

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.clear());
afterAll(stopAll);

function startWith(general: object, environment = {}): Promise<RunningGateway> {
  const entry = modelEntries(simulator.url);
  return startGateway({
    config: stringify({
      model_list: [entry("edits", "one", simulatorKeys.one), entry("edits", "two", simulatorKeys.two)],
      router_settings: { num_retries: 0 },
      general_settings: { master_key: masterKey, ...general },
    }),
    environment,
  });
}

async function keyOf(gateway: RunningGateway, team: object): Promise<string> {
  const admin = managementOf(gateway, masterKey);
  const { body } = await admin("/team/new", team);
  return (await admin("/key/generate", { team_id: body.team_id })).body.key;
}

const edit = (gateway: RunningGateway, key: string) =>
  sendEdit(gateway.url, {
    fields: { model: "edits", size: "1024x1024", quality: "low" },
    headers: { authorization: `Bearer ${key}` },
  });

/** Periods that do not end while somebody looks at what was spent in them. */
const [decade, century] = ["120mo", "1200mo"];

test("tells what each team has spent, and how much of its budgets is used", async () => {
  const gateway = await startWith({});
  await managementOf(gateway, masterKey)("/budget/new", {
    budget_id: "shared",
    max_budget: 2,
    budget_duration: decade,
  });
  const red = await keyOf(gateway, {
    team_id: "red",
    team_alias: "Red team",
    max_budget: 5,
    budget_duration: century,
  });
  const blue = await keyOf(gateway, { team_id: "blue", budget_id: "shared" });
  await keyOf(gateway, { team_id: "idle", max_budget: 1 });
  const before = await readMetrics(gateway, masterKey);
  expect(before.sum("darkroom_team_info", { team: "red", team_alias: "Red team" })).toBe(1);
  expect(before.sum("darkroom_team_budget_usd", { team: "idle", period: "for ever" })).toBe(1);
  expect(before.sum("darkroom_team_budget_used_usd", { team: "red" })).toBe(0);

  for (const key of [red, red, blue]) expect((await edit(gateway, key)).status).toBe(200);
  const { totals } = await simulator.bill();
  const total = Number(totals.overall.nanoUsd) / 1e9;
  const after = await until(async () => {
    const now = await readMetrics(gateway, masterKey);
    const used = now.sum("darkroom_team_budget_used_usd");
    return Math.abs(used - total) < 1e-9 && now;
  });
  expect(after.sum("darkroom_team_spend_usd_total")).toBeCloseTo(total, 9);
  expect(after.sum("darkroom_team_spend_usd_total", { team: "red" })).toBeCloseTo((2 * total) / 3, 9);
  expect(after.sum("darkroom_team_spend_usd_total", { team: "idle" })).toBe(0);
  expect(after.series("darkroom_team_spend_usd_total")).toBe(3);
  expect(after.sum("darkroom_team_budget_usd", { team: "blue", period: decade })).toBe(2);
  expect(after.sum("darkroom_team_budget_used_usd", { team: "red", period: century })).toBeCloseTo(
    (2 * total) / 3,
    9,
  );

  await managementOf(gateway, masterKey)("/team/delete", { team_ids: ["red"] });
  const without = await readMetrics(gateway, masterKey);
  expect(without.series("darkroom_team_spend_usd_total")).toBe(2);
  expect(without.sum("darkroom_team_budget_usd", { team: "red" })).toBe(0);
});

test("knows after a start what was spent of a budget before, and counts anew what it spends itself", async () => {
  const data = { DARKROOM_DATA_DIR: `${simulator.process.folder}/kept` };
  const first = await startWith({}, data);
  const key = await keyOf(first, { team_id: "green", max_budget: 5, budget_duration: century });
  await edit(first, key);
  const spent = Number((await simulator.bill()).totals.overall.nanoUsd) / 1e9;
  first.process.kill("SIGTERM");
  await first.running.ended;

  const second = await startWith({}, data);
  const metrics = await readMetrics(second, masterKey);
  expect(metrics.sum("darkroom_team_budget_used_usd", { team: "green" })).toBeCloseTo(spent, 9);
  expect(metrics.sum("darkroom_team_spend_usd_total", { team: "green" })).toBe(0);
});

test("tells of so many teams at most, and of none where nobody wants it", async () => {
  const few = await startWith({ team_metrics: 1 });
  for (const team_id of ["a", "b"]) await keyOf(few, { team_id });
  expect((await readMetrics(few, masterKey)).series("darkroom_team_spend_usd_total")).toBe(1);
  const none = await startWith({ team_metrics: 0 });
  await keyOf(none, { team_id: "a" });
  expect((await readMetrics(none, masterKey)).text).not.toContain("darkroom_team");
});
