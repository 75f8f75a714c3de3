import OpenAI, { APIError, toFile } from "openai";
import { stringify } from "yaml";
import { errorOf, imagesIn, picture, sendEdit } from "./edit-request.js";
import type { Answer } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type FaultRule, type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

/** Nothing listens on port 1 of any machine that runs tests. */
const refusingUrl = "http://127.0.0.1:1/v1";

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: config(simulator.url) });
});

afterEach(() => simulator.clear());
afterAll(stopAll);

/** In each pair `first` is always tried before `second`, whose weight is 0. Each group has a model of its own. */
function config(url: string): string {
  const ofAny = modelEntries(url);
  const entry = (group: string, name: string, key: string, model: string, parameters: object): object =>
    ofAny(group, name, key, { model: `openai/${model}`, ...parameters });
  const pair = (group: string, model: string, ofFirst: object = {}, ofBoth: object = {}): object[] => [
    entry(group, "first", simulatorKeys.one, model, { ...ofBoth, ...ofFirst }),
    entry(group, "second", simulatorKeys.two, model, { ...ofBoth, weight: 0 }),
  ];
  return stringify({
    model_list: [
      ...pair("edits", "gpt-image-1"),
      ...pair("backed", "gpt-image-2"),
      ...pair("guarded", "gpt-image-2"),
      ...pair("hanging", "gpt-image-1", { timeout: 0.3 }),
      ...pair("impatient", "gpt-image-1", {}, { timeout: 0.3 }),
      ...pair("refused", "gpt-image-1", { api_base: refusingUrl }),
      ...pair("all-refused", "gpt-image-1", {}, { api_base: refusingUrl }),
      ...pair("shared", "gpt-image-1", { weight: 3 }, {}).slice(0, 1),
      entry("shared", "light", simulatorKeys.two, "gpt-image-1", { weight: 1 }),
      entry("alone", "only", simulatorKeys.one, "gpt-image-1-mini", {}),
    ],
    // Which deployments are left alone after a failure, and how many retries a group may make, is told in tests of their own.
    router_settings: {
      fallbacks: [{ backed: ["edits"] }, { guarded: ["edits"] }],
      content_policy_fallbacks: [{ guarded: ["alone", "edits"] }],
      disable_cooldowns: true,
      retry_budget_per_minute: 10_000,
    },
  });
}

function edit(model: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return sendEdit(gateway.url, { fields: { model, ...fields } });
}

async function keysCalled(): Promise<(string | null)[]> {
  return (await simulator.requests()).map(({ key }) => key);
}

const onFirst = (fault: FaultRule["fault"]): FaultRule => ({ key: simulatorKeys.one, fault });
const { one, two } = simulatorKeys;

const passing: readonly (readonly [string, FaultRule["fault"], string])[] = [
  ["500", { kind: "status", status: 500 }, "500 server_error"],
  ["503", { kind: "status", status: 503, code: "overloaded" }, "503 overloaded"],
  ["429", { kind: "status", status: 429, code: "rate_limit_exceeded" }, "429 rate_limit_exceeded"],
  ["408", { kind: "status", status: 408 }, "408 server_error"],
  ["409", { kind: "status", status: 409 }, "409 server_error"],
  ["401 of its key", { kind: "status", status: 401, code: "invalid_api_key" }, "401 invalid_api_key"],
  ["an error before the body is read", { kind: "status", status: 500, when: "before" }, "500 server_error"],
  ["a reset before the body", { kind: "reset", when: "before" }, "connection reset"],
  ["a reset within the body", { kind: "reset", when: "during" }, "connection reset"],
  ["a reset after the body", { kind: "reset", when: "after" }, "connection reset"],
  ["an answer cut short", { kind: "cut", share: 0.5 }, "connection reset"],
  ["an answer cut before its first byte", { kind: "cut", share: 0 }, "connection reset"],
  ["malformed JSON", { kind: "malformed" }, "the answer is not complete JSON"],
];

