import { once } from "node:events";
import http from "node:http";
import { editForm, sendEdit } from "./edit-request.js";
import { formType } from "./form-request.js";
import { type MetricsReading, readMetrics } from "./metrics-reading.js";
import { type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { type Script, ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

const groups = { edits: "gpt-image-1" };
const streamed = { model: "edits", stream: "true", partial_images: "1" };
const eventStream = { "content-type": "text/event-stream" };

let simulator: RunningSimulator;
let upstream: ScriptedUpstream;
let script: Script;
let gateway: RunningGateway;
/** The events that the simulator streams, and what it charges for them in US dollars. */
let partial: string;
let completed: string;
let billedUsd: number;

beforeAll(async () => {
  simulator = await startSimulator();
  const fields = { ...streamed, model: "gpt-image-1" };
  const headers = { authorization: `Bearer ${simulatorKeys.one}` };
  const { body } = await sendEdit(simulator.url, { fields, headers });
  [partial = "", completed = ""] = body.toString("utf8").split(/(?<=\n\n)/);
  billedUsd = Number((await simulator.bill()).totals.overall.nanoUsd) / 1e9;
});
beforeEach(async () => {
  upstream = await new ScriptedUpstream((response, number) => script(response, number)).listen();
});
afterEach(async () => {
  await gateway.stop();
  await upstream.close();
});
afterAll(stopAll);

async function start(parameters: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const keys = { one: simulatorKeys.one };
  gateway = await startGateway({ config: configFor(upstream, { groups, keys, parameters }) });
}

/** A client of a streamed edit that reads nothing of its own accord, and may leave. */
function beginEdit(): { readonly answered: Promise<http.IncomingMessage>; readonly leave: () => void } {
  const body = editForm({ fields: streamed });
  const request = http.request(`${gateway.url}/v1/images/edits`, {
    method: "POST",
    agent: false,
    headers: { "content-type": formType, "content-length": body.length },
  });
  const answered = new Promise<http.IncomingMessage>((resolve) => {
    request.once("response", (answer) => {
      // Whoever leaves sees its own connection break.
      answer.on("error", () => undefined);
      resolve(answer);
    });
  });
  request.on("error", () => undefined);
  request.end(body);
  return { answered, leave: () => request.destroy() };
}

function metricsWhen(holds: (metrics: MetricsReading) => boolean): Promise<MetricsReading> {
  return until(async () => {
    const metrics = await readMetrics(gateway);
    return holds(metrics) && metrics;
  });
}

/** Memory comes back a moment after the edit has ended. */
const nothingIsLeft = (metrics: MetricsReading): boolean =>
  metrics.sum("darkroom_edits_in_flight") === 0 && metrics.sum("darkroom_answer_bytes") === 0;

async function textOf(answer: http.IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

describe("a client that does not read", () => {
  const large = `event: image_edit.partial_image\ndata: {"type":"image_edit.partial_image","b64_json":"${"QUJD".repeat(500_000)}"}\n\n`;
  const times = 40;
  /** What each connection has taken of its stream. */
  const writtenBytes: number[] = [];
  const flooding: Script = async (response, number) => {
    response.writeHead(200, eventStream);
    writtenBytes[number] = 0;
    for (let event = 0; event < times; event += 1) {
      const mayGoOn = response.write(large);
      writtenBytes[number] += large.length;
      if (!mayGoOn) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end(completed);
  };

  test("is read no faster for: its upstream waits, and the gateway holds little of it", async () => {
    script = flooding;
    await start();
    const slow = await beginEdit().answered;
    // Another stream of the same size comes and goes: were the first one not held back, it would be over by now.
    const other = await sendEdit(gateway.url, { fields: streamed });
    expect(other.body.length).toBe(times * large.length + completed.length);

    const metrics = await metricsWhen((now) => now.sum("darkroom_edits_in_flight") === 1);
    // The buffers of four sockets, and an event at each of them.
    expect(writtenBytes[0]).toBeLessThan((times * large.length) / 2);
    expect(metrics.sum("darkroom_answer_bytes")).toBeGreaterThan(0);
    expect(metrics.sum("darkroom_answer_bytes")).toBeLessThan(4 * large.length);

    expect(await textOf(slow)).toBe(large.repeat(times) + completed);
    const after = await metricsWhen(nothingIsLeft);
    expect(after.sum("darkroom_spend_usd_total")).toBeCloseTo(2 * billedUsd, 9);
  });

  test("until the time is up has its stream end with an error, and the deployment is not to blame", async () => {
    script = flooding;
    await start({ timeout: 2 });
    const slow = await beginEdit().answered;
    const metrics = await metricsWhen((now) => now.sum("darkroom_attempts_total") === 1);
    expect(metrics.sum("darkroom_attempt_failures_total", { error: "APIError" })).toBe(1);
    const text = await textOf(slow);
    expect(text.slice(text.lastIndexOf("event: "))).toContain("timeout after 2 s, waiting for the client");
    const told = await until(() => gateway.logLines().find((line) => line.includes('"attempt failed"')));
    expect(JSON.parse(told)).toMatchObject({ billed: "maybe" });
    expect(upstream.arrived).toHaveLength(1);
  });
});

type EventName = "partial" | "completed";

const textCalled = (name: EventName): string => (name === "partial" ? partial : completed);

/** Some turns of the gateway: what it has got it has dealt with. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await readMetrics(gateway);
}

describe.each<[string, readonly EventName[], readonly EventName[]]>([
  ["before the first event", [], ["partial", "completed"]],
  ["between two events", ["partial"], ["partial", "completed"]],
  ["while the completed event is held", ["partial", "completed"], []],
])("a client that leaves %s", (_, before, after) => {
  let goOn: () => void;

  /** Brings the first events, and the others once the client has left. */
  async function leaveWhile(end: (response: http.ServerResponse) => void): Promise<void> {
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    script = async (response) => {
      response.writeHead(200, eventStream).write(": ping\n\n");
      for (const name of before) response.write(textCalled(name));
      await mayGoOn;
      end(response);
    };
    await start();
    const { answered, leave } = beginEdit();
    await until(() => upstream.arrived.length === 1);
    if (before.length > 0) await once(await answered, "readable");
    await turns();
    leave();
    await metricsWhen((now) => now.sum("darkroom_requests_total", { status: "499" }) === 1);
    goOn();
  }

  test("leaves a call that is read to its end, and counted", async () => {
    let isWhole: Promise<unknown> | undefined;
    await leaveWhile((response) => {
      isWhole = once(response, "finish");
      for (const name of after) response.write(textCalled(name));
      response.end();
    });
    const metrics = await metricsWhen(nothingIsLeft);
    await isWhole;
    expect(metrics.sum("darkroom_attempts_total", { outcome: "succeeded" })).toBe(1);
    expect(metrics.sum("darkroom_images_total")).toBe(1);
    expect(metrics.sum("darkroom_spend_usd_total")).toBeCloseTo(billedUsd, 9);
    expect(upstream.arrived).toHaveLength(1);
  });

  test("has no other call made where that one breaks", async () => {
    await leaveWhile((response) => response.destroy());
    const metrics = await metricsWhen(nothingIsLeft);
    const isPaid = before.includes("completed");
    expect(metrics.sum("darkroom_attempts_total", { outcome: isPaid ? "succeeded" : "failed" })).toBe(1);
    expect(metrics.sum("darkroom_attempts_total")).toBe(1);
    expect(metrics.sum("darkroom_spend_usd_total")).toBeCloseTo(isPaid ? billedUsd : 0, 9);
    expect(upstream.arrived).toHaveLength(1);
    if (isPaid) return;
    const told = await until(() => gateway.logLines().find((line) => line.includes('"attempt failed"')));
    expect(JSON.parse(told)).toMatchObject({ billed: "maybe" });
  });
});
