import http from "node:http";
import { editForm, sendEdit } from "./edit-request.js";
import { formType, send } from "./form-request.js";
import { type MetricsReading, readMetrics } from "./metrics-reading.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

/** The bytes of each picture: four of them, as base64, are more than the buffers of all sockets in between. */
const pictureBytes = 8_000_000;

const groups = { edits: "gpt-image-1" };

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator({ answerBytes: pictureBytes });
});

beforeEach(async () => {
  await simulator.clear();
  gateway = await startGateway({ config: configFor(simulator, { groups }) });
});

afterEach(() => gateway.stop());
afterAll(stopAll);

interface Leaving {
  readonly request: http.ClientRequest;
  readonly leave: () => void;
}

/** Begins an edit whose client may leave at any moment. */
function beginEdit(fields: Readonly<Record<string, string>> = {}): Leaving {
  const body = editForm({ fields: { model: "edits", ...fields } });
  const request = beginUpload({ "content-length": String(body.length) });
  request.end(body);
  return { request, leave: () => request.destroy() };
}

function beginUpload(headers: http.OutgoingHttpHeaders): http.ClientRequest {
  const request = http.request(`${gateway.url}/v1/images/edits`, {
    method: "POST",
    agent: false,
    headers: { "content-type": formType, ...headers },
  });
  // Whoever leaves sees its own connection break.
  request.on("error", () => undefined);
  return request;
}

function metricsWhen(holds: (metrics: MetricsReading) => boolean): Promise<MetricsReading> {
  return until(async () => {
    const metrics = await readMetrics(gateway);
    return holds(metrics) && metrics;
  });
}

const nothingRuns = (metrics: MetricsReading): boolean => metrics.sum("darkroom_edits_in_flight") === 0;
const edits = "/v1/images/edits";

/** The log's lines about edits. */
function requestLines(): Record<string, unknown>[] {
  return gateway
    .logLines()
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg, route }) => msg === "request" && route === edits);
}

async function billedUsd(): Promise<number> {
  return Number((await simulator.bill()).totals.overall.nanoUsd) / 1e9;
}

describe("while the upstream works", () => {
  test("the answer is read to its end, and its cost is counted and logged", async () => {
    await simulator.setFaults({ fault: { kind: "hold" } });
    const { leave } = beginEdit();
    await until(async () => (await simulator.held()) === 1);
    leave();
    await metricsWhen((now) => now.sum("darkroom_requests_total", { route: edits, status: "499" }) === 1);
    await simulator.release();

    const metrics = await metricsWhen((now) => now.sum("darkroom_spend_usd_total") > 0);
    const [request, ...others] = await simulator.requests();
    expect(request).toMatchObject({ status: 200, billed: true });
    expect(others).toEqual([]);
    expect(metrics.sum("darkroom_spend_usd_total", { group: "edits" })).toBeCloseTo(await billedUsd(), 9);
    expect(metrics.sum("darkroom_images_total")).toBe(1);
    expect(metrics.sum("darkroom_attempts_total", { outcome: "succeeded" })).toBe(1);
    expect(metrics.sum("darkroom_requests_total", { route: edits, status: "499", group: "edits" })).toBe(1);
    expect(metrics.sum("darkroom_requests_total", { route: edits })).toBe(1);
    expect(metrics.sum("darkroom_upload_bytes")).toBe(0);

    const [line, ...otherLines] = await until(() => requestLines().length > 0 && requestLines());
    expect(otherLines).toEqual([]);
    expect(line).toMatchObject({ status: 499, group: "edits", attempts: 1, images: 1 });
    expect(Number(line?.["costUsd"])).toBeCloseTo(await billedUsd(), 9);
  });

  test("a failure of the running call is not made good by another", async () => {
    const waiting: http.ServerResponse[] = [];
    const upstream = await new ScriptedUpstream((response) => void waiting.push(response)).listen();
    await gateway.stop();
    gateway = await startGateway({ config: configFor(upstream, { groups }) });

    const { leave } = beginEdit();
    await until(() => upstream.arrived.length === 1);
    leave();
    await metricsWhen((now) => now.sum("darkroom_requests_total", { route: edits, status: "499" }) === 1);
    for (const response of waiting) response.writeHead(500).end();

    const metrics = await metricsWhen(nothingRuns);
    expect(metrics.sum("darkroom_attempts_total", { outcome: "failed" })).toBe(1);
    expect(metrics.sum("darkroom_attempts_total")).toBe(1);
    expect(upstream.arrived).toHaveLength(1);
    const [line] = await until(() => requestLines().length > 0 && requestLines());
    expect(line).toMatchObject({ status: 499, group: "edits", attempts: 1 });
    await upstream.close();
  });

  test("an edit that waits for a connection never starts", async () => {
    const waiting: http.ServerResponse[] = [];
    const upstream = await new ScriptedUpstream((response) => void waiting.push(response)).listen();
    await gateway.stop();
    const options = { groups, keys: { one: "sk-one" }, parameters: { max_connections: 1 } };
    gateway = await startGateway({ config: configFor(upstream, options) });

    const first = sendEdit(gateway.url, { fields: { model: "edits" } });
    await until(() => upstream.arrived.length === 1);
    const { leave } = beginEdit();
    await metricsWhen((now) => now.sum("darkroom_edits_in_flight") === 2);
    leave();
    await metricsWhen((now) => now.sum("darkroom_edits_in_flight") === 1);
    for (const response of waiting) response.end('{"created":1,"data":[{"b64_json":"aGVsbG8="}]}');
    expect((await first).status).toBe(200);
    await metricsWhen(nothingRuns);
    expect(upstream.arrived).toHaveLength(1);
    const told = await until(() => gateway.logLines().find((line) => line.includes('"attempt failed"')));
    expect(JSON.parse(told)).toMatchObject({ reason: "the client is gone", billed: "no" });
    await upstream.close();
  });

  test("a wait before a retry ends at once", async () => {
    const headers = { "retry-after-ms": "50000" };
    await simulator.setFaults({ fault: { kind: "status", status: 429, headers } });
    const { leave } = beginEdit({ num_retries: "5" });
    // Both deployments have asked for more time, so the third attempt waits.
    await metricsWhen((now) => now.sum("darkroom_attempts_total", { outcome: "failed" }) === 2);
    leave();
    await metricsWhen(nothingRuns);
    expect(await simulator.requests()).toHaveLength(2);
  });
});