describe("a deployment that fails", () => {
  test.each(passing)("%s: the other one serves", async (_, fault, reason) => {
    await simulator.setFaults(onFirst(fault));
    const answer = await edit("edits");

    expect(answer.status).toBe(200);
    expect(imagesIn(answer)).toBe(1);
    expect(answer.headers).toMatchObject({
      "x-litellm-model-group": "edits",
      "x-litellm-model-id": "edits-second",
      "x-litellm-attempted-retries": "1",
      "x-litellm-attempted-fallbacks": "0",
      "x-darkroom-attempts": `edits-first: ${reason}, edits-second: ok`,
    });
    expect(await keysCalled()).toEqual([one, two]);
  });

  test("the second call carries what the first one did", async () => {
    await simulator.setFaults(onFirst({ kind: "status", status: 500 }));
    await edit("edits", { quality: "low", user: "somebody" });
    const [first, second] = await simulator.requests();
    expect(first?.parts?.map(({ name }) => name)).toEqual(["prompt", "model", "quality", "user", "image"]);
    expect(second?.parts).toEqual(first?.parts);
  });

  test.each(["status", "reset"])(
    "a %s while a large body is still being sent: the other one serves",
    async (kind) => {
      const early = kind === "status" ? { kind, status: 429, when: "before" } : { kind, when: "during" };
      await simulator.setFaults(onFirst(early));
      const image = Buffer.concat([picture, Buffer.alloc(8 * 1024 * 1024, 1)]);
      const answer = await sendEdit(gateway.url, { fields: { model: "edits" }, image });
      expect(answer.status).toBe(200);
      expect(answer.headers["x-litellm-model-id"]).toBe("edits-second");
      expect(await keysCalled()).toEqual([one, two]);
      const arrived = (await simulator.requests())[1]?.parts?.find(({ name }) => name === "image");
      expect(arrived?.length).toBe(image.length);
    },
  );

  test("connection refused: the other one serves", async () => {
    const answer = await edit("refused");
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-attempts"]).toBe(
      "refused-first: connection refused, refused-second: ok",
    );
    expect(await keysCalled()).toEqual([two]);
  });

  test("hanging: its timeout ends it and the other one serves", async () => {
    await simulator.setFaults(onFirst({ kind: "hang" }));
    const answer = await edit("hanging");
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-attempts"]).toBe(
      "hanging-first: timeout after 0.3 s, hanging-second: ok",
    );
    expect(await keysCalled()).toEqual([one, two]);
  });

  test("nothing of it is told when all goes well", async () => {
    const answer = await edit("edits");
    expect(answer.headers["x-litellm-attempted-retries"]).toBe("0");
    expect(answer.headers).not.toHaveProperty("x-darkroom-attempts");
    expect(await keysCalled()).toEqual([one]);
  });
});

describe("the number of calls", () => {
  const lasting = passing.filter(([name]) => name !== "401 of its key");

  test.each(lasting)("%s everywhere: 1 + num_retries calls, and no more", async (_, fault, reason) => {
    await simulator.setFaults({ fault });
    const answer = await edit("edits", { num_retries: "1" });
    expect(answer.status).toBe(fault.kind === "status" ? fault["status"] : 502);
    expect(answer.headers["x-litellm-attempted-retries"]).toBe("1");
    expect(answer.headers["x-darkroom-attempts"]).toBe(`edits-first: ${reason}, edits-second: ${reason}`);
    expect(await keysCalled()).toEqual([one, two]);
  });

  test("by default two retries, the last of them of the deployment that failed first", async () => {
    await simulator.setFaults({ fault: { kind: "status", status: 500 } });
    expect((await edit("edits")).headers["x-litellm-attempted-retries"]).toBe("2");
    expect(await keysCalled()).toEqual([one, two, one]);
  });

  test("num_retries=0: one call", async () => {
    await simulator.setFaults({ fault: { kind: "status", status: 500 } });
    const answer = await edit("edits", { num_retries: "0" });
    expect(answer.status).toBe(500);
    expect(answer.headers["x-darkroom-attempts"]).toBe("edits-first: 500 server_error");
    expect(await keysCalled()).toEqual([one]);
  });

  test("a key that is refused is not tried again", async () => {
    await simulator.setFaults({ fault: { kind: "status", status: 401 } });
    expect((await edit("edits", { num_retries: "5" })).status).toBe(401);
    expect(await keysCalled()).toEqual([one, two]);
  });
});

