import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { APIError, toFile } from "openai";
import { editForm, errorOf, picture, sendEdit } from "./edit-request.js";
import { type Answer, formType, send } from "./form-request.js";
import { readMetrics } from "./metrics-reading.js";
import { hasCurl, hasPythonClient, run } from "./programs.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

const masterKey = "sk-master-of-refusals";
const mebibyte = 1024 * 1024;
const bearer = { authorization: `Bearer ${masterKey}` };

let folder: string;
let simulator: RunningSimulator;
/** With a key, and with an upload in it that takes all of its memory. */
let keyed: RunningGateway;
/** Without a key. */
let open: RunningGateway;
let held: http.ClientRequest;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "darkroom-refusals-"));
  simulator = await startSimulator();
  const upload = { max_request_size_mb: 5, upload_memory_mb: 5, upload_wait: 0 };
  const configOf = (settings: object): string =>
    configFor(simulator, {
      groups: { edits: "gpt-image-1" },
      settings: { general_settings: { ...upload, ...settings } },
    });
  [keyed, open] = await Promise.all([
    startGateway({ config: configOf({ master_key: masterKey }) }),
    startGateway({ config: configOf({}) }),
  ]);
  held = http.request(`${keyed.url}/v1/images/edits`, {
    method: "POST",
    agent: false,
    headers: { ...bearer, "content-type": formType, "content-length": String(5 * mebibyte) },
  });
  held.on("error", () => undefined);
  held.flushHeaders();
  await until(
    async () => (await readMetrics(keyed, masterKey)).sum("darkroom_upload_bytes") === 5 * mebibyte,
  );
});

afterAll(async () => {
  held.destroy();
  await stopAll();
  rmSync(folder, { recursive: true });
});

/** What every refusal must be, whatever it says. */
function expectEnvelope(answer: Answer): void {
  expect(answer.headers["x-request-id"]).toMatch(/^req_[0-9a-f]{32}$/);
  expect(answer.headers["content-type"]).toBe("application/json");
  const told = JSON.parse(answer.body.toString("utf8")) as { error: object };
  expect(Object.keys(told)).toEqual(["error"]);
  expect(Object.keys(told.error).sort()).toEqual(["code", "message", "param", "type"]);
}

describe("keys", () => {
  const withHeaders = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
    send(`${keyed.url}/v1/models`, { headers });

  test.each(["x-litellm-api-key", "api-key", "x-api-key", "x-goog-api-key", "Ocp-Apim-Subscription-Key"])(
    "%s may hold it",
    async (name) => {
      expect((await withHeaders({ [name]: masterKey })).status).toBe(200);
      const wrong = await withHeaders({ [name]: `${masterKey}x` });
      expect(wrong.status).toBe(401);
      expectEnvelope(wrong);
    },
  );

  test("Authorization holds it after Bearer", async () => {
    expect((await withHeaders(bearer)).status).toBe(200);
    expect((await withHeaders({ authorization: masterKey })).status).toBe(401);
  });

  test("none", async () => {
    const answer = await withHeaders({});
    expect(answer.status).toBe(401);
    expectEnvelope(answer);
    expect(errorOf(answer)).toEqual({
      message: "Authentication Error, No API key was sent. Send it as `Authorization: Bearer sk-...`.",
      type: "auth_error",
      param: null,
      code: "401",
    });
  });

  test("a wrong one, which is not told back", async () => {
    const answer = await withHeaders({ authorization: "Bearer sk-some-other-key" });
    expect(answer.status).toBe(401);
    expect(errorOf(answer)).toMatchObject({ type: "token_not_found_in_db", param: "key", code: "401" });
    expect(answer.body.toString("utf8")).not.toContain("sk-some-other-key");
  });

  test.each(["/v1/images/edits", "/images/edits", "/openai/deployments/edits/images/edits"])(
    "%s asks for one before anything else",
    async (path) => {
      const answer = await send(`${keyed.url}${path}`, { method: "POST" });
      expect(answer.status).toBe(401);
      expectEnvelope(answer);
    },
  );
});

/** The status and the text that a client gives its user. */
interface Seen {
  readonly status: number;
  readonly text: string;
}

interface RefusedCall {
  readonly key: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly gateway?: RunningGateway;
}

type Client = (call: RefusedCall) => Promise<Seen>;

/** A picture with as many bytes as are wanted. */
function file(size: number): string {
  const path = join(folder, `${size}.png`);
  writeFileSync(path, Buffer.concat([picture, Buffer.alloc(size - picture.length, 1)]));
  return path;
}

