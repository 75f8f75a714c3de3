import { type Asker, BudgetedGateway, dollars, isBudgetRefusal, masterKey } from "./budgeted-gateway.js";
import { errorOf } from "./edit-request.js";
import { readMetrics } from "./metrics-reading.js";
import { modelEntries } from "./model-entry.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

/** What LiteLLM's own end-to-end tests of keys and budgets look at, one by one. */

/** Less than any edit costs. */
const tiny = 0.000001;

let simulator: RunningSimulator;
let gateway: BudgetedGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  const entry = modelEntries(simulator.url);
  gateway = await BudgetedGateway.start(simulator, [
    entry("edits", "one", simulatorKeys.one),
    entry("others", "two", simulatorKeys.two),
    entry("free", "three", simulatorKeys.one, { input_cost_per_image: 0, output_cost_per_image: 0 }),
  ]);
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

/** A new team with a member who has a key. */
async function memberKey(ofTeam: object, ofMember: object = {}, ofUser: object = {}): Promise<string> {
  const { team_id } = await gateway.admin("/team/new", ofTeam);
  const { user_id } = await gateway.admin("/user/new", { auto_create_key: false, ...ofUser });
  await gateway.admin("/team/member_add", { team_id, member: { role: "user", user_id }, ...ofMember });
  return gateway.newKey({ team_id, user_id });
}

const blocked: Readonly<Record<string, () => Promise<Asker>>> = {
  "a key": async () => ({ key: await gateway.newKey({ max_budget: tiny }) }),
  "an internal user": async () => {
    const { user_id } = await gateway.admin("/user/new", { max_budget: tiny, auto_create_key: false });
    return { key: await gateway.newKey({ user_id }) };
  },
  "a user, by the key that was made with it": async () => {
    const { key } = await gateway.admin("/user/new", { max_budget: tiny });
    return { key: key as string };
  },
  "a team": async () => ({ key: await memberKey({ max_budget: tiny }) }),
  "a team member": async () => ({ key: await memberKey({}, { max_budget_in_team: tiny }) }),
  "a team member, by what the team gives each": async () => ({
    key: await memberKey({ team_member_budget: tiny }),
  }),
  "an end user": async () => {
    await gateway.admin("/customer/new", { user_id: "end-user", max_budget: tiny });
    return { key: await gateway.newKey(), fields: { user: "end-user" } };
  },
  "an end user with a reusable budget": async () => {
    await gateway.admin("/budget/new", { budget_id: "tiny", max_budget: tiny });
    await gateway.admin("/end_user/new", { user_id: "end-user-of-budget", budget_id: "tiny" });
    return { key: await gateway.newKey(), headers: { "x-litellm-end-user-id": "end-user-of-budget" } };
  },
  "a tag": async () => {
    await gateway.admin("/tag/new", { name: "tiny-tag", max_budget: tiny });
    return { key: await gateway.newKey(), fields: { metadata: '{"tags":["tiny-tag"]}' } };
  },
  "a tag that the key has": async () => {
    await gateway.admin("/tag/new", { name: "tag-of-key", max_budget: tiny });
    return { key: await gateway.newKey({ tags: ["tag-of-key"] }) };
  },
  "one model": async () => ({
    key: await gateway.newKey({ model_max_budget: { edits: { budget_limit: tiny, time_period: "1d" } } }),
  }),
  "one of a team's windows": async () => ({
    key: await memberKey({
      max_budget: 100,
      budget_limits: [
        { budget_duration: "24h", max_budget: tiny },
        { budget_duration: "30d", max_budget: 100 },
      ],
    }),
  }),
};

test.each(Object.keys(blocked))(
  "the budget of %s blocks with budget_exceeded, before anything is sent",
  async (who) => {
    const asker = (await blocked[who]?.()) as Asker;
    const refused = await gateway.edit(asker);
    expect(refused.status).toBe(429);
    expect(errorOf(refused)).toMatchObject({ type: "budget_exceeded", code: "429", param: null });
    expect(await simulator.requests()).toEqual([]);
    // Nobody else is held to it.
    expect((await gateway.edit({ key: await gateway.newKey() })).status).toBe(200);
  },
);

test("the budget of one model blocks no other", async () => {
  const key = await gateway.newKey({ model_max_budget: { edits: { max_budget: tiny } } });
  expect((await gateway.edit({ key })).status).toBe(429);
  expect((await gateway.edit({ key, fields: { model: "others" } })).status).toBe(200);
});

test("a team's key is charged to the team and the member, and not to its owner's own budget", async () => {
  expect((await gateway.edit({ key: await memberKey({}, {}, { max_budget: tiny }) })).status).toBe(200);
});