describe("a request that the upstream refuses", () => {
  const fault = {
    kind: "status",
    status: 400,
    type: "image_generation_user_error",
    code: "moderation_blocked",
    param: "prompt",
    message: "Your request was rejected by the safety system. ünïcödé \u2603",
  } as const;

  test("is not retried, and its error reaches the client untouched", async () => {
    await simulator.setFaults({ fault });
    const told = await sendEdit(simulator.url, {
      fields: { model: "gpt-image-1" },
      headers: { authorization: `Bearer ${one}` },
    });
    await simulator.clear();
    await simulator.setFaults({ fault });
    const answer = await edit("edits");

    expect(answer.status).toBe(400);
    expect(answer.body.equals(told.body)).toBe(true);
    expect(answer.headers["content-type"]).toBe(told.headers["content-type"]);
    const { type, code, param, message } = fault;
    expect(errorOf(answer)).toEqual({ type, code, param, message });
    const requests = await simulator.requests();
    expect(requests).toHaveLength(1);
    expect(answer.headers["llm_provider-x-request-id"]).toBe(requests[0]?.requestId);
  });

  test("for what it shows goes on in a fallback group, whose model may have other rules", async () => {
    await simulator.setFaults({ model: "gpt-image-2", fault });
    const answer = await edit("backed");
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-attempts"]).toBe(
      "backed-first: 400 moderation_blocked, edits-first: ok",
    );
  });

  test("for a field of it goes on nowhere", async () => {
    await simulator.setFaults({
      model: "gpt-image-2",
      fault: { ...fault, type: "invalid_request_error", code: "invalid_value" },
    });
    const answer = await edit("backed");
    expect(answer.status).toBe(400);
    expect(answer.headers["x-litellm-attempted-fallbacks"]).toBe("0");
    expect(await simulator.requests()).toHaveLength(1);
  });

  test("as OpenAI's own client sees it", async () => {
    await simulator.setFaults({ fault });
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
    const failure = await failureOf(
      client.images.edit({ model: "edits", prompt: "Add", image: await toFile(picture, "a.png") }),
    );
    expect(failure).toMatchObject({ status: 400, code: fault.code, type: fault.type, param: fault.param });
    expect(failure.message).toContain(fault.message);
  });
});

