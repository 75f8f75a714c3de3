import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { APIError, toFile } from "openai";
import { stringify } from "yaml";
import { editForm, errorOf, picture, sendEdit } from "./edit-request.js";
import { type Answer, editIn, formType, postJson } from "./form-request.js";
import { readMetrics } from "./metrics-reading.js";
import { modelEntries } from "./model-entry.js";
import { pictureCalled } from "./pictures.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type FaultRule, type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

/** Bytes of each picture: two answers of a megabyte and a half of base64 do not fit into the smaller memory. */
const pictureBytes = 1024 * 1024;

let simulator: RunningSimulator;
let gateway: RunningGateway;
/** Has room for one answer. */
let small: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator({ answerBytes: pictureBytes });
  gateway = await startGateway({ config: config(simulator) });
  small = await startGateway({ config: config(simulator, { idempotency_memory_mb: 2 }) });
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

/** One deployment that is tried once, so that what its upstream does is what the client sees. */
function config({ url }: { readonly url: string }, general: object = {}): string {
  const entry = modelEntries(url);
  return stringify({
    model_list: [entry("edits", "one", simulatorKeys.one)],
    router_settings: { num_retries: 0, disable_cooldowns: true },
    general_settings: general,
  });
}

let lastKey = 0;
/** A key that no other test uses. */
function newKey(): string {
  lastKey += 1;
  return `key ${lastKey}`;
}

/** OpenAI's own example of a small edit: $0.012945 with gpt-image-1. */
const answerWithUsage = {
  created: 1,
  data: [{ b64_json: "QUJD" }],
  usage: {
    input_tokens: 219,
    input_tokens_details: { text_tokens: 25, image_tokens: 194 },
    output_tokens: 272,
    total_tokens: 491,
  },
};