test("a model that costs nothing is free for whoever has nothing left", async () => {
  const key = await gateway.newKey({ max_budget: 0 });
  expect((await gateway.edit({ key })).status).toBe(429);
  expect((await gateway.edit({ key, fields: { model: "free" } })).status).toBe(200);
});

test("every route to an edit is held to a budget", async () => {
  const key = await gateway.newKey({ max_budget: tiny });
  const { url } = gateway.gateway;
  for (const path of ["/v1/images/edits", "/images/edits", "/openai/deployments/edits/images/edits"]) {
    const body = new FormData();
    body.set("model", "edits");
    body.set("prompt", "Add a red hat");
    body.set("image", new Blob([new Uint8Array(8)]), "a.png");
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body,
    });
    expect([path, answer.status]).toEqual([path, 429]);
  }
});

test("a soft budget blocks nobody, and is told of once", async () => {
  const key = await gateway.newKey({ soft_budget: tiny, key_alias: "soft-key" });
  for (let count = 0; count < 3; count += 1) expect((await gateway.edit({ key })).status).toBe(200);
  const lines = () =>
    gateway.gateway.logLines().filter((line) => line.includes("Key 'soft-key' has spent more than"));
  await until(() => lines().length > 0);
  const metrics = await readMetrics(gateway.gateway, masterKey);
  expect(metrics.sum("darkroom_soft_budgets_crossed_total", { scope: "key" })).toBe(1);
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).not.toContain(key);
});

test("a key's limits are told in LiteLLM's headers, of answers and of refusals", async () => {
  const key = await gateway.newKey({ max_budget: 0.5, rpm_limit: 1, tpm_limit: 1_000_000 });
  for (const status of [200, 429]) {
    const answer = await gateway.edit({ key });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      "x-litellm-key-max-budget": "0.5",
      "x-litellm-key-rpm-limit": "1",
      "x-litellm-key-tpm-limit": "1000000",
    });
  }
  expect((await gateway.edit({ key: await gateway.newKey() })).headers).not.toHaveProperty(
    "x-litellm-key-max-budget",
  );
});

test("budgets are made, read, changed, listed and deleted, and hold for whoever has them", async () => {
  await gateway.admin("/budget/new", { budget_id: "round-trip", max_budget: tiny, budget_duration: "30d" });
  const info = (await gateway.admin("/budget/info", { budgets: ["round-trip"] })) as unknown as object[];
  expect(info).toMatchObject([{ budget_id: "round-trip", max_budget: tiny, budget_duration: "30d" }]);
  const key = await gateway.newKey({ budget_id: "round-trip" });
  expect((await gateway.edit({ key })).status).toBe(429);
  await gateway.admin("/budget/update", { budget_id: "round-trip", max_budget: 100 });
  expect((await gateway.edit({ key })).status).toBe(200);
  const listed = (await gateway.admin("/budget/list")) as unknown as { budget_id: string }[];
  expect(listed.map(({ budget_id }) => budget_id)).toContain("round-trip");
  await gateway.admin("/key/delete", { keys: [key] });
  await gateway.admin("/budget/delete", { id: "round-trip" });
  const left = (await gateway.admin("/budget/list")) as unknown as { budget_id: string }[];
  expect(left.map(({ budget_id }) => budget_id)).not.toContain("round-trip");
});

test.each([
  ["1d", /T00:00:00/],
  ["30d", /-01T00:00:00/],
  ["7d", /T00:00:00/],
])("a budget_duration of %s sets budget_reset_at", async (budget_duration, reset) => {
  const made = await gateway.admin("/key/generate", { max_budget: 1, budget_duration });
  expect(made["budget_reset_at"]).toMatch(reset);
  expect(Date.parse(made["budget_reset_at"] as string)).toBeGreaterThan(Date.now());
});

test("a spent budget pays again in its next period, with nothing that has to happen for it", async () => {
  const max_budget = dollars((await gateway.mostNanoUsd()) + 1);
  const key = await gateway.newKey({ max_budget, budget_duration: "3s" });
  expect((await gateway.edit({ key })).status).toBe(200);
  const refused = await gateway.refusedAfterAll({ key });
  expect(isBudgetRefusal(refused)).toBe(true);
  await until(async () => (await gateway.edit({ key })).status === 200);
});

test("a raised budget pays at once; a lowered one refuses at once", async () => {
  const key = await gateway.newKey({ max_budget: tiny });
  expect((await gateway.edit({ key })).status).toBe(429);
  await gateway.admin("/key/update", { key, max_budget: 10 });
  expect((await gateway.edit({ key })).status).toBe(200);
  await gateway.admin("/key/update", { key, max_budget: tiny });
  expect((await gateway.edit({ key })).status).toBe(429);
});

