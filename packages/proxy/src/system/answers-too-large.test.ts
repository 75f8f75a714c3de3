import type http from "node:http";
import { errorOf, sendEdit } from "./edit-request.js";
import { type MetricsReading, readMetrics } from "./metrics-reading.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

const limitBytes = 1024 * 1024;
const json = { "content-type": "application/json" };
const events = { "content-type": "text/event-stream" };
const base64 = "QUJD".repeat(limitBytes / 4);
const answer = JSON.stringify({ created: 1, data: [{ b64_json: base64 }] });
const event = (name: string, b64_json: string): string =>
  `event: image_edit.${name}\ndata: ${JSON.stringify({ type: `image_edit.${name}`, b64_json })}\n\n`;

let gateway: RunningGateway;
let upstream: ScriptedUpstream;
afterEach(async () => {
  await gateway.stop();
  await upstream.close();
});
afterAll(stopAll);

/** Two deployments over an upstream that answers every call in this way. */
async function startOver(script: (response: http.ServerResponse) => void): Promise<void> {
  upstream = await new ScriptedUpstream(script).listen();
  const settings = { general_settings: { max_response_size_mb: 1 } };
  gateway = await startGateway({
    config: configFor(upstream, { groups: { edits: "gpt-image-1" }, settings }),
  });
}

function whenNothingRuns(): Promise<MetricsReading> {
  return until(async () => {
    const metrics = await readMetrics(gateway);
    const held = metrics.sum("darkroom_answer_bytes") + metrics.sum("darkroom_edits_in_flight");
    return held === 0 && metrics;
  });
}

// It is paid for already, and another call would bring, and cost, as much again.
test.each<[string, (response: http.ServerResponse) => void]>([
  [
    "whose length is told",
    (response) => response.writeHead(200, { ...json, "content-length": answer.length }),
  ],
  ["in chunks", (response) => response.writeHead(200, json)],
])("an answer %s that is larger than one may be is refused, and not asked for again", async (_, begin) => {
  await startOver((response) => {
    begin(response);
    response.end(answer);
  });
  const refused = await sendEdit(gateway.url, { fields: { model: "edits" } });
  expect(refused.status).toBe(502);
  expect(errorOf(refused)).toMatchObject({ type: "server_error", code: "upstream_connection_error" });
  expect(errorOf(refused).message).toContain(`larger than ${String(limitBytes)} bytes`);
  expect(upstream.arrived).toHaveLength(1);
  const metrics = await whenNothingRuns();
  expect(metrics.sum("darkroom_attempts_total", { outcome: "failed" })).toBe(1);
  const told = await until(() => gateway.logLines().find((line) => line.includes('"attempt failed"')));
  expect(JSON.parse(told)).toMatchObject({ error: "APIError", billed: "certain" });
});

test("a stream may be larger than that, an event may not", async () => {
  const partial = event("partial_image", "QUJD".repeat(100_000));
  await startOver((response) => {
    response.writeHead(200, events);
    for (let sent = 0; sent < 4; sent += 1) response.write(partial);
    response.end(event("completed", base64));
  });
  const broken = await sendEdit(gateway.url, { fields: { model: "edits", stream: "true" } });
  const text = broken.body.toString("utf8");
  expect(broken.status).toBe(200);
  expect(text.startsWith(partial.repeat(4))).toBe(true);
  expect(text.slice(4 * partial.length)).toContain("event: error");
  expect(text.slice(4 * partial.length)).toContain(`larger than ${String(limitBytes)} bytes`);
  expect(upstream.arrived).toHaveLength(1);
  await whenNothingRuns();
});
