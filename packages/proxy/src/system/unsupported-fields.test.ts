import { stringify } from "yaml";
import { type PartSeen, owed, readDirectly, seen } from "./arrived-parts.js";
import { errorOf, imagesIn } from "./edit-request.js";
import { type Answer, type FormPart, post, postForm, postJson } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { pictureCalled } from "./pictures.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import {
  type RecordedRequest,
  type RunningSimulator,
  simulatorKeys,
  startSimulator,
} from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

const { one, two } = simulatorKeys;

let simulator: RunningSimulator;
/** Calls itself dall-e-2 and takes all that comes. */
let house: ScriptedUpstream;
/** Leaves fields out only where an entry says so. */
let gateway: RunningGateway;
/** Leaves them out unless an entry says otherwise. */
let dropping: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  house = await new ScriptedUpstream((response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"created":1,"data":[{"b64_json":"QQ=="}]}');
  }).listen();
  [gateway, dropping] = await Promise.all([
    startGateway({ config: config() }),
    startGateway({ config: config({ litellm_settings: { drop_params: true } }) }),
  ]);
});
beforeEach(async () => {
  house.arrived.length = 0;
  await simulator.clear();
  await simulator.setFaults({ key: one, fault: { kind: "status", status: 500 } });
});
afterAll(async () => {
  await stopAll();
  await house.close();
});

/** What fails has the first key. Every group of `fallbacks` goes on in the one it names. */
function config(settings: object = {}): string {
  const entry = modelEntries(simulator.url);
  const [old, mini] = [{ model: "openai/dall-e-2" }, { model: "openai/gpt-image-1-mini" }];
  const takesJson = { supports_json_body: true };
  const fallbacks = { edits: "old", clean: "cleaned", large: "small", former: "new", foreign: "house" };
  return stringify({
    model_list: [
      ...Object.keys(fallbacks).map((group) => entry(group, "one", one, group === "former" ? old : {})),
      entry("old", "two", two, old),
      entry("cleaned", "two", two, { ...old, drop_params: true }),
      entry("strict", "two", two, { ...old, drop_params: false }),
      entry("small", "two", two, { ...mini, drop_params: true }),
      entry("new", "two", two, { drop_params: true }),
      entry("house", "any", "any", { ...old, api_base: house.url, drop_params: true }, takesJson),
      entry("trusted", "two", two, { ...old, allowed_openai_params: ["background"] }),
      entry("mixed", "two", two, old),
      entry("mixed", "other", two, mini),
    ],
    router_settings: {
      fallbacks: Object.entries(fallbacks).map(([from, to]) => ({ [from]: [to] })),
      num_retries: 0,
      disable_cooldowns: true,
    },
    ...settings,
  });
}

/** Between the parts that every model takes stand those that only some do. */
function form(model: string, ...more: readonly (readonly [string, string])[]): FormPart[] {
  return [
    { name: "model", content: model },
    ...more.slice(0, 1).map(([name, content]) => ({ name, content })),
    { name: "prompt", content: "Add a café ☕ hat" },
    { name: "image", content: pictureCalled("image"), fileName: "a.png", type: "image/png" },
    ...more.slice(1).map(([name, content]) => ({ name, content })),
    { name: "user", content: "user-123" },
  ];
}

const ofGptImages = [
  ["quality", "high"],
  ["background", "opaque"],
  ["output_format", "png"],
  ["input_fidelity", "high"],
  ["moderation", "low"],
  ["stream", "false"],
] as const;
const namesOfGptImages: readonly string[] = ofGptImages.map(([name]) => name);

const without = (parts: readonly PartSeen[], ...names: readonly string[]): PartSeen[] =>
  parts.filter(({ name }) => !names.includes(name));

async function arrived(): Promise<PartSeen[][]> {
  return (await simulator.requests()).map(({ parts }) => seen(parts));
}

/** The model that each call was for. */
async function modelsCalled(): Promise<(string | undefined)[]> {
  const modelOf = ({ parts, json }: RecordedRequest): string | undefined =>
    parts?.find(({ name }) => name === "model")?.value ?? (json as { model?: string } | null)?.model;
  return (await simulator.requests()).map(modelOf);
}

function ended({ status, headers }: Answer): unknown {
  return [status, headers["x-litellm-model-group"], headers["x-darkroom-dropped"]];
}