/** A gateway over an upstream that answers its first request when the test says so, and all others at once. */
async function startHeld(general: object = {}) {
  const held: http.ServerResponse[] = [];
  const answer = (response: http.ServerResponse | undefined, status: number, body: object): void => {
    response?.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const upstream = await new ScriptedUpstream((response, number) => {
    if (number === 0) held.push(response);
    else answer(response, 200, answerWithUsage);
  }).listen();
  const own = await startGateway({ config: config(upstream, general) });
  return { upstream, own, answerFirst: (status: number, body: object) => answer(held[0], status, body) };
}

interface KeyedEditOptions {
  readonly to?: RunningGateway;
  readonly fields?: Readonly<Record<string, string>>;
  readonly caller?: string;
  readonly image?: Buffer;
}

function edit(
  key: string,
  { to = gateway, fields, caller = "sk-me", image }: KeyedEditOptions = {},
): Promise<Answer> {
  return sendEdit(to.url, {
    fields: { model: "edits", ...fields },
    headers: { "idempotency-key": key, authorization: `Bearer ${caller}` },
    ...(image === undefined ? {} : { image }),
  });
}

/** The same edit, from a client that may leave at any moment. */
function beginEdit(key: string, { to = gateway, fields }: KeyedEditOptions = {}): { leave: () => void } {
  const body = editForm({ fields: { model: "edits", ...fields } });
  const request = http.request(`${to.url}/v1/images/edits`, {
    method: "POST",
    agent: false,
    headers: {
      "content-type": formType,
      "content-length": String(body.length),
      "idempotency-key": key,
      authorization: "Bearer sk-me",
    },
  });
  // Whoever leaves sees its own connection break.
  request.on("error", () => undefined).end(body);
  return { leave: () => request.destroy() };
}

const onNext = (fault: FaultRule["fault"]): FaultRule => ({ count: 1, fault });
const held = onNext({ kind: "hold" });

async function billedRequests(): Promise<number> {
  return (await simulator.bill()).totals.overall.requests;
}

/** The upstream has all of the edit, and holds its answer. */
function whenUpstreamWorks(): Promise<unknown> {
  return until(async () => (await simulator.held()) === 1);
}

function leftClients(of = gateway): Promise<number> {
  return readMetrics(of).then((metrics) => metrics.sum("darkroom_requests_total", { status: "499" }));
}

/** Has a client leave, and waits until the gateway knows. */
async function whenGone(leave: () => void, of = gateway): Promise<void> {
  const before = await leftClients(of);
  leave();
  await until(async () => (await leftClients(of)) > before);
}

function whenOneWaits(of = gateway): Promise<unknown> {
  return whenSoManyWait(1, of);
}

function whenSoManyWait(count: number, of = gateway): Promise<unknown> {
  return until(async () => (await readMetrics(of)).sum("darkroom_replays_waiting") === count);
}

function expectReplay(again: Answer, first: Answer): void {
  expect(again.status).toBe(first.status);
  expect(again.body.equals(first.body)).toBe(true);
  expect(again.headers["content-type"]).toBe(first.headers["content-type"]);
  expect(again.headers["x-request-id"]).not.toBe(first.headers["x-request-id"]);
  expect(again.headers).toMatchObject({
    "x-darkroom-replay-of": first.headers["x-request-id"],
    "x-litellm-response-cost": "0",
    "x-litellm-model-id": "edits-one",
    "x-litellm-attempted-retries": "0",
  });
  expect(first.headers).not.toHaveProperty("x-darkroom-replay-of");
}

const stream = { stream: "true", partial_images: "2" };

describe("the same key again", () => {
  test.each<[string, Record<string, string>]>([
    ["a whole answer", { n: "2" }],
    ["a stream", stream],
  ])("%s is given byte for byte, and paid once", async (_, fields) => {
    const key = newKey();
    const first = await edit(key, { fields });
    expectReplay(await edit(key, { fields }), first);
    expectReplay(await edit(key, { fields }), first);
    expect(first.status).toBe(200);
    expect(await billedRequests()).toBe(1);
    expect(await simulator.requests()).toHaveLength(1);
  });

  test.each<[string, Record<string, string>]>([
    ["a whole answer", {}],
    ["a stream", stream],
  ])("while the edit runs: it is joined, and all get %s", async (_, fields) => {
    await simulator.setFaults(held);
    const key = newKey();
    const first = edit(key, { fields });
    await whenUpstreamWorks();
    const joining = Promise.all([edit(key, { fields }), edit(key, { fields }), edit(key, { fields })]);
    await whenSoManyWait(3);
    await simulator.release();
    const joined = await joining;
    for (const answer of joined) expectReplay(answer, await first);
    expect((await first).status).toBe(200);
    expect(await billedRequests()).toBe(1);
  });

  test("a JSON body", async () => {
    const image = `data:image/png;base64,${pictureCalled("json").toString("base64")}`;
    const body = { model: "edits", prompt: "Add a red hat", images: [{ image_url: image }] };
    const options = { headers: { "idempotency-key": newKey() } };
    const first = await postJson(gateway.url, body, options);
    expectReplay(await postJson(gateway.url, body, options), first);
    expect(await billedRequests()).toBe(1);
    const other = await postJson(gateway.url, { ...body, prompt: "Another" }, options);
    expect(other.status).toBe(409);
  });

  test("with another body it is refused, and clients are told not to try again", async () => {
    const key = newKey();
    const first = await edit(key);
    const others: KeyedEditOptions[] = [
      { fields: { n: "2" } },
      { fields: { prompt: "Add a blue hat" } },
      { fields: { num_retries: "1" } },
      { image: pictureCalled("another") },
    ];
    for (const other of others) {
      const refused = await edit(key, other);
      expect(refused.status).toBe(409);
      expect(refused.headers["x-should-retry"]).toBe("false");
      expect(errorOf(refused)).toMatchObject({ code: "idempotency_key_reused", param: "Idempotency-Key" });
      expect(errorOf(refused).message).toContain(first.headers["x-request-id"]);
    }
    expect(await billedRequests()).toBe(1);
  });

  test("from another caller it is another key", async () => {
    const key = newKey();
    const answers = [await edit(key, { caller: "sk-me" }), await edit(key, { caller: "sk-you" })];
    for (const { headers } of answers) expect(headers).not.toHaveProperty("x-darkroom-replay-of");
    expect(await billedRequests()).toBe(2);
  });

  test("under Azure's path, which names the model", async () => {
    const key = newKey();
    const send = (model: string) =>
      sendEdit(`${gateway.url}/openai/deployments/${model}/images/edits?of=`, {
        headers: { "idempotency-key": key },
      });
    const first = await send("edits");
    expectReplay(await send("edits"), first);
    expect(errorOf(await send("edits-one")).code).toBe("idempotency_key_reused");
  });
});

describe("an answer that is not kept", () => {
  async function expectGone(key: string, first: Answer, to: RunningGateway, fields = {}): Promise<void> {
    const again = await edit(key, { to, fields });
    expect(again.status).toBe(409);
    expect(again.headers["x-should-retry"]).toBe("false");
    const { code, message } = errorOf(again);
    expect(code).toBe("idempotent_answer_gone");
    expect(message).toContain(`request ${first.headers["x-request-id"] as string}`);
    const cost = first.headers["x-litellm-response-cost"] ?? first.trailers["x-litellm-response-cost"];
    expect(message).toContain(`It cost $${cost as string}.`);
  }

  test("since a newer one needed its room: a 409 names its request and what that cost", async () => {
    const [older, newer] = [newKey(), newKey()];
    const first = await edit(older, { to: small });
    const second = await edit(newer, { to: small });
    await expectGone(older, first, small);
    expectReplay(await edit(newer, { to: small }), second);
    expect(await billedRequests()).toBe(2);
    const bytes = (await readMetrics(small)).sum("darkroom_idempotency_bytes");
    expect(bytes).toBeGreaterThan(pictureBytes);
    expect(bytes).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  test.each<[string, Record<string, string>]>([
    ["a whole answer", { n: "2" }],
    ["a stream", { stream: "true", partial_images: "2" }],
  ])("since it alone is larger than the room: %s", async (_, fields) => {
    const key = newKey();
    const first = await edit(key, { to: small, fields });
    expect(first.status).toBe(200);
    await expectGone(key, first, small, fields);
    expect(await billedRequests()).toBe(1);
  });

  test("is given to those who wait for it all the same", async () => {
    const { upstream, own, answerFirst } = await startHeld({ idempotency_memory_mb: 0 });
    const key = newKey();
    const first = edit(key, { to: own });
    await until(() => upstream.arrived.length > 0);
    const joined = edit(key, { to: own });
    await whenOneWaits(own);
    answerFirst(200, answerWithUsage);
    expectReplay(await joined, await first);
    await expectGone(key, await first, own);
    expect(upstream.arrived).toHaveLength(1);
    expect((await readMetrics(own)).sum("darkroom_idempotency_bytes")).toBe(0);
    await own.stop();
    await upstream.close();
  });
});

test("of a failure that may be charged it is told what it may have cost, once it is not kept any more", async () => {
  await simulator.setFaults(onNext({ kind: "status", status: 500, billed: true }));
  const none = await startGateway({ config: config(simulator, { idempotency_memory_mb: 0 }) });
  const key = newKey();
  const failed = await edit(key, { to: none });
  const again = await edit(key, { to: none });
  expect([failed.status, again.status]).toEqual([500, 409]);
  expect(errorOf(again).message).toContain(String(failed.headers["x-request-id"]));
  expect(errorOf(again).message).toMatch(/It may have been charged, at \$0\.\d+ or less\./);
  expect(await billedRequests()).toBe(1);
  await none.stop();
});

describe("a failure", () => {
  test.each<[string, FaultRule["fault"]]>([
    ["429", { kind: "status", status: 429, code: "rate_limit_exceeded" }],
    ["400", { kind: "status", status: 400, code: "moderation_blocked" }],
    ["a reset within the body", { kind: "reset", when: "before" }],
  ])("that nobody charges, %s: another try is a real one", async (_, fault) => {
    await simulator.setFaults(onNext(fault));
    const key = newKey();
    // More than the buffers of the connection take where nobody reads, so that it breaks before all was sent.
    const image = Buffer.concat([picture, Buffer.alloc(32 * 1024 * 1024, 1)]);
    const failed = await edit(key, { image });
    expect(failed.status).toBeGreaterThanOrEqual(400);
    const again = await edit(key, { image });
    expect(again.status).toBe(200);
    expect(again.headers).not.toHaveProperty("x-darkroom-replay-of");
    expect(await simulator.requests()).toHaveLength(2);
    expect(await billedRequests()).toBe(1);
    expectReplay(await edit(key, { image }), again);
  });

  test.each<[string, number, FaultRule["fault"]]>([
    ["500", 500, { kind: "status", status: 500, billed: true }],
    ["a reset after the body", 502, { kind: "reset", when: "after", billed: true }],
    ["half an answer", 502, { kind: "cut", share: 0.5 }],
  ])("that may be charged, %s: it is told again, and nothing is sent", async (_, status, fault) => {
    await simulator.setFaults(onNext(fault));
    const key = newKey();
    const failed = await edit(key);
    const again = await edit(key);
    expect([failed.status, again.status]).toEqual([status, status]);
    expect(again.body.equals(failed.body)).toBe(true);
    expect(again.headers).toMatchObject({
      "x-darkroom-replay-of": failed.headers["x-request-id"],
      "x-should-retry": "false",
      "x-litellm-response-cost": "0",
    });
    expect(failed.headers["x-should-retry"]).toBe("false");
    expect(await simulator.requests()).toHaveLength(1);
    expect(await billedRequests()).toBe(1);
  });

  test("a stream that broke: as far as it came", async () => {
    await simulator.setFaults(onNext({ kind: "stream-error", afterPartials: 1 }));
    const key = newKey();
    const first = await edit(key, { fields: stream });
    expectReplay(await edit(key, { fields: stream }), first);
    expect(first.body.toString()).toContain("event: error");
    expect(await simulator.requests()).toHaveLength(1);
  });

  test("goes to those who wait for it", async () => {
    const { upstream, own, answerFirst } = await startHeld();
    const key = newKey();
    const first = edit(key, { to: own });
    await until(() => upstream.arrived.length > 0);
    const joined = edit(key, { to: own });
    await whenOneWaits(own);
    const error = { message: "Slower.", type: "requests", param: null, code: "slow_down" };
    answerFirst(429, { error });
    expect([(await first).status, (await joined).status]).toEqual([429, 429]);
    expect(editIn(await joined)).toEqual({ error });
    expect((await joined).headers["x-darkroom-replay-of"]).toBe((await first).headers["x-request-id"]);
    expect(upstream.arrived).toHaveLength(1);
    await own.stop();
    await upstream.close();
  });
});

describe("a client that leaves", () => {
  test.each<[string, Record<string, string>]>([
    ["a whole answer", {}],
    ["a stream", stream],
  ])("and comes back while the edit runs gets %s", async (_, fields) => {
    await simulator.setFaults(held);
    const key = newKey();
    const { leave } = beginEdit(key, { fields });
    await whenUpstreamWorks();
    await whenGone(leave);
    const again = edit(key, { fields });
    await whenOneWaits();
    await simulator.release();
    const answer = await again;
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-replay-of"]).toMatch(/^req_/);
    expect(await billedRequests()).toBe(1);
  });

  test("and comes back after its end gets the answer", async () => {
    await simulator.setFaults(held);
    const key = newKey();
    const { leave } = beginEdit(key);
    await whenUpstreamWorks();
    await whenGone(leave);
    await simulator.release();
    await until(async () => (await readMetrics(gateway)).sum("darkroom_edits_in_flight") === 0);
    expect(await billedRequests()).toBe(1);
    const answer = await edit(key);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-replay-of"]).toMatch(/^req_/);
    expect(await billedRequests()).toBe(1);
  });

  test("having joined, the first one gets its answer", async () => {
    const { upstream, own, answerFirst } = await startHeld();
    const key = newKey();
    const first = edit(key, { to: own });
    await until(() => upstream.arrived.length > 0);
    const { leave } = beginEdit(key, { to: own });
    await whenOneWaits(own);
    await whenGone(leave, own);
    answerFirst(200, answerWithUsage);
    expect((await first).status).toBe(200);
    expect(editIn(await first)).toEqual(answerWithUsage);
    expect(upstream.arrived).toHaveLength(1);
    await own.stop();
    await upstream.close();
  });

  test("while another waits for the same edit: it is tried again", async () => {
    const { upstream, own, answerFirst } = await startHeld();
    const key = newKey();
    const fields = { num_retries: "1" };
    const { leave } = beginEdit(key, { to: own, fields });
    await until(() => upstream.arrived.length > 0);
    const joined = edit(key, { to: own, fields });
    await whenOneWaits(own);
    await whenGone(leave, own);
    answerFirst(429, {});
    expect((await joined).status).toBe(200);
    expect(upstream.arrived).toHaveLength(2);
    await own.stop();
    await upstream.close();
  });
});

describe("OpenAI's client, as it is", () => {
  const request = async (user: string) => ({
    model: "edits",
    prompt: "Add a red hat",
    user,
    image: await toFile(pictureCalled("client's"), "a.png", { type: "image/png" }),
  });

  test("that gave up and tries again by itself pays once", async () => {
    await simulator.setFaults(onNext({ kind: "delay", ms: 2000 }));
    const client = new OpenAI({
      baseURL: `${gateway.url}/v1`,
      apiKey: "sk-client",
      timeout: 700,
      maxRetries: 5,
    });
    const { data, response } = await client.images
      .edit(await request("impatient"), { headers: { "Idempotency-Key": newKey() } })
      .withResponse();
    expect(data.data).toHaveLength(1);
    expect(response.headers.get("x-darkroom-replay-of")).toMatch(/^req_/);
    expect(await billedRequests()).toBe(1);
    expect(await simulator.requests()).toHaveLength(1);
  });

  test("that was told which header its keys go into gives every request one of its own", async () => {
    await simulator.setFaults(onNext({ kind: "delay", ms: 2000 }));
    const client = new OpenAI({
      baseURL: `${gateway.url}/v1`,
      apiKey: "sk-client",
      timeout: 700,
      maxRetries: 5,
    });
    Object.assign(client, { idempotencyHeader: "Idempotency-Key" });
    await client.images.edit(await request("automatic"));
    await client.images.edit(await request("automatic"));
    expect(await billedRequests()).toBe(2);
    const options = { idempotencyKey: newKey() };
    const first = await client.images.edit(await request("named"), options);
    expect(await client.images.edit(await request("named"), options)).toEqual(first);
    expect(await billedRequests()).toBe(3);
  });

  test("does not try again what is refused for its key", async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "sk-client", maxRetries: 2 });
    const options = { headers: { "Idempotency-Key": newKey() } };
    await client.images.edit(await request("one"), options);
    const before = (await readMetrics(gateway)).sum("darkroom_requests_total", { status: "409" });
    const refused = client.images.edit(await request("two"), options);
    await expect(refused).rejects.toBeInstanceOf(APIError);
    await expect(refused).rejects.toMatchObject({ status: 409, code: "idempotency_key_reused" });
    const after = (await readMetrics(gateway)).sum("darkroom_requests_total", { status: "409" });
    expect(after - before).toBe(1);
  });
});