function curl(...flags: readonly string[]): Client {
  return async ({ key, size, gateway = keyed }) => {
    const printed = await run(
      "curl",
      [
        ...["--silent", "--show-error", "--write-out", "\n%{http_code}", ...flags],
        ...["--header", `Authorization: Bearer ${key}`],
        ...["--form", "model=edits", "--form", "prompt=Add a red hat", "--form", `image=@${file(size)}`],
        `${gateway.url}/v1/images/edits`,
      ],
      folder,
    );
    const end = printed.lastIndexOf("\n");
    return { status: Number(printed.slice(end)), text: printed.slice(0, end) };
  };
}

const node: Client = async ({ key, size }) => {
  const client = new OpenAI({ baseURL: `${keyed.url}/v1`, apiKey: key, maxRetries: 0 });
  const content = Buffer.concat([picture, Buffer.alloc(size - picture.length, 1)]);
  const image = await toFile(content, "photo.png");
  const failure = await client.images.edit({ model: "edits", prompt: "Add a red hat", image }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof APIError)) throw new Error("not refused", { cause: failure });
  return { status: failure.status as number, text: failure.message };
};

const pythonProgram = `
import sys, openai
url, key, path = sys.argv[1:]
client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
try:
    client.images.edit(model="edits", prompt="Add a red hat", image=open(path, "rb"))
except openai.APIStatusError as error:
    print(error.status_code, error.message)
`;

const python: Client = async ({ key, size }) => {
  const printed = await run("python3", ["-c", pythonProgram, `${keyed.url}/v1`, key, file(size)], folder);
  return { status: Number(printed.slice(0, 3)), text: printed.slice(4) };
};

/** Those of this machine: asked when the tests are collected, so that none has to be skipped. */
const clients: readonly (readonly [string, Client])[] = [
  ["OpenAI's client for Node", node],
  ...(hasCurl
    ? ([
        ["curl", curl()],
        ["curl that waits for 100-continue", curl("--header", "Expect: 100-continue")],
        ["curl that waits for nothing", curl("--header", "Expect:")],
      ] as const)
    : []),
  ...(hasPythonClient() ? ([["OpenAI's client for Python", python]] as const) : []),
];

describe.each(clients)("what is refused before it is read, as seen by %s", (_, client) => {
  test.each([2, 8])("401, with a file of %d MiB", async (size) => {
    const seen = await client({ key: "sk-wrong", size: size * mebibyte });
    expect(seen.status).toBe(401);
    expect(seen.text).toContain("The API key is not known here.");
  });

  test("413, with a file of 8 MiB", async () => {
    const seen = await client({ key: masterKey, size: 8 * mebibyte });
    expect(seen.status).toBe(413);
    expect(seen.text).toContain(
      `The request is larger than the ${5 * mebibyte} bytes that one request may have.`,
    );
  });

  test.each([2, 4])("503, with a file of %d MiB", async (size) => {
    const seen = await client({ key: masterKey, size: size * mebibyte });
    expect(seen.status).toBe(503);
    expect(seen.text).toContain("The gateway holds as many uploads as it has memory for. Try again later.");
  });
});

describe("size and memory", () => {
  const largeImage = Buffer.concat([picture, Buffer.alloc(8 * mebibyte, 1)]);

  test("413 for an announced length, in the envelope", async () => {
    const answer = await sendEdit(open.url, { fields: { model: "edits" }, image: largeImage });
    expect(answer.status).toBe(413);
    expectEnvelope(answer);
    expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", code: "request_too_large" });
  });

  test("413 for a body in chunks, whose length nobody told", async () => {
    const answer = await sendEdit(open.url, {
      fields: { model: "edits" },
      image: largeImage,
      headers: { "transfer-encoding": "chunked" },
    });
    expect(answer.status).toBe(413);
    expectEnvelope(answer);
    await until(async () => (await readMetrics(open)).sum("darkroom_upload_bytes") === 0);
  });

  if (hasCurl) {
    test("413 for a body in chunks, as seen by curl", async () => {
      const client = curl("--header", "Transfer-Encoding: chunked");
      const seen = await client({ key: "any", size: 8 * mebibyte, gateway: open });
      expect(seen.status).toBe(413);
      expect(seen.text).toContain("The request is larger");
    });
  }

  test("503 in the envelope, with the time after which to come back", async () => {
    const answer = await sendEdit(keyed.url, { fields: { model: "edits" }, headers: bearer });
    expect(answer.status).toBe(503);
    expectEnvelope(answer);
    expect(errorOf(answer)).toMatchObject({ type: "server_error", code: "server_is_overloaded" });
    expect(answer.headers["retry-after"]).toBe("5");
  });

  test("what is small enough is served", async () => {
    const image = Buffer.concat([picture, Buffer.alloc(4 * mebibyte, 1)]);
    expect((await sendEdit(open.url, { fields: { model: "edits" }, image })).status).toBe(200);
    expect((await simulator.requests()).map(({ status }) => status)).toEqual([200]);
  });
});