describe("fallback groups", () => {
  test("when every deployment of a group fails, the next group serves", async () => {
    await simulator.setFaults({ model: "gpt-image-2", fault: { kind: "status", status: 500 } });
    const answer = await edit("backed", { num_retries: "1" });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "x-litellm-model-group": "edits",
      "x-litellm-model-id": "edits-first",
      "x-litellm-attempted-retries": "1",
      "x-litellm-attempted-fallbacks": "1",
      "x-darkroom-attempts":
        "backed-first: 500 server_error, backed-second: 500 server_error, edits-first: ok",
    });
    const models = (await simulator.requests()).map(
      ({ parts }) => parts?.find(({ name }) => name === "model")?.value,
    );
    expect(models).toEqual(["gpt-image-2", "gpt-image-2", "gpt-image-1"]);
  });

  test("when that one fails too, the first group's error is told as it came, with all that was tried", async () => {
    const asked = {
      kind: "status",
      status: 503,
      code: "asked",
      message: "What the client asked for is down.",
    };
    const other = { kind: "status", status: 500, code: "other", message: "The fallback is down." };
    await simulator.setFaults({ model: "gpt-image-2", fault: asked }, { model: "gpt-image-1", fault: other });
    const told = await sendEdit(simulator.url, {
      fields: { model: "gpt-image-2" },
      headers: { authorization: `Bearer ${one}` },
    });
    const answer = await edit("backed", { num_retries: "1" });
    expect(answer.status).toBe(503);
    expect(answer.body.equals(told.body)).toBe(true);
    expect(answer.headers).toMatchObject({
      "x-litellm-attempted-fallbacks": "1",
      "x-litellm-attempted-retries": "2",
      "x-darkroom-attempts":
        "backed-first: 503 asked, backed-second: 503 asked, edits-first: 500 other, edits-second: 500 other",
    });
  });

  test("a request brings its own", async () => {
    await simulator.setFaults({ model: "gpt-image-1-mini", fault: { kind: "status", status: 500 } });
    const answer = await edit("alone", { fallbacks: '["backed"]', num_retries: "0" });
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-attempts"]).toBe("alone-only: 500 server_error, backed-first: ok");
  });

  describe("content that a model refuses", () => {
    const refused = { kind: "status", status: 400, code: "moderation_blocked", message: "Not that." };

    test("goes on in the groups for it, and in no other of its own group", async () => {
      await simulator.setFaults({ model: "gpt-image-2", fault: refused });
      const answer = await edit("guarded");
      expect(answer.headers["x-darkroom-attempts"]).toBe(
        "guarded-first: 400 moderation_blocked, alone-only: ok",
      );
      expect(answer.headers["x-litellm-attempted-fallbacks"]).toBe("1");
    });

    test("goes on in the next of them when it is refused again, and the first refusal is told in the end", async () => {
      await simulator.setFaults({ fault: refused });
      const answer = await edit("guarded");
      expect(answer.status).toBe(400);
      expect(answer.headers["x-darkroom-attempts"]).toBe(
        "guarded-first: 400 moderation_blocked, alone-only: 400 moderation_blocked, edits-first: 400 moderation_blocked",
      );
      expect(errorOf(answer).message).toBe("Not that.");
    });

    test("any other failure goes on in the fallbacks", async () => {
      await simulator.setFaults({ model: "gpt-image-2", fault: { kind: "status", status: 500 } });
      const answer = await edit("guarded", { num_retries: "0" });
      expect(answer.headers["x-darkroom-attempts"]).toBe("guarded-first: 500 server_error, edits-first: ok");
    });

    test("a request's own fallbacks hold for it too", async () => {
      await simulator.setFaults({ model: "gpt-image-2", fault: refused });
      const answer = await edit("guarded", { fallbacks: '["edits"]' });
      expect(answer.headers["x-darkroom-attempts"]).toBe(
        "guarded-first: 400 moderation_blocked, edits-first: ok",
      );
      expect((await edit("guarded", { disable_fallbacks: "true" })).status).toBe(400);
    });
  });

  test("are rehearsed: the group that was asked for is not called, and the next one serves", async () => {
    const answer = await edit("backed", { mock_testing_fallbacks: "true" });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "x-litellm-model-group": "edits",
      "x-litellm-attempted-fallbacks": "1",
    });
    expect(await simulator.requests()).toHaveLength(1);
    const alone = await edit("alone", { mock_testing_fallbacks: "true" });
    expect(alone.status).toBe(502);
    expect(errorOf(alone).message).toContain("mock_testing_fallbacks");
    expect(await simulator.requests()).toHaveLength(1);
  });

  test("a request declines the configured ones", async () => {
    for (const declined of [{ fallbacks: "[]" }, { disable_fallbacks: "true" }]) {
      await simulator.clear();
      await simulator.setFaults({ model: "gpt-image-2", fault: { kind: "status", status: 500 } });
      const answer = await edit("backed", { ...declined, num_retries: "0" });
      expect(answer.status).toBe(500);
      expect(await simulator.requests()).toHaveLength(1);
    }
  });

  test("no answer at all: 502 in OpenAI's envelope", async () => {
    const answer = await edit("all-refused", { num_retries: "1" });
    expect(answer.status).toBe(502);
    expect(errorOf(answer)).toEqual({
      message: "No complete answer from the upstream: connection refused.",
      type: "server_error",
      param: null,
      code: "upstream_connection_error",
    });
    expect(answer.headers["x-darkroom-attempts"]).toBe(
      "all-refused-first: connection refused, all-refused-second: connection refused",
    );
  });
});

