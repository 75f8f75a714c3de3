import { editForm, errorOf, sendEdit } from "./edit-request.js";
import { type Answer, editIn, send } from "./form-request.js";
import { type MetricsReading, readMetrics } from "./metrics-reading.js";
import { pictureCalled } from "./pictures.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

/** What must never be told; each is looked for in everything that the gateway says. */
const planted = {
  masterKey: "sk-planted-master-key",
  wrongKey: "sk-planted-wrong-key",
  firstProviderKey: "sk-planted-provider-key-1",
  secondProviderKey: "sk-planted-provider-key-2",
  prompt: "planted prompt",
  user: "planted-user",
  fileName: "planted-file-name.png",
  imageBytes: "planted image bytes",
  path: "planted-path",
  query: "planted-query",
  model: "planted-model",
  header: "planted-header",
} as const;

const edits = "/v1/images/edits";
const image = pictureCalled(planted.imageBytes);
const providerKeys = { one: planted.firstProviderKey, two: planted.secondProviderKey };

let simulator: RunningSimulator;
let gateway: RunningGateway;
/** What the traffic was answered with, and what it was counted as. */
let answers: Record<
  | "single"
  | "double"
  | "retried"
  | "streamed"
  | "refused"
  | "unpriced"
  | "junk"
  | "wrongKey"
  | "noRoute"
  | "models",
  Answer
>;
let metrics: MetricsReading;

const bearer = { authorization: `Bearer ${planted.masterKey}` };

beforeAll(async () => {
  simulator = await startSimulator({
    keys: { [planted.firstProviderKey]: "org-one", [planted.secondProviderKey]: "org-two" },
    models: ["gpt-image-1", { id: "gpt-image-nova", like: "gpt-image-1" }],
  });
  gateway = await startGateway({
    config: configFor(simulator, {
      groups: { edits: "gpt-image-1", nova: "gpt-image-nova", "gpt-image-*": "gpt-image-*" },
      keys: providerKeys,
      settings: { general_settings: { master_key: planted.masterKey } },
    }),
    arguments: ["--log-level", "trace"],
  });
  answers = await sendTraffic();
  metrics = await until(async () => {
    const now = await readMetrics(gateway, planted.masterKey);
    return now.sum("darkroom_requests_total", { route: edits }) === 8 && now;
  });
});

afterAll(stopAll);

/** One of each kind of request, one after the other. */
async function sendTraffic(): Promise<typeof answers> {
  const edit = (
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = bearer,
  ) =>
    sendEdit(gateway.url, {
      fields: { prompt: planted.prompt, user: planted.user, ...fields },
      image,
      fileName: planted.fileName,
      headers: { "x-custom": planted.header, ...headers },
    });
  const single = await edit({ model: "edits" });
  const double = await edit({ model: "edits", n: "2" });
  await simulator.setFaults({ count: 1, fault: { kind: "status", status: 500 } });
  const retried = await edit({ model: "edits" });
  const streamed = await edit({ model: "edits", stream: "true", partial_images: "1" });
  const message = `Your prompt '${planted.prompt}' is not allowed.`;
  await simulator.setFaults({
    count: 1,
    fault: { kind: "status", status: 400, code: "not_allowed", message },
  });
  const refused = await edit({ model: "edits" });
  const unpriced = await edit({ model: "nova" });
  const junk = await edit({ model: planted.model });
  const wrongKey = await edit({ model: "edits" }, { authorization: `Bearer ${planted.wrongKey}` });
  const noRoute = await send(`${gateway.url}/v1/${planted.path}?key=${planted.query}`, { headers: bearer });
  const models = await send(`${gateway.url}/v1/models?key=${planted.query}`, { headers: bearer });
  return { single, double, retried, streamed, refused, unpriced, junk, wrongKey, noRoute, models };
}

type LogLine = Readonly<Record<string, unknown>>;

function logLines(message: string): LogLine[] {
  return gateway
    .logLines()
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ msg }) => msg === message);
}

const idOf = ({ headers }: Answer): string => headers["x-request-id"] as string;