test("a rotated key keeps its spend and its windows", async () => {
  const max_budget = dollars((await gateway.mostNanoUsd()) + 1);
  const key = await gateway.newKey({ model_max_budget: { edits: { max_budget, budget_duration: "30d" } } });
  expect((await gateway.edit({ key })).status).toBe(200);
  await gateway.refusedAfterAll({ key });
  const { key: rotated } = await gateway.admin(`/key/${key}/regenerate`, {});
  expect(rotated).not.toBe(key);
  expect((await gateway.edit({ key })).status).toBe(401);
  const refused = await gateway.edit({ key: rotated as string });
  expect([refused.status, errorOf(refused).type]).toEqual([429, "budget_exceeded"]);
});

test("what was spent is shown, and is what the simulator has billed", async () => {
  const key = await gateway.newKey({ max_budget: 10 });
  for (let count = 0; count < 3; count += 1) await gateway.edit({ key });
  const billed = Number((await simulator.bill()).totals.overall.nanoUsd);
  await until(async () => {
    const { info } = (await gateway.admin(`/key/info?key=${key}`)) as { info: { spend: number } };
    return Math.round(info.spend * 1e9) === billed;
  });
});

/** The rows of LiteLLM's table of errors about rates: status, type, headers. */
describe("a caller's own rate limit", () => {
  test.each([
    ["rpm_limit", 1, "requests"],
    ["tpm_limit", 1, "tokens"],
    ["ipm_limit", 1, "images"],
  ])("%s", async (limit, most, type) => {
    const key = await gateway.newKey({ [limit]: most });
    const answers = [
      await gateway.edit({ key, fields: { n: "2" } }),
      await gateway.edit({ key }),
      await gateway.edit({ key }),
    ];
    const refused = answers.find(({ status }) => status !== 200);
    expect(refused?.status).toBe(429);
    expect(errorOf(refused ?? { body: Buffer.from("{}") })).toMatchObject({
      type: "throttling_error",
      code: "429",
      param: null,
    });
    expect(refused?.headers["rate_limit_type"]).toBe(type);
  });

  test("what is left of them is told with every answer, and goes down by what was really used", async () => {
    const most = 1_000_000;
    const key = await gateway.newKey({ rpm_limit: 90, tpm_limit: most, model_rpm_limit: { edits: 80 } });
    const edit = async () => {
      const { status, headers, body } = await gateway.edit({ key });
      expect(status).toBe(200);
      const left = (of: string): number => Number(headers[`x-ratelimit-remaining-${of}`]);
      const { usage } = JSON.parse(body.toString()) as { usage: { total_tokens: number } };
      return { headers, left, used: usage.total_tokens };
    };
    const { headers, left, used } = await edit();
    expect(headers).toMatchObject({
      "x-ratelimit-limit-requests": "90",
      "x-ratelimit-remaining-requests": "89",
      "x-ratelimit-limit-tokens": String(most),
      "x-litellm-key-remaining-requests-edits": "79",
    });
    const estimated = most - left("tokens");
    expect(used).toBeLessThan(estimated);
    let made = 1;
    // An answer may be out a moment before its tokens are corrected.
    await until(async () => {
      const next = await edit();
      made += 1;
      expect(next.left("requests")).toBe(90 - made);
      return next.left("tokens") === most - (made - 1) * used - estimated;
    });
  });

  test("max_parallel_requests", async () => {
    const key = await gateway.newKey({ max_parallel_requests: 2 });
    const { served, refused } = await gateway.atOnce({ key }, 5, 2);
    expect(served.map(({ status }) => status)).toEqual([200, 200]);
    expect(errorOf(refused[0] ?? { body: Buffer.from("{}") })).toMatchObject({ type: "throttling_error" });
    expect(refused[0]?.headers["rate_limit_type"]).toBe("concurrent_requests");
    // They come back.
    expect((await gateway.edit({ key })).status).toBe(200);
  });

  test.each(["team", "user", "customer"] as const)("of a %s", async (scope) => {
    const limits = { rpm_limit: 1 };
    const asker = await {
      team: async () => ({ key: await memberKey(limits) }),
      user: async () => {
        const { user_id } = await gateway.admin("/user/new", { ...limits, auto_create_key: false });
        return { key: await gateway.newKey({ user_id }) };
      },
      customer: async () => {
        await gateway.admin("/customer/new", { user_id: "of-rates", ...limits });
        return { key: await gateway.newKey(), fields: { user: "of-rates" } };
      },
    }[scope]();
    expect((await gateway.edit(asker)).status).toBe(200);
    const refused = await gateway.edit(asker);
    expect([refused.status, refused.headers["rate_limit_type"]]).toEqual([429, "requests"]);
  });

  test("is not the master key's", async () => {
    for (let count = 0; count < 3; count += 1) expect((await gateway.edit()).status).toBe(200);
  });
});