describe("deadlines", () => {
  test("a request whose time is up gets 504, and nothing further is tried", async () => {
    await simulator.setFaults({ fault: { kind: "hang" } });
    const startedAtMs = performance.now();
    const answer = await edit("edits", { timeout: "1.5" });
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(1_495);
    expect(answer.status).toBe(504);
    expect(errorOf(answer)).toEqual({
      message: "The edit was not answered within 1.5 s.",
      type: "server_error",
      param: null,
      code: "timeout",
    });
    expect(answer.headers["x-darkroom-attempts"]).toBe("edits-first: timeout after 1.5 s");
    expect(await keysCalled()).toEqual([one]);
  });

  test("a deployment's timeout is not the request's: each deployment gets its chance, once", async () => {
    await simulator.setFaults({ fault: { kind: "hang" } });
    const answer = await edit("impatient");
    expect(answer.status).toBe(504);
    expect(answer.headers["x-darkroom-attempts"]).toBe(
      "impatient-first: timeout after 0.3 s, impatient-second: timeout after 0.3 s",
    );
  });

  test("a request that leaves no time for the wait before a retry is answered with what is known", async () => {
    const headers = { "retry-after": "30" };
    await simulator.setFaults({ fault: { kind: "status", status: 429, headers } });
    const answer = await edit("alone", { timeout: "5" });
    expect(answer.status).toBe(429);
    expect(answer.headers["retry-after"]).toBe("30");
    expect(await simulator.requests()).toHaveLength(1);
  });
});

describe("a single deployment", () => {
  test("is called again after a while", async () => {
    await simulator.setFaults({ count: 2, fault: { kind: "status", status: 500 } });
    const answer = await edit("alone");
    expect(answer.status).toBe(200);
    expect(answer.headers["x-litellm-attempted-retries"]).toBe("2");
    expect(answer.headers["x-darkroom-attempts"]).toBe(
      "alone-only: 500 server_error, alone-only: 500 server_error, alone-only: ok",
    );
    expect(await simulator.requests()).toHaveLength(3);
  });

  test("is not called before the time it asked for", async () => {
    const headers = { "retry-after-ms": "700" };
    await simulator.setFaults({ count: 1, fault: { kind: "status", status: 429, headers } });
    const startedAtMs = performance.now();
    expect((await edit("alone")).status).toBe(200);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(695);
  });

  test("that asks for more time than a client waits is left alone", async () => {
    const headers = { "retry-after": "120" };
    await simulator.setFaults({ fault: { kind: "status", status: 429, headers } });
    const answer = await edit("alone");
    expect(answer.status).toBe(429);
    expect(answer.headers["retry-after"]).toBe("120");
    expect(await simulator.requests()).toHaveLength(1);
  });
});