describe("a gateway that dies", () => {
  let folder: string;
  let own: RunningGateway;
  const start = (general: object = {}): Promise<RunningGateway> =>
    startGateway({ config: config(simulator, general), arguments: ["--data-dir", folder] });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "darkroom-keys-"));
    own = await start();
  });
  afterEach(async () => {
    await own.stop();
    rmSync(folder, { recursive: true });
  });

  async function restart(): Promise<void> {
    await own.stop();
    own = await start();
  }

  function expectRefused(again: Answer, requestId: string, cost: RegExp): void {
    expect(again.status).toBe(409);
    expect(again.headers["x-should-retry"]).toBe("false");
    expect(errorOf(again).code).toBe("idempotent_answer_gone");
    expect(errorOf(again).message).toContain(`request ${requestId},`);
    expect(errorOf(again).message).toMatch(cost);
  }

  const uncertain = /It may have been charged, at \$(0\.\d+) or less\./;

  test("while the edit runs: the same key names the first request and what it may cost, and nothing is paid again", async () => {
    await simulator.setFaults(onNext({ kind: "delay", ms: 60_000 }));
    const key = newKey();
    const first = edit(key, { to: own }).catch(() => undefined);
    await until(async () => (await simulator.requests())[0]?.billed);
    await restart();
    expect(await first).toBeUndefined();

    const again = await edit(key, { to: own });
    const [, requestId = ""] = /request (req_\w+),/.exec(errorOf(again).message) ?? [];
    expectRefused(again, requestId, uncertain);
    const [, mostUsd] = uncertain.exec(errorOf(again).message) ?? [];
    expect(Number(mostUsd)).toBeGreaterThanOrEqual(
      Number((await simulator.bill()).totals.overall.nanoUsd) / 1e9,
    );
    expect(errorOf(await edit(key, { to: own, fields: { n: "2" } })).code).toBe("idempotency_key_reused");
    expect(await simulator.requests()).toHaveLength(1);
    expect(await billedRequests()).toBe(1);
    // Another start later it is still known, and another key is served.
    await restart();
    expectRefused(await edit(key, { to: own }), requestId, uncertain);
    expect((await edit(newKey(), { to: own })).status).toBe(200);
    expect(await billedRequests()).toBe(2);
  });

  test("after the edit: the same key names the first request and what it cost", async () => {
    const key = newKey();
    const first = await edit(key, { to: own });
    await restart();
    const cost = String(first.headers["x-litellm-response-cost"]);
    const again = await edit(key, { to: own });
    expectRefused(again, String(first.headers["x-request-id"]), new RegExp(`It cost \\$${cost}\\.`));
    expect(await billedRequests()).toBe(1);
  });

  test("after a failure that nobody charges: the same key is a new edit", async () => {
    await simulator.setFaults(onNext({ kind: "status", status: 429, code: "rate_limit_exceeded" }));
    const key = newKey();
    expect((await edit(key, { to: own })).status).toBe(429);
    await restart();
    expect((await edit(key, { to: own })).status).toBe(200);
    expect(await billedRequests()).toBe(1);
  });

  test("after an uncertain failure: the same key names what it may cost", async () => {
    await simulator.setFaults(onNext({ kind: "reset", when: "after", billed: true }));
    const key = newKey();
    const first = await edit(key, { to: own });
    await restart();
    expectRefused(await edit(key, { to: own }), String(first.headers["x-request-id"]), uncertain);
    expect(await simulator.requests()).toHaveLength(1);
  });
});