test("the traffic was what it is meant to be", () => {
  const statuses = Object.entries(answers).map(([name, { status }]) => [name, status]);
  expect(Object.fromEntries(statuses)).toEqual({
    single: 200,
    double: 200,
    retried: 200,
    streamed: 200,
    refused: 400,
    unpriced: 200,
    junk: 400,
    wrongKey: 401,
    noRoute: 404,
    models: 200,
  });
  expect(new Set(Object.values(answers).map(idOf)).size).toBe(Object.keys(answers).length);
});

describe("/metrics", () => {
  test.each([
    [{ route: edits, group: "edits", status: "200" }, 4],
    [{ route: edits, group: "edits", status: "400" }, 1],
    [{ route: edits, group: "nova", status: "200" }, 1],
    [{ route: edits, group: "other", status: "400" }, 1],
    [{ route: edits, group: "other", status: "401" }, 1],
    [{ route: "other", status: "404" }, 1],
    [{ route: "/v1/models", status: "200" }, 1],
  ])("requests: %j", (labels, count) => {
    expect(metrics.sum("darkroom_requests_total", labels)).toBe(count);
  });

  test("attempts, by how they ended", () => {
    expect(metrics.sum("darkroom_attempts_total", { group: "edits", outcome: "succeeded" })).toBe(4);
    expect(metrics.sum("darkroom_attempts_total", { group: "edits", outcome: "failed" })).toBe(2);
    expect(metrics.sum("darkroom_attempts_total", { group: "nova", outcome: "succeeded" })).toBe(1);
    expect(metrics.sum("darkroom_attempts_total")).toBe(7);
  });

  test("attempts and images of each deployment are those that arrived there", async () => {
    const requests = await simulator.requests();
    const { totals } = await simulator.bill();
    for (const [name, key] of Object.entries(providerKeys)) {
      const arrived = requests.filter((request) => request.key === key);
      const ofDeployment = (metric: string): number =>
        ["edits", "nova"].reduce(
          (sum, group) => sum + metrics.sum(metric, { deployment: `${group}-${name}` }),
          0,
        );
      expect(ofDeployment("darkroom_attempts_total")).toBe(arrived.length);
      expect(ofDeployment("darkroom_images_total")).toBe(totals.keys[key]?.images ?? 0);
    }
  });

  test("the money that was spent, to the nano-dollar, and what has no price", async () => {
    const { lines } = await simulator.bill();
    const priced = lines.filter(({ model }) => model === "gpt-image-1");
    expect(priced).toHaveLength(4);
    for (const [name, key] of Object.entries(providerKeys)) {
      const billed = priced
        .filter((line) => line.key === key)
        .reduce((sum, line) => sum + BigInt(line.nanoUsd), 0n);
      const spent = metrics.sum("darkroom_spend_usd_total", { group: "edits", deployment: `edits-${name}` });
      expect(Math.round(spent * 1e9)).toBe(Number(billed));
    }
    expect(metrics.sum("darkroom_spend_usd_total", { group: "nova" })).toBe(0);
    expect(metrics.sum("darkroom_unpriced_requests_total", { group: "nova" })).toBe(1);
    expect(metrics.sum("darkroom_unpriced_requests_total")).toBe(1);
  });

  test("durations are counted once for each request and attempt", () => {
    const labels = { route: edits, group: "edits" };
    expect(metrics.sum("darkroom_request_duration_seconds_count", labels)).toBe(5);
    expect(metrics.sum("darkroom_request_duration_seconds_bucket", { ...labels, le: "+Inf" })).toBe(5);
    expect(metrics.sum("darkroom_request_duration_seconds_sum", labels)).toBeGreaterThan(0);
    expect(metrics.sum("darkroom_attempt_duration_seconds_count")).toBe(7);
  });

  test("what is held now is nothing, and the process is told of too", () => {
    expect(metrics.sum("darkroom_upload_bytes")).toBe(0);
    expect(metrics.sum("darkroom_edits_in_flight")).toBe(0);
    expect(metrics.sum("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  });

  test("asks for the key, unless the config says otherwise", async () => {
    expect((await send(`${gateway.url}/metrics`)).status).toBe(401);
    const settings = {
      general_settings: { master_key: planted.masterKey },
      litellm_settings: { require_auth_for_metrics_endpoint: false },
    };
    const opened = await startGateway({ config: configFor(simulator, { settings }) });
    expect((await send(`${opened.url}/metrics`)).status).toBe(200);
    expect((await send(`${opened.url}/v1/models`)).status).toBe(401);
    await opened.stop();
  });

  test("a model of a wildcard group counts for the group", async () => {
    const before = await readMetrics(gateway, planted.masterKey);
    await simulator.setFaults();
    const labels = { route: edits, group: "gpt-image-*" };
    expect(before.sum("darkroom_requests_total", labels)).toBe(0);
    expect(
      (await sendEdit(gateway.url, { fields: { model: "gpt-image-nova" }, headers: bearer })).status,
    ).toBe(200);
    const after = await readMetrics(gateway, planted.masterKey);
    expect(after.sum("darkroom_requests_total", labels)).toBe(1);
    expect(after.sum("darkroom_attempts_total", { group: "gpt-image-*" })).toBe(1);
  });

  test("a thousand names of models that do not exist add one series at most", async () => {
    const before = await readMetrics(gateway, planted.masterKey);
    const worker = async (first: number): Promise<void> => {
      for (let number = first; number < 1000; number += 20) {
        const { status } = await sendEdit(gateway.url, {
          fields: { model: `junk-${number}` },
          headers: bearer,
        });
        expect(status).toBe(400);
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, first) => worker(first)));
    const after = await until(async () => {
      const now = await readMetrics(gateway, planted.masterKey);
      const labels = { route: edits, group: "other", status: "400" };
      return now.sum("darkroom_requests_total", labels) === 1001 && now;
    });
    const added = after.series("darkroom_requests_total") - before.series("darkroom_requests_total");
    expect(added).toBeLessThanOrEqual(1);
    expect(after.text).not.toContain("junk-");
  });
});

describe("the log", () => {
  const lineOf = async (answer: Answer): Promise<LogLine> => {
    const lines = await until(() => {
      const found = logLines("request").filter(({ requestId }) => requestId === idOf(answer));
      return found.length > 0 && found;
    });
    expect(lines).toHaveLength(1);
    return lines[0]!;
  };

  test.each([
    ["single", 1, 1],
    ["double", 1, 2],
    ["retried", 2, 1],
    ["streamed", 1, 1],
  ] as const)("one line tells a request: %s", async (name, attempts, images) => {
    const answer = answers[name];
    const line = await lineOf(answer);
    expect(line).toMatchObject({
      level: 30,
      method: "POST",
      route: edits,
      status: 200,
      group: "edits",
      deployment: answer.headers["x-litellm-model-id"],
      attempts,
      images,
    });
    const cost = answer.headers["x-litellm-response-cost"] ?? answer.trailers["x-litellm-response-cost"];
    expect(Number(line["costUsd"])).toBeGreaterThan(0);
    expect(line["costUsd"]).toBe(cost);
    expect(Number.isInteger(line["durationMs"])).toBe(true);
    expect(line).not.toHaveProperty("reason");
  });

  test.each([
    ["refused", 400, { group: "edits", attempts: 1 }],
    ["unpriced", 200, { group: "nova", costUsd: null, images: 1 }],
    ["junk", 400, { reason: "model_not_found" }],
    ["wrongKey", 401, { reason: "token_not_found_in_db" }],
    ["noRoute", 404, { route: "other", reason: "unknown_route" }],
    ["models", 200, { route: "/v1/models" }],
  ] as const)("one line tells a request: %s", async (name, status, told) => {
    expect(await lineOf(answers[name])).toMatchObject({ status, ...told });
  });

  test("one line tells each failed attempt, and why", async () => {
    const failed = await until(() => {
      const lines = logLines("attempt failed");
      return lines.length >= 2 && lines;
    });
    const requests = await simulator.requests();
    const idsOf = (status: number): (string | undefined)[] =>
      requests.filter((request) => request.status === status).map(({ requestId }) => requestId);
    expect(failed).toHaveLength(2);
    expect(failed[0]).toMatchObject({
      level: 40,
      requestId: idOf(answers.retried),
      group: "edits",
      reason: "500 server_error",
      upstreamRequestId: idsOf(500)[0],
    });
    expect(failed[1]).toMatchObject({
      requestId: idOf(answers.refused),
      reason: "400 not_allowed",
      upstreamRequestId: idsOf(400)[0],
    });
  });
});

describe("what nobody is to know", () => {
  /** Pieces of the pictures as base64, at each of the three ways in which base64 may fall on their bytes. */
  const picturePieces = (): string[] => {
    const given = [0, 1, 2].map((offset) =>
      image
        .subarray(40 + offset)
        .toString("base64")
        .slice(0, 24),
    );
    const answered = editIn(answers.single).data?.[0]?.b64_json ?? "";
    return [...given, answered.slice(0, 40)];
  };
  const secrets = (): [string, string][] => [
    ...Object.entries(planted),
    ...picturePieces().map((piece): [string, string] => ["a picture as base64", piece]),
  ];
  const found = (text: string): string[] =>
    secrets()
      .filter(([, secret]) => text.includes(secret))
      .map(([name]) => name);

  test("the search finds what is there", () => {
    expect(found(editForm({ image, fileName: planted.fileName }).toString("latin1"))).toEqual([
      "fileName",
      "imageBytes",
    ]);
    expect(found(image.toString("base64"))).not.toEqual([]);
    expect(found(answers.single.body.toString("utf8"))).toEqual(["a picture as base64"]);
  });

  test("is not in the log", () => {
    expect(gateway.logLines().length).toBeGreaterThan(10);
    expect(found(gateway.logLines().join("\n"))).toEqual([]);
  });

  test("is not in the metrics", () => {
    expect(found(metrics.text)).toEqual([]);
  });

  test("is in no header of any answer", () => {
    const headers = Object.values(answers).map(({ headers: received, trailers }) => ({
      ...received,
      ...trailers,
    }));
    expect(found(JSON.stringify(headers))).toEqual([]);
  });

  test("is in no error, but for what the client itself must put right", () => {
    expect(found(answers.wrongKey.body.toString("utf8"))).toEqual([]);
    expect(found(answers.junk.body.toString("utf8"))).toEqual(["model"]);
    expect(found(answers.noRoute.body.toString("utf8"))).toEqual(["path"]);
  });
});

describe("health and page", () => {
  test("probes need no key", async () => {
    const alive = await send(`${gateway.url}/health/liveliness`);
    expect(alive.status).toBe(200);
    expect(alive.body.toString("utf8")).toBe('"I\'m alive!"');
    expect((await send(`${gateway.url}/health/liveness`)).status).toBe(200);
    const ready = await send(`${gateway.url}/health/readiness`);
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body.toString("utf8"))).toEqual({
      status: "healthy",
      db: "connected",
      cache: null,
      journal: "writing",
      ledger: "applying",
      ledger_lag_entries: expect.any(Number) as number,
      limits: "shared",
      uncertain_usd: expect.stringMatching(/^\d+(\.\d+)?$/) as string,
    });
  });

  test("/v1/models lists the groups", () => {
    const { object, data } = JSON.parse(answers.models.body.toString("utf8")) as {
      object: string;
      data: readonly { readonly id: string; readonly object: string }[];
    };
    expect(object).toBe("list");
    expect(data.map(({ id }) => id)).toEqual(["edits", "nova", "gpt-image-*"]);
    expect(data.every((model) => model.object === "model")).toBe(true);
  });

  test("the page of a gateway with a key tells nothing of its configuration", async () => {
    const page = await send(`${gateway.url}/`);
    expect(page.status).toBe(200);
    expect(page.headers["content-type"]).toMatch(/^text\/html/);
    const text = page.body.toString("utf8");
    expect(text).toContain("Requests need this gateway's key.");
    for (const group of ["nova", "gpt-image-*"]) expect(text).not.toContain(group);
  });

  test("the page of a gateway without a key shows its groups, and how to use them", async () => {
    const open = await startGateway({
      config: configFor(simulator, { groups: { "<b>edits": "gpt-image-1" } }),
    });
    const page = await send(`${open.url}/`);
    const text = page.body.toString("utf8");
    expect(text).toContain("<code>&#60;b&#62;edits</code>");
    expect(text).not.toContain("<b>edits");
    expect(text).toContain(`${open.url}/v1`);
    expect(
      errorOf(await send(`${open.url}/`, { headers: { host: "evil.example" }, method: "POST" })).code,
    ).toBe("foreign_host");
    await open.stop();
  });
});