describe("a stream", () => {
  const streamed = { stream: "true", partial_images: "2" };
  const namesOf = ({ body }: Answer): string[] =>
    [...body.toString("utf8").matchAll(/^event: (.*)$/gm)].map(([, name = ""]) => name);

  test.each<readonly [string, FaultRule["fault"]]>([
    ["an error event", { kind: "stream-error", afterPartials: 0 }],
    ["an error event without envelope", { kind: "stream-error", afterPartials: 0, bare: true }],
    ["the end of the connection", { kind: "cut", share: 0 }],
    ["half an event", { kind: "cut", share: 0.05 }],
    ["a status", { kind: "status", status: 500 }],
  ])("that brings %s before its first event is served by the other deployment", async (_, fault) => {
    await simulator.setFaults(onFirst(fault));
    const answer = await edit("edits", streamed);
    expect(answer.status).toBe(200);
    expect(namesOf(answer)).toEqual([
      "image_edit.partial_image",
      "image_edit.partial_image",
      "image_edit.completed",
    ]);
    expect(answer.headers["x-litellm-model-id"]).toBe("edits-second");
    expect(await keysCalled()).toEqual([one, two]);
  });

  test.each<readonly [string, FaultRule["fault"], string]>([
    ["an error event", { kind: "stream-error", afterPartials: 1, message: "Out of paint." }, "Out of paint."],
    ["the end of the connection", { kind: "cut", share: 0.5 }, "The stream from the upstream broke"],
  ])(
    "that brings %s after its first event ends with an error that OpenAI's client raises",
    async (_, fault, text) => {
      await simulator.setFaults(onFirst(fault));
      const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
      const stream = await client.images.edit({
        model: "edits",
        prompt: "Add",
        image: await toFile(picture, "a.png"),
        stream: true,
        partial_images: 2,
      });
      const seen: string[] = [];
      const failure = await failureOf(
        (async () => {
          for await (const event of stream) seen.push(event.type);
        })(),
      );
      expect(seen).toEqual(["image_edit.partial_image"]);
      expect(failure.message).toContain(text);
      expect(await keysCalled()).toEqual([one]);
    },
  );
});

test("a stream that stands still after its first event ends with an error when its time is up", async () => {
  const event = `event: image_edit.partial_image\ndata: {"type":"image_edit.partial_image","b64_json":"aGVsbG8="}\n\n`;
  const upstream = await new ScriptedUpstream((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(event);
  }).listen();
  const patient = await startGateway({ config: configFor(upstream, { groups: { edits: "gpt-image-1" } }) });
  const answer = await sendEdit(patient.url, { fields: { model: "edits", stream: "true", timeout: "1.5" } });
  const text = answer.body.toString("utf8");
  expect(text.startsWith(event)).toBe(true);
  const [, told = "{}"] = /^event: error\ndata: (.*)\n\n$/.exec(text.slice(event.length)) ?? [];
  expect(JSON.parse(told)).toMatchObject({
    type: "error",
    error: { message: "The stream from the upstream broke: timeout after 1.5 s.", type: "server_error" },
  });
  expect(upstream.arrived).toHaveLength(1);
  await patient.stop();
  await upstream.close();
});

describe("weights", () => {
  const timesEach = async (group: string, requests: number): Promise<Map<string, number>> => {
    const times = new Map<string, number>();
    const worker = async (share: number): Promise<void> => {
      for (let number = 0; number < share; number += 1) {
        const id = (await edit(group)).headers["x-litellm-model-id"] as string;
        times.set(id, (times.get(id) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 10 }, () => worker(requests / 10)));
    return times;
  };

  test("0: not used as long as another one works", async () => {
    expect(await timesEach("edits", 50)).toEqual(new Map([["edits-first", 50]]));
  });

  test("3 and 1: both are used, the heavier one more", async () => {
    // Of 200, three quarters are 150; fewer than 100 or more than 195 happen less than once in 10^12 runs.
    const heavy = (await timesEach("shared", 200)).get("shared-first") ?? 0;
    expect(heavy).toBeGreaterThan(100);
    expect(heavy).toBeLessThan(195);
  });
});

/** The error that OpenAI's client raises. */
async function failureOf(call: Promise<unknown>): Promise<APIError> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof APIError) return failure;
  throw new Error("The call did not fail as a call of OpenAI's API does.", { cause: failure });
}
