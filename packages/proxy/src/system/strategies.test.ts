import { stringify } from "yaml";
import { picture, sendEdit } from "./edit-request.js";
import type { Answer } from "./form-request.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

let near: RunningSimulator;
let far: RunningSimulator;

beforeAll(async () => {
  [near, far] = await Promise.all([
    startSimulator(),
    startSimulator({ latency: { meanMs: 300, jitterMs: 20 } }),
  ]);
});
afterEach(async () => {
  await near.clear();
  await far.clear();
});
afterAll(stopAll);

interface Entry {
  readonly id: string;
  readonly at: RunningSimulator;
  readonly model?: string;
  readonly weight?: number;
}

function start(strategy: string, ...entries: readonly Entry[]): Promise<RunningGateway> {
  const model_list = entries.map(({ id, at, model = "gpt-image-1", weight }) => ({
    model_name: "edits",
    litellm_params: {
      model: `openai/${model}`,
      api_base: `${at.url}/v1`,
      api_key: simulatorKeys.one,
      ...(weight !== undefined && { weight }),
    },
    model_info: { id },
  }));
  return startGateway({
    config: stringify({ model_list, router_settings: { routing_strategy: strategy } }),
  });
}

function edit({ url }: RunningGateway, fields: Record<string, string> = {}): Promise<Answer> {
  return sendEdit(url, { fields: { model: "edits", quality: "low", size: "1024x1024", ...fields } });
}

/** How many of so many edits, one after the other, each deployment served. */
async function shares(gateway: RunningGateway, count: number): Promise<Record<string, number>> {
  const served: Record<string, number> = {};
  for (let number = 0; number < count; number += 1) {
    const { headers } = await edit(gateway);
    const id = String(headers["x-litellm-model-id"]);
    served[id] = (served[id] ?? 0) + 1;
  }
  return served;
}

test("latency-based-routing: the slow deployment loses its traffic, also that of edits that answer soon", async () => {
  const gateway = await start("latency-based-routing", { id: "far", at: far }, { id: "near", at: near });
  await shares(gateway, 4);
  const { near: byNear = 0 } = await shares(gateway, 40);
  expect(byNear).toBeGreaterThanOrEqual(36);
});

test("least-busy: who has not answered yet gets nothing more as long as others are free", async () => {
  const other = await startSimulator();
  const gateway = await start("least-busy", { id: "first", at: near }, { id: "second", at: other });
  const hang = { user: "held", fault: { kind: "hang" } };
  await Promise.all([near.setFaults(hang), other.setFaults(hang)]);
  const gone = new AbortController();
  const held = fetch(`${gateway.url}/v1/images/edits`, {
    method: "POST",
    body: heldForm(),
    signal: gone.signal,
  }).catch(() => undefined);
  await until(async () => (await near.requests()).length + (await other.requests()).length === 1);
  const busy = (await near.requests()).length === 1 ? "first" : "second";
  expect(await shares(gateway, 12)).toEqual({ [busy === "first" ? "second" : "first"]: 12 });
  gone.abort();
  await held;
});

function heldForm(): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries({ model: "edits", prompt: "hat", user: "held" })) {
    form.set(name, value);
  }
  form.set("image", new Blob([picture], { type: "image/png" }), "a.png");
  return form;
}

test("cost-based-routing: the cheapest serves, and the next one where it fails", async () => {
  const gateway = await start(
    "cost-based-routing",
    { id: "dear", at: near, model: "gpt-image-1" },
    { id: "cheap", at: near, model: "gpt-image-1-mini" },
  );
  expect(await shares(gateway, 12)).toEqual({ cheap: 12 });
  await near.setFaults({ model: "gpt-image-1-mini", fault: { kind: "status", status: 500 } });
  const { headers } = await edit(gateway);
  expect(headers["x-darkroom-attempts"]).toBe("cheap: 500 server_error, dear: ok");
});

test("where a group has weights they decide, and the start says so", async () => {
  const gateway = await start(
    "cost-based-routing",
    { id: "dear", at: near, model: "gpt-image-1", weight: 1 },
    { id: "cheap", at: near, model: "gpt-image-1-mini", weight: 0 },
  );
  expect(await shares(gateway, 12)).toEqual({ dear: 12 });
  expect(gateway.logLines().join("\n")).toContain("the weights of edits decide its shares");
});