test.each([["a".repeat(256)], [""], ["k\u00e9y"], ["tab\tin it"]])(
  "a key that is none is refused before anything is sent: %j",
  async (key) => {
    const refused = await edit(key);
    expect(refused.status).toBe(400);
    expect(errorOf(refused)).toMatchObject({ code: "invalid_idempotency_key", param: "Idempotency-Key" });
    expect(await simulator.requests()).toEqual([]);
  },
);

test("replays are requests at no cost in metrics and log, and no edits", async () => {
  const own = await startGateway({ config: config(simulator) });
  const key = newKey();
  const first = await edit(key, { to: own });
  const replayed = await edit(key, { to: own });
  const metrics = await until(async () => {
    const now = await readMetrics(own);
    return now.sum("darkroom_requests_total", { group: "edits" }) === 2 && now;
  });
  expect(metrics.sum("darkroom_replays_total", { group: "edits" })).toBe(1);
  expect(metrics.sum("darkroom_images_total")).toBe(1);
  expect(metrics.sum("darkroom_attempts_total")).toBe(1);
  expect(metrics.sum("darkroom_spend_usd_total")).toBeCloseTo(
    Number(first.headers["x-litellm-response-cost"]),
    9,
  );
  const line = await until(() =>
    own
      .logLines()
      .filter((text) => text.startsWith("{"))
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find(({ requestId }) => requestId === replayed.headers["x-request-id"]),
  );
  expect(line).toMatchObject({
    status: 200,
    replayOf: first.headers["x-request-id"],
    attempts: 0,
    images: 0,
    costUsd: "0",
  });
  expect(own.logLines().join("\n")).not.toContain(key);
  await own.stop();
});