describe("a form that goes on from gpt-image-1 to dall-e-2", () => {
  test("has fields left out for that one alone, where drop_params says so: every other part is the same", async () => {
    const parts = form("clean", ...ofGptImages);
    const direct = await readDirectly(simulator, parts);
    await simulator.clear();
    await simulator.setFaults({ key: one, fault: { kind: "status", status: 500 } });
    const answer = await postForm(gateway.url, parts);
    expect(ended(answer)).toEqual([200, "cleaned", namesOfGptImages.join(", ")]);
    expect(imagesIn(answer)).toBe(1);
    expect(answer.headers["x-darkroom-attempts"]).toBe("clean-one: 500 server_error, cleaned-two: ok");
    expect(await arrived()).toEqual([
      owed(direct, "gpt-image-1"),
      owed(without(direct, ...namesOfGptImages), "dall-e-2"),
    ]);
    const { lines } = await simulator.bill();
    expect(lines).toHaveLength(1);
    expect(answer.headers["x-litellm-response-cost"]).toBe("0.02");
    expect(lines[0]?.nanoUsd).toBe("20000000");
  });

  test("does so for a whole file too, and for a request that asks for it", async () => {
    expect(ended(await postForm(dropping.url, form("edits", ...ofGptImages)))).toEqual([
      200,
      "old",
      namesOfGptImages.join(", "),
    ]);
    const asked = form("edits", ["drop_params", "true"], ...ofGptImages);
    expect(ended(await postForm(gateway.url, asked))).toEqual([200, "old", namesOfGptImages.join(", ")]);
    expect(await modelsCalled()).toEqual(["gpt-image-1", "dall-e-2", "gpt-image-1", "dall-e-2"]);
    expect((await arrived()).flat().map(({ name }) => name)).not.toContain("drop_params");
  });

  test.each([
    ["nobody says so", () => postForm(gateway.url, form("edits", ...ofGptImages))],
    [
      "the request says no",
      () => postForm(gateway.url, form("clean", ["drop_params", "false"], ...ofGptImages)),
    ],
  ])(
    "does not go there where %s: the first group's error is the answer, and a line says why",
    async (_, ask) => {
      const answer = await ask();
      expect(answer.status).toBe(500);
      expect(errorOf(answer).type).toBe("server_error");
      expect(answer.headers["x-darkroom-attempts"]).toMatch(/^\w+-one: 500 server_error$/);
      expect(answer.headers["x-darkroom-dropped"]).toBeUndefined();
      expect(await modelsCalled()).toEqual(["gpt-image-1"]);
      const requestId = answer.headers["x-request-id"];
      const line = await until(() =>
        gateway
          .logLines()
          .filter((text) => text.startsWith("{"))
          .map((text) => JSON.parse(text) as Record<string, unknown>)
          .find((told) => told["requestId"] === requestId && String(told["msg"]).startsWith("passed over")),
      );
      expect(line).toMatchObject({ level: 30, reason: "not_supported", field: "quality" });
    },
  );

  test("goes there as it is, with what every model takes", async () => {
    const parts = form("edits", ["size", "1024x1024"], ["quality", "auto"], ["n", "2"]);
    const direct = await readDirectly(simulator, parts);
    await simulator.clear();
    await simulator.setFaults({ key: one, fault: { kind: "status", status: 500 } });
    const answer = await postForm(gateway.url, parts);
    expect(ended(answer)).toEqual([200, "old", undefined]);
    expect(await arrived()).toEqual([owed(direct, "gpt-image-1"), owed(direct, "dall-e-2")]);
  });
});

test("quality=standard of a client of dall-e-2 is left out for a GPT image model", async () => {
  const answer = await postForm(gateway.url, form("former", ["quality", "standard"]));
  expect(ended(answer)).toEqual([200, "new", "quality"]);
  expect(await modelsCalled()).toEqual(["dall-e-2", "gpt-image-1"]);
});

describe("a group whose only model does not support a field", () => {
  test.each([
    ["background", "opaque"],
    ["quality", "high"],
  ])("refuses %s itself, and nothing is sent", async (name, value) => {
    for (const [at, group] of [
      [gateway, "old"],
      [dropping, "strict"],
    ] as const) {
      const answer = await postForm(at.url, form(group, [name, value]));
      expect(answer.status).toBe(400);
      expect(errorOf(answer)).toEqual({
        message: `No deployment of the model '${group}' takes '${name}' as sent; do without, or set drop_params to have that done.`,
        type: "invalid_request_error",
        param: name,
        code: "not_supported",
      });
      expect(answer.headers["x-should-retry"]).toBe("false");
    }
    expect(await simulator.requests()).toEqual([]);
  });

  test("passes a field that nobody here knows: whether it is good the upstream says", async () => {
    const answer = await postForm(gateway.url, form("cleaned", ["style", "vivid"], ["quality", "high"]));
    expect([answer.status, errorOf(answer).param]).toEqual([400, "style"]);
    expect(await modelsCalled()).toEqual(["dall-e-2"]);
  });

  test("passes one that allowed_openai_params names, and no other", async () => {
    const passed = await postForm(gateway.url, form("trusted", ["background", "opaque"]));
    expect(errorOf(passed)).toMatchObject({ param: "background", code: "unknown_parameter" });
    expect(await modelsCalled()).toEqual(["dall-e-2"]);
    const refused = await postForm(gateway.url, form("trusted", ["quality", "high"]));
    expect(errorOf(refused)).toMatchObject({ param: "quality", code: "not_supported" });
    expect(await modelsCalled()).toHaveLength(1);
  });
});

