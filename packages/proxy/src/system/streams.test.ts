import { setImmediate } from "node:timers/promises";
import OpenAI, { APIError, toFile } from "openai";
import { type EditOptions, editForm, errorOf, imagesIn, picture, sendEdit } from "./edit-request.js";
import { type Answer, formType, post } from "./form-request.js";
import { readMetrics } from "./metrics-reading.js";
import { type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { type Script, ScriptedUpstream } from "./scripted-upstream.js";

const { one } = simulatorKeys;
const groups = { edits: "gpt-image-1" };
const streamed = { model: "edits", stream: "true", partial_images: "1", n: "2" };
const eventStream = { "content-type": "text/event-stream; charset=utf-8" };

let simulator: RunningSimulator;
let gateway: RunningGateway;
/** An upstream that answers as `script` says, and a gateway over it. */
let upstream: ScriptedUpstream;
let script: Script;
let overScript: RunningGateway;
/** What the simulator streams for two pictures, and what it charges for it in US dollars. */
let stream: string;
let billedUsd: string;

beforeAll(async () => {
  simulator = await startSimulator();
  const settings = { router_settings: { disable_cooldowns: true } };
  gateway = await startGateway({ config: configFor(simulator, { groups, settings }) });
  upstream = await new ScriptedUpstream((response, number) => script(response, number)).listen();
  overScript = await startGateway({ config: configFor(upstream, { groups, settings }) });

  const direct: EditOptions = {
    fields: { ...streamed, model: "gpt-image-1" },
    headers: { authorization: `Bearer ${one}` },
  };
  stream = (await sendEdit(simulator.url, direct)).body.toString("utf8");
  billedUsd = String(Number((await simulator.bill()).totals.overall.nanoUsd) / 1e9);
});
beforeEach(async () => {
  await simulator.clear();
  upstream.arrived.length = 0;
});
afterAll(async () => {
  await upstream.close();
  await stopAll();
});

interface ToldError {
  readonly code: string | null;
  readonly type: string;
}

const events = (): string[] => stream.split(/(?<=\n\n)/);
const textOf = ({ body }: Answer): string => body.toString("utf8");
const namesOf = (text: string): string[] =>
  [...text.matchAll(/^event: (\S+)$/gm)].map(([, name = ""]) => name);
const ofTwoPictures = [
  "image_edit.partial_image",
  "image_edit.completed",
  "image_edit.partial_image",
  "image_edit.completed",
];

/** Answers with these bytes, so many at a time. */
const bringing =
  (text: string, pieceBytes = 1_000_000): Script =>
  async (response) => {
    response.writeHead(200, eventStream);
    const bytes = Buffer.from(text);
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      response.write(bytes.subarray(from, from + pieceBytes));
      await setImmediate();
    }
    response.end();
  };

/** As `bringing`, and then the connection breaks. */
const breakingAfter =
  (text: string): Script =>
  (response) => {
    response.writeHead(200, eventStream);
    response.write(text, () => response.destroy());
  };

/** What OpenAI's client makes of a stream: the events it yields, and the error it raises. */
async function seenByClient(url: string): Promise<{ types: string[]; error: unknown }> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });
  const image = await toFile(picture, "a.png");
  const types: string[] = [];
  try {
    const answer = await client.images.edit({ model: "edits", prompt: "Add", image, n: 2, stream: true });
    for await (const { type } of answer) types.push(type);
    return { types, error: undefined };
  } catch (error) {
    return { types, error };
  }
}

describe("two pictures", () => {
  test("arrive in their order, and cost what both are billed", async () => {
    const answer = await sendEdit(gateway.url, { fields: streamed });
    expect(namesOf(textOf(answer))).toEqual(ofTwoPictures);
    const [line] = (await simulator.bill()).lines;
    expect(line?.amounts).toHaveLength(2);
    expect(answer.trailers["x-litellm-response-cost"]).toBe(String(Number(line?.nanoUsd) / 1e9));
  });

  test("of which the second breaks: the first is delivered and counted, and an error follows", async () => {
    await simulator.setFaults({ fault: { kind: "cut", share: 0.9 } });
    const answer = await sendEdit(gateway.url, { fields: { ...streamed, partial_images: "0" } });
    expect(namesOf(textOf(answer))).toEqual(["image_edit.completed", "error"]);
    const [line] = (await simulator.bill()).lines;
    expect(answer.trailers["x-litellm-response-cost"]).toBe(String(Number(line?.amounts[0]) / 1e9));
    expect(await simulator.requests()).toHaveLength(1);
  });
});