describe("a slow reader of a stream", () => {
  const streamed = { stream: "true", partial_images: "3" };

  /** Begins a streamed edit and reads nothing of it but its head. */
  async function beginStream(): Promise<{ answer: http.IncomingMessage; leave: () => void }> {
    const { request, leave } = beginEdit(streamed);
    const answer = await new Promise<http.IncomingMessage>((resolve) => request.once("response", resolve));
    answer.on("error", () => undefined);
    return { answer, leave };
  }

  test("slows the upstream down, and gets every byte in the end", async () => {
    const { answer } = await beginStream();
    // Another edit of the same size comes and goes: were the first one not held back, it would be over by now.
    const other = await sendEdit(gateway.url, { fields: { model: "edits", ...streamed } });
    expect(other.status).toBe(200);
    await metricsWhen((now) => now.sum("darkroom_attempts_total", { outcome: "succeeded" }) === 1);
    expect((await readMetrics(gateway)).sum("darkroom_edits_in_flight")).toBe(1);

    const pieces: Buffer[] = [];
    for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
    const text = Buffer.concat(pieces).toString("utf8");
    expect([...text.matchAll(/^event: (\S+)$/gm)].map(([, name]) => name)).toEqual([
      "image_edit.partial_image",
      "image_edit.partial_image",
      "image_edit.partial_image",
      "image_edit.completed",
    ]);
    expect(Buffer.byteLength(text)).toBeGreaterThan((4 * 4 * pictureBytes) / 3);
    const metrics = await metricsWhen(nothingRuns);
    expect(metrics.sum("darkroom_attempts_total", { outcome: "succeeded" })).toBe(2);
  });

  test("that leaves lets the upstream end, and its cost is counted", async () => {
    const { leave } = await beginStream();
    leave();
    const metrics = await metricsWhen((now) => now.sum("darkroom_spend_usd_total") > 0 && nothingRuns(now));
    expect(metrics.sum("darkroom_spend_usd_total")).toBeCloseTo(await billedUsd(), 9);
    expect(metrics.sum("darkroom_requests_total", { route: edits, status: "499" })).toBe(1);
    expect(await simulator.requests()).toHaveLength(1);
  });
});

describe("in the middle of an upload", () => {
  const mebibyte = 1024 * 1024;

  test.each([
    ["of known length", { "content-length": String(8 * mebibyte) }, 8 * mebibyte],
    ["of unknown length", { "transfer-encoding": "chunked" }, 4 * mebibyte],
  ])("%s: its memory is given back, and nothing goes upstream", async (_, headers, granted) => {
    const upload = beginUpload(headers);
    upload.write(editForm({ fields: { model: "edits" } }).subarray(0, 200));
    await metricsWhen((now) => now.sum("darkroom_upload_bytes") === granted);
    upload.destroy();

    const metrics = await metricsWhen((now) => now.sum("darkroom_requests_total", { route: edits }) === 1);
    expect(metrics.sum("darkroom_upload_bytes")).toBe(0);
    expect(metrics.sum("darkroom_requests_total", { route: edits, status: "499" })).toBe(1);
    const [line] = await until(() => requestLines().length > 0 && requestLines());
    expect(line).toMatchObject({ status: 499 });
    expect(await simulator.requests()).toEqual([]);
    expect((await send(`${gateway.url}/health/readiness`)).status).toBe(200);
  });
});