test("of a group of several models, those that support a field are asked", async () => {
  for (let edits = 0; edits < 8; edits += 1) {
    const answer = await postForm(gateway.url, form("mixed", ["background", "opaque"]));
    expect(answer.headers["x-litellm-model-id"]).toBe("mixed-other");
  }
});

describe("JSON", () => {
  const image_url = `data:image/png;base64,${pictureCalled("image").toString("base64")}`;
  const json = { prompt: "Add a café ☕ hat", images: [{ image_url }], user: "user-123" };

  test("has members left out for the fallback alone", async () => {
    const sent = { input_fidelity: "high", quality: "high", ...json };
    const answer = await postJson(gateway.url, { model: "large", ...sent });
    expect(ended(answer)).toEqual([200, "small", "input_fidelity"]);
    const { input_fidelity: _, ...left } = sent;
    const [first, second] = (await simulator.requests()).map(({ json: body }) => body as typeof sent);
    // The simulator records pictures by their hash.
    const images = first?.images;
    expect(first).toEqual({ ...sent, model: "gpt-image-1", images });
    expect(second).toEqual({ ...left, model: "gpt-image-1-mini", images });
  });

  test("keeps every other byte", async () => {
    const text = `{ "background" : "opaque","model":"foreign" , "n" : 1.0,\n\t"images": [ {"image_url":"${image_url}"} ], "quality":"high"\n, "prompt":"caf\\u00e9" }`;
    const answer = await post(`${gateway.url}/v1/images/edits`, Buffer.from(text), {
      headers: { "content-type": "application/json" },
    });
    expect(ended(answer)).toEqual([200, "house", "background, quality"]);
    expect(house.arrived.map(({ body }) => body.toString("utf8"))).toEqual([
      `{ "model":"dall-e-2" , "n" : 1.0,\n\t"images": [ {"image_url":"${image_url}"} ]\n, "prompt":"caf\\u00e9" }`,
    ]);
  });

  test("is refused for a member, and obeys its own drop_params", async () => {
    const sent = { model: "house", background: "opaque", ...json };
    const refused = await postJson(gateway.url, { drop_params: false, ...sent });
    expect([refused.status, errorOf(refused).param]).toEqual([400, "background"]);
    expect(house.arrived).toEqual([]);
    const answer = await postJson(gateway.url, { drop_params: true, ...sent });
    expect(ended(answer)).toEqual([200, "house", "background"]);
  });

  test("never goes to dall-e-2, which takes forms alone", async () => {
    const answer = await postJson(gateway.url, { model: "clean", ...json });
    expect([answer.status, await modelsCalled()]).toEqual([500, ["gpt-image-1"]]);
  });
});

describe("a stream", () => {
  const streamed = [
    ["stream", "true"],
    ["partial_images", "1"],
    ["input_fidelity", "high"],
  ] as const;

  test("goes on with the field left out, and says so before its first event", async () => {
    const parts = form("large", ...streamed);
    const direct = await readDirectly(simulator, parts);
    await simulator.clear();
    await simulator.setFaults({ key: one, fault: { kind: "status", status: 500 } });
    const answer = await postForm(gateway.url, parts);
    expect(ended(answer)).toEqual([200, "small", "input_fidelity"]);
    expect(answer.body.toString("utf8").match(/^event: .*$/gm)).toEqual([
      "event: image_edit.partial_image",
      "event: image_edit.completed",
    ]);
    expect(await arrived()).toEqual([
      owed(direct, "gpt-image-1"),
      owed(without(direct, "input_fidelity"), "gpt-image-1-mini"),
    ]);
  });

  test("is never made none: dall-e-2 is passed over, whatever is left out for it", async () => {
    const answer = await postForm(gateway.url, form("clean", ...streamed));
    expect([answer.status, await modelsCalled()]).toEqual([500, ["gpt-image-1"]]);
  });
});