describe("a stream reaches the client byte for byte, and its cost is read", () => {
  const withComments = (): string =>
    [": keep-alive\n\n:\n\n", ...events().map((event) => `: ping\n${event}:\n\n`), "data: [DONE]\n\n"].join(
      "",
    );

  test.each<[string, () => string]>([
    ["as OpenAI sends it", () => stream],
    ["with CRLF", () => stream.replaceAll("\n", "\r\n")],
    ["with CR", () => stream.replaceAll("\n", "\r")],
    ["with comments and keep-alives", withComments],
    ["with comments, in CRLF", () => withComments().replaceAll("\n", "\r\n")],
    ["without event lines", () => stream.replaceAll(/^event: .*\n/gm, "")],
    ["with ids and without spaces", () => stream.replaceAll(/^(event|data): /gm, "id:1\n$1:")],
    ["with [DONE] and no end behind it", () => `${stream}data: [DONE]`],
  ])("%s, at once and byte by byte", async (_, textToBring) => {
    const text = textToBring();
    for (const pieceBytes of [text.length, 1]) {
      script = bringing(text, pieceBytes);
      const answer = await sendEdit(overScript.url, { fields: streamed });
      expect(textOf(answer)).toBe(text);
      expect(answer.trailers["x-litellm-response-cost"]).toBe(billedUsd);
    }
  });

  test("dripping from the simulator", async () => {
    await simulator.setFaults({ fault: { kind: "drip", bytes: 13, everyMs: 0 } });
    const answer = await sendEdit(gateway.url, { fields: streamed });
    expect(namesOf(textOf(answer))).toEqual(ofTwoPictures);
    const [line] = (await simulator.bill()).lines;
    expect(answer.trailers["x-litellm-response-cost"]).toBe(String(Number(line?.nanoUsd) / 1e9));
  });

  test("whose last event nobody ended: it is ended, since it is whole and paid", async () => {
    script = bringing(stream.trimEnd());
    const answer = await sendEdit(overScript.url, { fields: streamed });
    expect(textOf(answer)).toBe(stream);
    expect(answer.trailers["x-litellm-response-cost"]).toBe(billedUsd);
    expect(upstream.arrived).toHaveLength(1);
  });
});

test("a completed event waits until the next one or the end, where its outcome is known", async () => {
  const [partial = "", first = "", ...others] = events();
  let received = "";
  // Each answer of /metrics is a turn in which a gateway that did not wait would have sent it on.
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await readMetrics(overScript);
  };
  const receivedBefore: string[] = [];
  script = async (response) => {
    response.writeHead(200, eventStream).write(partial + first);
    await turns();
    receivedBefore.push(received);
    response.write(others.join(""));
    await turns();
    receivedBefore.push(received);
    response.end();
  };
  const onBytes = (bytes: Buffer): void => void (received += bytes.toString("utf8"));
  const headers = { "content-type": formType };
  await post(`${overScript.url}/v1/images/edits`, editForm({ fields: streamed }), { headers, onBytes });
  expect(receivedBefore).toEqual([partial, partial + first + (others[0] ?? "")]);
  expect(received).toBe(stream);
});

