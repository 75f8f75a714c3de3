import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { errorOf, sendEdit } from "./edit-request.js";
import { type Answer, post } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

const masterKey = "sk-master";

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  const entry = modelEntries(simulator.url);
  gateway = await startGateway({
    config: stringify({
      model_list: [entry("edits", "one", simulatorKeys.one), entry("edits", "two", simulatorKeys.two)],
      router_settings: { queue_timeout: 0, num_retries: 0 },
      general_settings: { master_key: masterKey },
    }),
  });
});
afterEach(() => simulator.clear());
afterAll(stopAll);

async function admin(path: string, body: unknown): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${masterKey}` };
  const answer = await post(`${gateway.url}${path}`, Buffer.from(JSON.stringify(body)), { headers });
  const value = JSON.parse(answer.body.toString()) as Record<string, unknown>;
  if (answer.status !== 200) throw new Error(`${path}: ${answer.body.toString()}`);
  return value;
}

async function newKey(fields: object): Promise<string> {
  return (await admin("/key/generate", fields))["key"] as string;
}

/** What every edit of these tests asks for, which costs at most some cents. */
const asked = { model: "edits", size: "1024x1024", quality: "low" };

function edit(key: string, fields: Readonly<Record<string, string>> = {}, headers = {}): Promise<Answer> {
  return sendEdit(gateway.url, {
    fields: { ...asked, ...fields },
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
}

/** The most that such an edit may cost, in dollars. */
async function mostCost(): Promise<number> {
  const answer = await edit(masterKey, {}, { "x-darkroom-dry-run": "true" });
  const { most_cost_nano_usd: nanoUsd } = JSON.parse(answer.body.toString()) as {
    most_cost_nano_usd: string | null;
  };
  return Number(nanoUsd) / 1e9;
}

const fits = 57;

/** A budget for each scope that pays for so many edits at most, and a key that is charged to it. */
const scopes: Readonly<
  Record<string, (budget: number) => Promise<{ key: string; fields?: object; headers?: object }>>
> = {
  key: async (max_budget) => ({ key: await newKey({ max_budget }) }),
  team: async (max_budget) => {
    const { team_id } = await admin("/team/new", { max_budget });
    return { key: await newKey({ team_id }) };
  },
  organization: async (max_budget) => {
    const { organization_id } = await admin("/organization/new", { max_budget });
    const { team_id } = await admin("/team/new", { organization_id });
    return { key: await newKey({ team_id }) };
  },
  member: async (team_member_budget) => {
    const { team_id } = await admin("/team/new", { team_member_budget });
    const { user_id } = await admin("/user/new", { auto_create_key: false });
    await admin("/team/member_add", { team_id, member: { role: "user", user_id } });
    return { key: await newKey({ team_id, user_id }) };
  },
  user: async (max_budget) => {
    const { user_id } = await admin("/user/new", { max_budget, auto_create_key: false });
    return { key: await newKey({ user_id }) };
  },
  customer: async (max_budget) => {
    await admin("/customer/new", { user_id: "customer-of-57", max_budget });
    return { key: await newKey({}), fields: { user: "customer-of-57" } };
  },
  tag: async (max_budget) => {
    await admin("/tag/new", { name: "tag-of-57", max_budget });
    return { key: await newKey({}), headers: { "x-litellm-tags": "tag-of-57" } };
  },
};

test.each(Object.keys(scopes))(
  "of 200 edits at once a budget of a %s for 57 pays exactly 57",
  async (scope) => {
    const budget = Math.round((await mostCost()) * fits * 1e9 + 1) / 1e9;
    const { key, fields = {}, headers = {} } = (await scopes[scope]?.(budget)) ?? { key: "" };
    await simulator.setFaults({ fault: { kind: "hold" } });
    const all = Array.from({ length: 200 }, () => edit(key, fields as Record<string, string>, headers));
    const refused: Answer[] = [];
    for (const one of all) void one.then((answer) => answer.status === 429 && refused.push(answer));
    await until(() => refused.length === 200 - fits);
    await until(async () => (await simulator.held()) === fits);
    expect(errorOf(refused[0] as Answer)).toMatchObject({ type: "budget_exceeded" });
    await simulator.setFaults();
    await simulator.release();
    const served = (await Promise.all(all)).filter(({ status }) => status === 200);
    expect(served).toHaveLength(fits);
    expect((await simulator.bill()).totals.overall.requests).toBe(fits);
  },
);

test("a spent budget refuses at once, names itself, and says what would fit; clients do not come back", async () => {
  const max_budget = Math.round((await mostCost()) * 1.5 * 1e9) / 1e9;
  const { team_id } = await admin("/team/new", { max_budget, budget_duration: "30d", team_alias: "Red" });
  const key = await newKey({ team_id });
  expect((await edit(key)).status).toBe(200);
  const answers: Answer[] = [];
  await until(async () => {
    answers.push(await edit(key));
    return answers.at(-1)?.status === 429;
  });
  const refused = answers.at(-1) as Answer;
  expect(errorOf(refused)).toMatchObject({ type: "budget_exceeded", param: null, code: "429" });
  expect(errorOf(refused).message).toMatch(
    new RegExp(
      `^Budget has been exceeded! Team '${String(team_id)}' \\(Red\\): spent \\$0\\.\\d+, reserved \\$0, limit \\$0\\.\\d+ per 30d, this edit at most \\$0\\.\\d+, resets at \\d{4}-\\d\\d-01T00:00:00\\.000Z\\.`,
    ),
  );
  expect(refused.headers["x-should-retry"]).toBe("false");
  expect(refused.headers["retry-after"]).toBeUndefined();
});

test("a budget set in mid-period begins with what was really spent, and may be raised", async () => {
  const key = await newKey({});
  for (let count = 0; count < 3; count += 1) expect((await edit(key)).status).toBe(200);
  await admin("/key/update", { key, max_budget: 0.000001 });
  expect((await edit(key)).status).toBe(429);
  await admin("/key/update", { key, max_budget: 100 });
  expect((await edit(key)).status).toBe(200);
});

test("rate limits of a key are taken once for each request, and refused in LiteLLM's form", async () => {
  const key = await newKey({ rpm_limit: 3 });
  const answers = await Promise.all(Array.from({ length: 5 }, () => edit(key)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  const refused = answers.find(({ status }) => status === 429) as Answer;
  expect(errorOf(refused)).toMatchObject({ type: "throttling_error", code: "429" });
  expect(refused.headers["rate_limit_type"]).toBe("requests");
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(50);
  expect(refused.headers["reset_at"]).toMatch(/^\d{4}-/);
});

test("a dry run tells where an edit would go and what it costs at most, and takes nothing", async () => {
  const key = await newKey({ rpm_limit: 1 });
  for (let count = 0; count < 3; count += 1) {
    const answer = await edit(key, {}, { "x-darkroom-dry-run": "true" });
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      dry_run: true,
      outcome: "served",
      model_group: "edits",
    });
  }
  expect(await simulator.requests()).toEqual([]);
  expect((await edit(key)).status).toBe(200);
  const full = await edit(key, {}, { "x-darkroom-dry-run": "true" });
  expect(full.status).toBe(200);
  expect(JSON.parse(full.body.toString())).toMatchObject({
    outcome: "refused",
    status: 429,
    error: { type: "throttling_error" },
  });
});

test("who asks for a dry run in words that are not known pays for nothing", async () => {
  for (const word of ["1", "yes", ""]) {
    const answer = await edit(await newKey({}), {}, { "x-darkroom-dry-run": word });
    expect([word, answer.status, errorOf(answer).param]).toEqual([word, 400, "x-darkroom-dry-run"]);
  }
  expect(await simulator.requests()).toEqual([]);
  expect((await edit(await newKey({}), {}, { "x-darkroom-dry-run": "False" })).status).toBe(200);
});

test("after a kill the books hold: what may have been charged is not spent twice", async () => {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-budgets-"));
  const entry = modelEntries(simulator.url);
  const config = stringify({
    model_list: [entry("edits", "one", simulatorKeys.one)],
    router_settings: { queue_timeout: 0, num_retries: 0 },
    general_settings: { master_key: masterKey },
  });
  const start = () => startGateway({ config, arguments: ["--data-dir", folder] });
  const most = await mostCost();
  const outer = gateway;
  try {
    gateway = await start();
    const { team_id } = await admin("/team/new", { max_budget: Math.round((most * 5 + 1e-9) * 1e9) / 1e9 });
    const key = await newKey({ team_id });
    await simulator.setFaults({ fault: { kind: "hold" } });
    const lost = Array.from({ length: 3 }, () => edit(key).catch(() => undefined));
    await until(async () => (await simulator.held()) === 3);
    gateway.process.kill("SIGKILL");
    await Promise.all(lost);
    await simulator.setFaults();
    await simulator.release();
    gateway = await start();
    await simulator.setFaults({ fault: { kind: "hold" } });
    const all = Array.from({ length: 10 }, () => edit(key));
    await until(async () => (await simulator.held()) === 2);
    await simulator.setFaults();
    await simulator.release();
    expect((await Promise.all(all)).filter(({ status }) => status === 200)).toHaveLength(2);
  } finally {
    gateway = outer;
    rmSync(folder, { recursive: true, force: true });
  }
});
