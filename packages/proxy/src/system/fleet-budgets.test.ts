import { randomUUID } from "node:crypto";
import { type Asker, BudgetedGateway, dollars, editsAtOnce, isBudgetRefusal } from "./budgeted-gateway.js";
import type { Answer } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { StoreServer, describeWithStores } from "./store-servers.js";
import { until } from "./until.js";

const fits = 57;
const count = 200;
const gatewayCount = 3;

let simulator: RunningSimulator;
let redis: StoreServer;
let postgres: StoreServer;
/** What pays for {@link fits} edits and not for one more, in dollars. */
let budget: number;
/** Budgets of deployments, providers and unknown customers are in their configuration. */
let gateways: readonly BudgetedGateway[];

const entries = () => modelEntries(simulator.url);

/** Gateways that share a Redis and a schema with each other, and with nobody else. */
function startGateways(
  { url }: StoreServer,
  modelList: readonly object[],
  config: Readonly<Record<string, object>>,
): Promise<readonly BudgetedGateway[]> {
  const environment = {
    REDIS_URL: url,
    DATABASE_URL: postgres.url,
    DARKROOM_DATABASE_SCHEMA: `s_${randomUUID().replaceAll("-", "")}`,
  };
  const all = Array.from({ length: gatewayCount }, () =>
    BudgetedGateway.start(simulator, modelList, config, { environment }),
  );
  return Promise.all(all);
}

/** A gateway that has given up on Redis for a moment, on a busy machine, sends nothing that money is asked for: once more then. */
function editAt(gateway: BudgetedGateway, asker: Asker): Promise<Answer> {
  return until(async () => {
    const answer = await gateway.edit(asker);
    return answer.status !== 503 && answer;
  });
}

async function paysExactly(all: readonly BudgetedGateway[], asker: Asker): Promise<void> {
  const send = (index: number) => editAt(all[index % all.length]!, asker);
  const { served, refused } = await editsAtOnce(simulator, send, count, fits);
  expect(served.map(({ status }) => status)).toEqual(Array.from({ length: fits }, () => 200));
  expect(refused.length).toBeGreaterThanOrEqual(count - fits);
  const others = refused.filter((answer) => !isBudgetRefusal(answer));
  expect(others.map(({ status, body }) => `${status} ${body.toString()}`)).toEqual([]);
  expect((await simulator.bill()).totals.overall.requests).toBe(fits);
}

/** Each is made at one of the gateways; who asks for an edit, at all of them. */
const scopes: Readonly<Record<string, (gateway: BudgetedGateway) => Promise<Asker>>> = {
  "a key": async (gateway) => ({ key: await gateway.newKey({ max_budget: budget }) }),
  "a key for one model": async (gateway) => ({
    key: await gateway.newKey({
      model_max_budget: { edits: { max_budget: budget, budget_duration: "30d" } },
    }),
  }),
  "a key for the month, beside a larger one for ever": async (gateway) => ({
    key: await gateway.newKey({
      max_budget: 2 * budget,
      budget_limits: [{ max_budget: budget, budget_duration: "30d" }],
    }),
  }),
  "a key of nothing, with a temporary increase": async (gateway) => ({
    key: await gateway.newKey({
      max_budget: 0,
      temp_budget_increase: budget,
      temp_budget_expiry: new Date(Date.now() + 3_600_000).toISOString(),
    }),
  }),
  "a key that reuses one": async (gateway) => {
    await gateway.admin("/budget/new", { budget_id: "of-keys", max_budget: budget });
    return { key: await gateway.newKey({ budget_id: "of-keys" }) };
  },
  "a team": async (gateway) => {
    const { team_id } = await gateway.admin("/team/new", { max_budget: budget });
    return { key: await gateway.newKey({ team_id }) };
  },
  "a team for one model": async (gateway) => {
    const { team_id } = await gateway.admin("/team/new", {
      model_max_budget: { edits: { max_budget: budget, budget_duration: "30d" } },
    });
    return { key: await gateway.newKey({ team_id }) };
  },
  "a team's member": async (gateway) => {
    const { team_id } = await gateway.admin("/team/new", { team_member_budget: budget });
    const { user_id } = await gateway.admin("/user/new", { auto_create_key: false });
    await gateway.admin("/team/member_add", { team_id, member: { role: "user", user_id } });
    return { key: await gateway.newKey({ team_id, user_id }) };
  },
  "an organization": async (gateway) => {
    const { organization_id } = await gateway.admin("/organization/new", { max_budget: budget });
    const { team_id } = await gateway.admin("/team/new", { organization_id });
    return { key: await gateway.newKey({ team_id }) };
  },
  "a user": async (gateway) => {
    const { user_id } = await gateway.admin("/user/new", { max_budget: budget, auto_create_key: false });
    return { key: await gateway.newKey({ user_id }) };
  },
  "a customer": async (gateway) => {
    await gateway.admin("/customer/new", { user_id: "zoe", max_budget: budget });
    return { key: await gateway.newKey(), fields: { user: "zoe" } };
  },
  "a customer who reuses one": async (gateway) => {
    await gateway.admin("/budget/new", { budget_id: "of-customers", max_budget: budget });
    await gateway.admin("/customer/new", { user_id: "ann", budget_id: "of-customers" });
    return { key: await gateway.newKey(), fields: { user: "ann" } };
  },
  "every customer, for one whom nobody has heard of": () =>
    Promise.resolve({ fields: { user: "unheard-of" } }),
  "a tag that the request names": async (gateway) => {
    await gateway.admin("/tag/new", { name: "named", max_budget: budget });
    return { key: await gateway.newKey(), headers: { "x-litellm-tags": "named" } };
  },
  "a tag that the key has": async (gateway) => {
    await gateway.admin("/tag/new", { name: "of-key", max_budget: budget });
    return { key: await gateway.newKey({ tags: ["of-key"] }) };
  },
  "a deployment": () => Promise.resolve({ fields: { model: "of-deployment" } }),
  "a provider": () => Promise.resolve({ fields: { model: "of-provider" } }),
};