describe("requests that are none", () => {
  const post = (headers: http.OutgoingHttpHeaders, body: Buffer): Promise<Answer> =>
    send(`${open.url}/v1/images/edits`, { method: "POST", headers, body });

  test.each([
    [
      "text/plain",
      "Unsupported content type: expected 'multipart/form-data' or 'application/json', got 'text/plain'.",
    ],
    ["multipart/form-data", "The content type 'multipart/form-data' has no boundary."],
  ])("content type %s: 400", async (type, message) => {
    const answer = await post({ "content-type": type }, Buffer.from("hello"));
    expect(answer.status).toBe(400);
    expectEnvelope(answer);
    expect(errorOf(answer)).toMatchObject({ message, type: "invalid_request_error" });
  });

  test("no content type: 400", async () => {
    const answer = await post({}, Buffer.from("hello"));
    expect(answer.status).toBe(400);
    expect(errorOf(answer).message).toContain("got none");
  });

  test("a form that ends in the middle: 400", async () => {
    const answer = await post({ "content-type": formType }, editForm().subarray(0, 150));
    expect(answer.status).toBe(400);
    expectEnvelope(answer);
  });

  test("JSON that is none: 400", async () => {
    const answer = await post({ "content-type": "application/json" }, Buffer.from("{"));
    expect(answer.status).toBe(400);
    expectEnvelope(answer);
  });

  test("a model that does not exist: 400 that names those which do", async () => {
    const answer = await sendEdit(open.url, { fields: { model: "gpt-imagine" } });
    expect(answer.status).toBe(400);
    expectEnvelope(answer);
    expect(errorOf(answer)).toEqual({
      message: "The model 'gpt-imagine' does not exist here. Available: edits.",
      type: "invalid_request_error",
      param: "model",
      code: "model_not_found",
    });
  });

  test.each([
    ["n", "two"],
    ["num_retries", "-1"],
    ["timeout", "soon"],
    ["fallbacks", "edits"],
    ["stream", "perhaps"],
  ])("%s=%s: 400 that names the field", async (field, value) => {
    const answer = await sendEdit(open.url, { fields: { model: "edits", [field]: value } });
    expect(answer.status).toBe(400);
    expectEnvelope(answer);
    expect(errorOf(answer)).toMatchObject({ param: field, code: "invalid_value" });
  });

  test.each([
    ["GET", "/v1/images/edits"],
    ["POST", "/v1/images/generations"],
    ["POST", "/v1/chat/completions"],
    ["DELETE", "/v1/models"],
  ])("%s %s: 404 that says what is served", async (method, path) => {
    const answer = await send(`${open.url}${path}`, { method });
    expect(answer.status).toBe(404);
    expectEnvelope(answer);
    const { message } = errorOf(answer);
    expect(message).toContain(`Darkroom does not serve ${method} ${path}.`);
    for (const served of ["POST /v1/images/edits", "GET /v1/models", "/health/readiness", "/metrics"]) {
      expect(message).toContain(served);
    }
  });

  test("a path that is not well encoded: 400", async () => {
    const answer = await send(`${open.url}/openai/deployments/%ff/images/edits`, { method: "POST" });
    expect(answer.status).toBe(400);
    expectEnvelope(answer);
  });
});

describe("web pages of others, where there is no key", () => {
  const edit = (url: string, headers: http.OutgoingHttpHeaders): Promise<Answer> =>
    sendEdit(url, { fields: { model: "edits" }, headers });

  test.each([
    ["a foreign Host", { host: "evil.example" }, "evil.example", "foreign_host"],
    [
      "a foreign Host that looks like ours",
      { host: "localhost.evil.example" },
      "localhost.evil.example",
      "foreign_host",
    ],
    ["a foreign Origin", { origin: "http://evil.example" }, "http://evil.example", "foreign_origin"],
    ["the Origin of a sandboxed page", { origin: "null" }, "'null'", "foreign_origin"],
  ])("%s: 403 that names it, and the setting", async (_, headers, named, code) => {
    const answer = await edit(open.url, headers);
    expect(answer.status).toBe(403);
    expectEnvelope(answer);
    expect(errorOf(answer)).toMatchObject({ type: "permission_error", code });
    expect(errorOf(answer).message).toContain(named);
    expect(errorOf(answer).message).toContain("general_settings.master_key");
  });

  test("our own names and pages are welcome", async () => {
    const { port } = open;
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, "LOCALHOST"]) {
      expect((await edit(open.url, { host })).status).toBe(200);
      expect((await edit(open.url, { host, origin: `http://${host.toLowerCase()}` })).status).toBe(200);
    }
  });

  test("a key allows any name", async () => {
    const headers = { ...bearer, host: "images.example", origin: "http://elsewhere.example" };
    expect((await send(`${keyed.url}/v1/models`, { headers })).status).toBe(200);
  });
});
