/**
 * Two gateways over one simulator, and traffic that brings on all that the dashboard shows and alerts tell of. Beside them one
 * that shares its limits with others, and loses them.
 */
import { RedisServer } from "../../../packages/router/dist/redis/redis-server.test.support.js";
import { sendEdit } from "../../../packages/proxy/dist/system/edit-request.js";
import { managementOf } from "../../../packages/proxy/dist/system/management-client.js";
import { modelEntries } from "../../../packages/proxy/dist/system/model-entry.js";
import { startGateway } from "../../../packages/proxy/dist/system/running-gateway.js";
import { startSimulator } from "../../../packages/proxy/dist/system/running-simulator.js";

export const masterKey = "sk-of-the-check";

const keys = { well: "sk-well", flaky: "sk-flaky", scarce: "sk-scarce" };
const unpricedModel = "gpt-image-nova";
/** More than the alert says is much, and less than a gateway lets wait. */
const crowd = 80;
/** Ten large images each, of which nobody will know what they cost: some dollars. */
const lostEdits = 8;

export async function startTroubledGateways() {
  const simulator = await startSimulator({
    keys: Object.fromEntries(Object.entries(keys).map(([name, key]) => [key, `org-${name}`])),
    models: ["gpt-image-1", { id: unpricedModel, like: "gpt-image-1" }],
    latency: { meanMs: 30, jitterMs: 20 },
  });
  await simulator.setFaults(
    { user: "lost", fault: { kind: "reset", when: "after" } },
    {
      key: keys.flaky,
      probability: 0.4,
      fault: { kind: "status", status: 429, code: "rate_limit_exceeded" },
    },
    { key: keys.flaky, probability: 0.6, fault: { kind: "status", status: 500 } },
  );
  const entry = modelEntries(simulator.url);
  const config = JSON.stringify({
    model_list: [
      entry("edits", "one", keys.well, { ipm: 6000, max_parallel_requests: 50 }),
      entry("flaky", "one", keys.flaky, { cooldown_time: 0.2 }),
      entry("locked", "out", "sk-nobody-knows", { cooldown_time: 600 }),
      entry("scarce", "one", keys.scarce, { rpm: 1 }),
      entry("nova", "one", keys.well, { model: `openai/${unpricedModel}` }),
    ],
    router_settings: { num_retries: 1, queue_timeout: 120, fallbacks: [{ locked: ["edits"] }] },
    general_settings: { master_key: masterKey },
  });
  const gateways = await Promise.all([startGateway({ config }), startGateway({ config })]);
  const traffic = await Promise.all(gateways.map((gateway) => Traffic.to(gateway)));
  const redis = await RedisServer.start();
  const sharing = await startGateway({
    config: JSON.stringify({ model_list: [entry("shared", "one", keys.well, { rpm: 6000 })] }),
    environment: { REDIS_URL: `redis://127.0.0.1:${redis.port}` },
  });
  return {
    targets: [...gateways, sharing].map(({ port }) => `127.0.0.1:${port}`),
    traffic: async () => {
      for (const one of traffic) one.start();
      await redis.kill();
      await sendEdit(sharing.url, editOf({ model: "shared" }, {}));
    },
    stop: async () => {
      await Promise.all([redis.stop(), sharing.stop(), ...traffic.map((one) => one.stop())]);
    },
  };
}

/** Asks a gateway for edits, until it is stopped. */
class Traffic {
  #goesOn = true;
  #running = [];

  constructor(gateway, teamKey) {
    this.gateway = gateway;
    this.teamKey = teamKey;
  }

  static async to(gateway) {
    const admin = managementOf(gateway, masterKey);
    const ask = async (path, fields) => {
      const { status, body } = await admin(path, fields);
      if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
      return body;
    };
    const most = await mostCost(gateway);
    // What is left at the end is less than an edit may cost, and that a thirtieth of the whole.
    const team = { team_id: "red", team_alias: "Red team", max_budget: 30 * most, budget_duration: "30d" };
    await ask("/team/new", team);
    const { key } = await ask("/key/generate", { team_id: "red" });
    return new Traffic(gateway, key);
  }

  start() {
    const lost = { user: "lost", n: "10", quality: "high", size: "1536x1024" };
    const single = [
      ...Array.from({ length: crowd }, () => this.#edit({ model: "scarce" })),
      ...Array.from({ length: lostEdits }, () => this.#edit({ model: "edits", ...lost })),
    ];
    this.#running = [
      ...single,
      this.#again({ model: "edits" }),
      this.#again({ model: "edits" }, { "idempotency-key": "always-the-same" }),
      this.#again({ model: "edits" }, { authorization: `Bearer ${this.teamKey}` }),
      this.#again({ model: "flaky" }),
      this.#again({ model: "locked" }),
      this.#again({ model: "nova" }),
    ];
  }

  async stop() {
    this.#goesOn = false;
    // Who waits for the scarce deployment waits longer than there is to see.
    await this.gateway.stop();
    await Promise.all(this.#running);
  }

  /** One edit after another. */
  async #again(fields, headers) {
    while (this.#goesOn) {
      await this.#edit(fields, headers);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #edit(fields, headers = {}) {
    await sendEdit(this.gateway.url, editOf(fields, headers)).catch(() => undefined);
  }
}

const editOf = (fields, headers) => ({
  fields: { size: "1024x1024", quality: "low", ...fields },
  headers: { authorization: `Bearer ${masterKey}`, ...headers },
});

/** In dollars. */
async function mostCost({ url }) {
  const { body } = await sendEdit(url, editOf({ model: "edits" }, { "x-darkroom-dry-run": "true" }));
  return Number(JSON.parse(body.toString("utf8")).most_cost_nano_usd) / 1e9;
}