describeWithStores(`of ${count} edits at once over ${gatewayCount} gateways exactly ${fits} are paid`, () => {
  beforeAll(async () => {
    [simulator, redis, postgres] = await Promise.all([
      startSimulator(),
      StoreServer.redis(),
      StoreServer.postgres(),
    ]);
    const entry = entries();
    const asked = [entry("edits", "one", simulatorKeys.one), entry("edits", "two", simulatorKeys.two)];
    const alone = await BudgetedGateway.start(simulator, asked);
    budget = dollars((await alone.mostNanoUsd()) * fits + 1);
    await alone.gateway.stop();
    const other = { model: "litellm_proxy/gpt-image-1" };
    gateways = await startGateways(
      redis,
      [
        ...asked,
        entry("of-deployment", "one", simulatorKeys.one, { max_budget: budget }),
        entry("of-provider", "one", simulatorKeys.one, other),
      ],
      {
        router_settings: {
          queue_timeout: 0,
          num_retries: 0,
          provider_budget_config: { litellm_proxy: { budget_limit: budget, time_period: "30d" } },
        },
        litellm_settings: { max_end_user_budget: budget },
      },
    );
  }, 90_000);
  afterEach(() => simulator.clear());
  afterAll(async () => {
    await stopAll();
    await Promise.all([redis.stop(), postgres.stop()]);
  });

  const names = Object.keys(scopes);
  test.each(names)(
    "by the budget of %s",
    async (scope) => {
      const maker = gateways[names.indexOf(scope) % gatewayCount]!;
      await paysExactly(gateways, await scopes[scope]!(maker));
    },
    90_000,
  );

  test("by the budget of the whole proxy, whoever asks", async () => {
    const entry = entries();
    const ownRedis = await StoreServer.redis();
    const own = await startGateways(ownRedis, [entry("edits", "one", simulatorKeys.one)], {
      litellm_settings: { max_budget: budget, budget_duration: "30d" },
    });
    const keys = await Promise.all(own.map((gateway) => gateway.newKey()));
    const askers: readonly Asker[] = [{}, ...keys.map((key) => ({ key }))];
    const send = (index: number) => editAt(own[index % gatewayCount]!, askers[index % askers.length]!);
    const { served, refused } = await editsAtOnce(simulator, send, count, fits);
    expect(served.map(({ status }) => status)).toEqual(Array.from({ length: fits }, () => 200));
    expect(refused.every(isBudgetRefusal)).toBe(true);
    expect((await simulator.bill()).totals.overall.requests).toBe(fits);
    await Promise.all(own.map(({ gateway }) => gateway.stop()));
    await ownRedis.stop();
  }, 90_000);
});