describe("before the first event", () => {
  const ping = ": ping\n\n";

  test.each<[string, () => Script]>([
    ["ends without any", () => bringing(ping)],
    ["ends empty", () => bringing("")],
    ["ends within one", () => bringing(stream.slice(0, 80))],
    ["breaks within one", () => breakingAfter(ping + stream.slice(0, 80))],
    ["tells an error", () => bringing(`${ping}event: error\ndata: {"error":{"type":"server_error"}}\n\n`)],
    ["tells a bare error", () => bringing('event: error\ndata: {"message":"No.","type":"server_error"}\n\n')],
    ["tells an error without a name", () => bringing('data: {"error":{"type":"server_error"}}\n\n')],
    ["completes with half a picture", () => bringing(`${events()[1]?.slice(0, 90) ?? ""}\n\n`)],
  ])("a stream that %s is served by another call", async (_, failing) => {
    const fails = failing();
    script = (response, number) => (number === 0 ? fails : bringing(stream))(response, number);
    const answer = await sendEdit(overScript.url, { fields: streamed });
    expect(textOf(answer)).toBe(stream);
    expect(answer.headers["x-litellm-attempted-retries"]).toBe("1");
    expect(upstream.arrived).toHaveLength(2);
  });

  test.each<[string, ToldError, number, number]>([
    ["the caller's fault", { code: "invalid_value", type: "invalid_request_error" }, 400, 1],
    ["refused content", { code: "moderation_blocked", type: "image_generation_user_error" }, 400, 1],
    ["a bad key", { code: "invalid_api_key", type: "invalid_request_error" }, 401, 2],
    ["a rate limit", { code: "rate_limit_exceeded", type: "requests" }, 429, 3],
    ["too much load", { code: "server_is_overloaded", type: "service_unavailable_error" }, 503, 3],
    ["a fault of the server", { code: null, type: "server_error" }, 500, 3],
  ])(
    "an error event that tells of %s counts, and is answered, as an answer that says so",
    async (_, error, status, calls) => {
      for (const bare of [false, true]) {
        await simulator.clear();
        const fault = { kind: "stream-error", ...error, afterPartials: 0, message: "Not so.", bare };
        await simulator.setFaults({ fault });
        const answer = await sendEdit(gateway.url, { fields: streamed });
        expect(answer.status).toBe(status);
        expect(errorOf(answer)).toEqual({ ...error, message: "Not so.", param: null });
        expect(answer.headers["x-should-retry"]).toBe("false");
        const requests = await simulator.requests();
        expect(requests).toHaveLength(calls);
        expect(new Set(requests.map(({ key }) => key)).size).toBe(Math.min(calls, 2));
        expect(answer.headers["llm_provider-x-request-id"]).toBe(requests.at(-1)?.requestId);
      }
    },
  );
});

describe("after the first event", () => {
  test.each<[string, () => Script]>([
    ["ends without the others", () => bringing(events().slice(0, 1).join(""))],
    ["ends within the next", () => bringing((events()[0] ?? "") + (events()[1] ?? "").slice(0, 90))],
    ["breaks within the next", () => breakingAfter((events()[0] ?? "") + (events()[1] ?? "").slice(0, 90))],
    [
      "completes with half a picture",
      () => bringing(`${events()[0] ?? ""}${events()[1]?.slice(0, 90) ?? ""}\n\n`),
    ],
    [
      "tells an error",
      () => bringing(`${events()[0] ?? ""}event: error\ndata: {"error":{"message":"No."}}\n\n`),
    ],
    ["tells a bare error", () => bringing(`${events()[0] ?? ""}event: error\ndata: {"message":"No."}\n\n`)],
  ])(
    "a stream that %s ends with an error that OpenAI's client raises, and is not asked for again",
    async (_, failing) => {
      script = failing();
      const { types, error } = await seenByClient(overScript.url);
      expect(types).toEqual(["image_edit.partial_image"]);
      expect(error).toBeInstanceOf(APIError);
      expect((error as Error).message).toMatch(/The stream from the upstream broke|No\./);
      expect(upstream.arrived).toHaveLength(1);
    },
  );

  test("a completed picture is delivered before the error that follows it", async () => {
    const errorEvent = 'event: error\ndata: {"error":{"message":"No.","type":"server_error"}}\n\n';
    script = bringing(events().slice(0, 2).join("") + errorEvent);
    const { types, error } = await seenByClient(overScript.url);
    expect(types).toEqual(["image_edit.partial_image", "image_edit.completed"]);
    expect(error).toBeInstanceOf(APIError);
    expect(upstream.arrived).toHaveLength(1);
  });
});

test("an upstream that answers a stream's request with JSON: so does the gateway", async () => {
  const fields = { model: "gpt-image-1" };
  const { body } = await sendEdit(simulator.url, { fields, headers: { authorization: `Bearer ${one}` } });
  script = (response) => void response.writeHead(200, { "content-type": "application/json" }).end(body);
  const answer = await sendEdit(overScript.url, { fields: streamed });
  expect(answer.headers["content-type"]).toBe("application/json");
  expect(answer.body.equals(body)).toBe(true);
  expect(imagesIn(answer)).toBe(1);
  const [line] = (await simulator.bill()).lines;
  expect(answer.headers["x-litellm-response-cost"]).toBe(String(Number(line?.nanoUsd) / 1e9));
});
