import OpenAI, { toFile } from "openai";
import { stringify } from "yaml";
import { errorOf, picture, sendEdit } from "./edit-request.js";
import {
  type Answer,
  type FormPart,
  formBytes,
  formType,
  post,
  postForm,
  postJson,
  send,
} from "./form-request.js";
import { png } from "./pictures.js";
import { type ConfigOptions, configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

const { one, two } = simulatorKeys;

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  const files = [{ id: "file-of-one", organization: "org-one" }];
  simulator = await startSimulator({ files });
  gateway = await startGateway({ config: config(simulator.url) });
});
afterEach(() => simulator.clear());
afterAll(stopAll);

/** Every group of these tests; the ids of their deployments begin with the group's name. */
function config(url: string): string {
  const entry = (group: string, name: string, key: string, parameters: object = {}, info: object = {}) => ({
    model_name: group,
    litellm_params: { model: "openai/gpt-image-1", api_base: `${url}/v1`, api_key: key, ...parameters },
    model_info: { id: `${group}-${name}`, ...info },
  });
  const [ofOne, ofTwo] = [{ organization: "org-one" }, { organization: "org-two" }];
  return stringify({
    model_list: [
      entry("edits", "one", one),
      entry("edits", "two", two),
      entry("openai/*", "any", one, { model: "openai/*" }),
      entry("openai/gpt-image-2*", "second", two, { model: "openai/gpt-image-2*" }),
      entry("tagged", "free", one, { tags: ["free"] }),
      entry("tagged", "paid", two, { tags: ["paid"] }),
      entry("tagged", "default", two, { tags: ["default"] }),
      entry("members", "paid", two, { tags: ["paid"] }),
      entry("levels", "last", one),
      entry("levels", "second", two, { order: 2, model: "openai/gpt-image-1-mini" }),
      entry("levels", "first", one, { order: 1, model: "openai/gpt-image-2" }),
      entry("levels", "also-first", two, { order: 1, model: "openai/gpt-image-2" }),
      entry("mixed", "old", one, { model: "openai/dall-e-2" }),
      entry("mixed", "new", two),
      entry("old", "only", one, { model: "openai/dall-e-2" }),
      entry("small", "one", one, {}, { supports_mask: false, max_input_images: 2 }),
      entry("small", "two", two, {}, { supports_json_body: false }),
      entry("forms", "only", one, {}, { supports_json_body: false }),
      entry("rescued", "forms", one, {}, { supports_json_body: false }),
      entry("spread", "one", one, ofOne),
      entry("spread", "two", two, ofTwo),
      entry("held", "one", one, ofOne, { supports_file_ids: true }),
      entry("held", "two", two, ofTwo),
    ],
    router_settings: {
      model_group_alias: { house: "edits", secret: { model: "edits", hidden: true }, second: "edits-two" },
      enable_tag_filtering: true,
      // By chance, so that everybody gets some.
      routing_strategy: "simple-shuffle",
      fallbacks: [{ rescued: ["house"] }],
      num_retries: 3,
    },
  });
}

function edit(model: string, fields: Record<string, string> = {}, headers = {}): Promise<Answer> {
  return sendEdit(gateway.url, { fields: { model, ...fields }, headers });
}

/** Which deployments serve so many edits, each named once. */
async function servedBy(count: number, ask: () => Promise<Answer>): Promise<string[]> {
  const ids = new Set<string>();
  for (let number = 0; number < count; number += 1) {
    const answer = await ask();
    expect([answer.status, answer.status === 200 ? "" : answer.body.toString("utf8")]).toEqual([200, ""]);
    ids.add(String(answer.headers["x-litellm-model-id"]));
  }
  return [...ids].sort();
}

async function modelsCalled(): Promise<(string | undefined)[]> {
  return (await simulator.requests()).map(({ parts }) => parts?.find(({ name }) => name === "model")?.value);
}

describe("aliases", () => {
  test.each(["house", "secret"])("%s is served by its group, named as that", async (alias) => {
    const answer = await edit(alias);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-litellm-model-group"]).toBe("edits");
    expect(await modelsCalled()).toEqual(["gpt-image-1"]);
  });

  test("one may stand for a single deployment", async () => {
    expect(await servedBy(8, () => edit("second"))).toEqual(["edits-two"]);
  });

  test("are listed beside the groups, hidden ones nowhere", async () => {
    const listed = await send(`${gateway.url}/v1/models`);
    const { data } = JSON.parse(listed.body.toString("utf8")) as { data: { id: string }[] };
    const ids = data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["edits", "tagged", "house", "second"]));
    expect(ids).not.toContain("secret");
    const unknown = await edit("nobody");
    expect(unknown.status).toBe(400);
    expect(errorOf(unknown).message).toMatch(/house/);
    expect(errorOf(unknown).message).not.toMatch(/secret/);
  });

  test("are taken from the path of an Azure client too, and by OpenAI's own client", async () => {
    const parts: FormPart[] = [
      { name: "prompt", content: "Add a red hat" },
      { name: "image", content: picture, fileName: "a.png", type: "image/png" },
    ];
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
    const image = await toFile(picture, "a.png");
    const { data } = await client.images.edit({ model: "secret", prompt: "Add a red hat", image });
    expect(data).toHaveLength(1);
    const answer = await post(`${gateway.url}/openai/deployments/house/images/edits`, formBytes(parts), {
      headers: { "content-type": formType },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers["x-litellm-model-group"]).toBe("edits");
  });
});

describe("a deployment's id as model", () => {
  test("that deployment serves, and no other", async () => {
    expect(await servedBy(8, () => edit("edits-two"))).toEqual(["edits-two"]);
    expect(await modelsCalled()).toEqual(Array(8).fill("gpt-image-1"));
  });

  test("it is tried again, but nobody else: neither its group nor its group's fallbacks", async () => {
    await simulator.setFaults({ key: one, fault: { kind: "status", status: 401 } });
    const answer = await edit("rescued-forms");
    expect(answer.status).toBe(401);
    expect(answer.headers["x-darkroom-attempts"]).toMatch(/^rescued-forms: [^,]*$/);
  });

  test("unless the request names fallbacks of its own, among them its group", async () => {
    await simulator.setFaults({ key: one, fault: { kind: "status", status: 401 } });
    const answer = await edit("edits-one", { fallbacks: '["edits"]' });
    expect(answer.status).toBe(200);
    expect(answer.headers["x-litellm-model-id"]).toBe("edits-two");
    expect(answer.headers["x-litellm-attempted-fallbacks"]).toBe("1");
  });

  test("as a fallback of the request, and by an alias", async () => {
    await simulator.setFaults({ model: "gpt-image-2", fault: { kind: "status", status: 500 } });
    const fields = { fallbacks: '["second"]', num_retries: "0" };
    const answer = await edit("levels-first", fields);
    expect(answer.headers["x-litellm-model-id"]).toBe("edits-two");
  });
});

test("of two wildcards the more specific one serves, under the client's own name", async () => {
  expect((await edit("openai/gpt-image-2")).headers["x-litellm-model-id"]).toBe("openai/gpt-image-2*-second");
  expect((await edit("openai/gpt-image-1")).headers["x-litellm-model-id"]).toBe("openai/*-any");
  expect(await modelsCalled()).toEqual(["gpt-image-2", "gpt-image-1"]);
});

describe("tags", () => {
  test.each<[string, Record<string, string>, object, string]>([
    ["a field with JSON", { tags: '["free"]' }, {}, "free"],
    ["a field with a name", { tags: "paid" }, {}, "paid"],
    ["a field in brackets", { "tags[]": "free" }, {}, "free"],
    ["metadata", { metadata: '{"tags":["paid"]}' }, {}, "paid"],
    ["metadata in brackets, as OpenAI's clients send it", { "metadata[tags][]": "paid" }, {}, "paid"],
    ["the header", {}, { "x-litellm-tags": "other, free" }, "free"],
    ["the field counts more than the header", { tags: "paid" }, { "x-litellm-tags": "free" }, "paid"],
    ["none: the default serves", {}, {}, "default"],
    ["unknown ones: the default serves", { tags: "nobody" }, {}, "default"],
  ])("in %s", async (_, fields, headers, expected) => {
    expect(await servedBy(6, () => edit("tagged", fields, headers))).toEqual([`tagged-${expected}`]);
  });

  test("of a JSON body", async () => {
    const image_url = `data:image/png;base64,${picture.toString("base64")}`;
    const body = { model: "tagged", prompt: "hat", images: [{ image_url }], metadata: { tags: ["free"] } };
    expect(await servedBy(6, () => postJson(gateway.url, body))).toEqual(["tagged-free"]);
  });

  test("that nobody has, where there is no default, are refused before anything is sent", async () => {
    const answer = await edit("members", { tags: '["free"]' });
    expect(answer.status).toBe(403);
    expect(errorOf(answer)).toMatchObject({ param: "tags", code: "tags_not_allowed" });
    expect(await simulator.requests()).toEqual([]);
    expect(await servedBy(1, () => edit("members", { tags: "paid" }))).toEqual(["members-paid"]);
  });

  test("that are no tags are refused, naming the field", async () => {
    const answer = await edit("tagged", { tags: "[1]" });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ param: "tags", code: "invalid_value" });
  });
});

describe("order", () => {
  test("a lower level serves alone as long as it can", async () => {
    expect(await servedBy(16, () => edit("levels"))).toEqual(["levels-also-first", "levels-first"]);
  });

  test("the next level comes when none of the one before is left, and what has no level comes last", async () => {
    await simulator.setFaults(
      { model: "gpt-image-2", fault: { kind: "status", status: 500 } },
      { model: "gpt-image-1-mini", fault: { kind: "status", status: 500 } },
    );
    const answer = await edit("levels");
    expect(answer.status).toBe(200);
    expect(await modelsCalled()).toEqual(["gpt-image-2", "gpt-image-2", "gpt-image-1-mini", "gpt-image-1"]);
    expect(answer.headers["x-litellm-model-id"]).toBe("levels-last");
  });

  test("every level has the retries for itself, so that each is reached", async () => {
    await simulator.setFaults(
      { model: "gpt-image-2", fault: { kind: "status", status: 500 } },
      { model: "gpt-image-1-mini", fault: { kind: "status", status: 500 } },
    );
    expect((await edit("levels", { num_retries: "0" })).status).toBe(200);
    expect(await modelsCalled()).toEqual(["gpt-image-2", "gpt-image-1-mini", "gpt-image-1"]);
    await simulator.clear();
    await simulator.setFaults({ fault: { kind: "status", status: 500 } });
    expect((await edit("levels", { num_retries: "1" })).status).toBe(500);
    expect(await modelsCalled()).toEqual([
      ...["gpt-image-2", "gpt-image-2"],
      ...["gpt-image-1-mini", "gpt-image-1"],
    ]);
  });

  test("no level is reached by what the caller did wrong", async () => {
    await simulator.setFaults({ fault: { kind: "status", status: 400, param: "size" } });
    expect((await edit("levels")).status).toBe(400);
    expect(await modelsCalled()).toEqual(["gpt-image-2"]);
  });
});

describe("capabilities", () => {
  const image_url = `data:image/png;base64,${picture.toString("base64")}`;
  const json = (model: string, more: object = {}): Promise<Answer> =>
    postJson(gateway.url, { model, prompt: "hat", images: [{ image_url }], ...more });
  const withFiles = (model: string, ...names: string[]): Promise<Answer> =>
    postForm(gateway.url, [
      { name: "model", content: model },
      { name: "prompt", content: "Add a red hat" },
      ...names.map((name) => ({
        name,
        content: name === "mask" ? png({ transparent: true }) : picture,
        fileName: `${name}.png`,
        type: "image/png",
      })),
    ]);

  test.each<[string, () => Promise<Answer>, string]>([
    ["a stream", () => edit("mixed", { stream: "true" }), "mixed-new"],
    ["two images", () => withFiles("mixed", "image[]", "image[]"), "mixed-new"],
    ["three images", () => withFiles("small", "image[]", "image[]", "image[]"), "small-two"],
    ["a mask", () => withFiles("small", "image", "mask"), "small-two"],
    ["JSON", () => json("small"), "small-one"],
    ["JSON, in a group that takes none, but has a fallback that does", () => json("rescued"), "edits"],
  ])("%s: only who can take it is asked", async (_, ask, expected) => {
    for (const id of await servedBy(6, ask)) expect(id).toContain(expected);
  });

  test("what anybody can take everybody serves", async () => {
    expect(await servedBy(24, () => edit("mixed"))).toEqual(["mixed-new", "mixed-old"]);
  });

  test.each<[string, () => Promise<Answer>, string]>([
    ["a stream", () => edit("old", { stream: "true" }), "stream"],
    ["two images", () => withFiles("old", "image[]", "image[]"), "image"],
    ["a mask", () => withFiles("small-one", "image", "mask"), "mask"],
    ["JSON", () => json("forms"), "images"],
    [
      "a file of nobody knows whom",
      () => json("spread", { images: [{ file_id: "file-of-one" }] }),
      "images[0].file_id",
    ],
  ])("%s, where nobody can take it: a 400 that names the field, and no call", async (_, ask, param) => {
    const answer = await ask();
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ param, type: "invalid_request_error", code: "not_supported" });
    expect(await simulator.requests()).toEqual([]);
  });

  test("a file is looked for only where it is", async () => {
    const images = [{ file_id: "file-of-one" }];
    expect(await servedBy(8, () => json("held", { images }))).toEqual(["held-one"]);
    expect(await servedBy(2, () => json("spread-one", { images }))).toEqual(["spread-one"]);
  });
});

describe("a request that names no model", () => {
  const start = (options: ConfigOptions): Promise<RunningGateway> =>
    startGateway({ config: configFor(simulator, options) });
  const unnamed = ({ url }: RunningGateway): Promise<Answer> => sendEdit(url);

  test("among many groups: a 400 that lists what there is, but for hidden aliases", async () => {
    const answer = await unnamed(gateway);
    expect(answer.status).toBe(400);
    const error = errorOf(answer);
    expect(error).toMatchObject({ type: "invalid_request_error", param: "model" });
    expect(error.message).toMatch(/edits.*tagged.*house/);
    expect(error.message).not.toMatch(/secret/);
  });

  test.each<[string, ConfigOptions, string]>([
    [
      "dall-e-2, if there is such a group",
      { groups: { a: "gpt-image-1", "dall-e-2": "dall-e-2" } },
      "dall-e-2",
    ],
    ["the only group", { groups: { a: "gpt-image-1" } }, "a"],
    [
      "the config's, by an alias",
      {
        groups: { a: "gpt-image-1", b: "gpt-image-2", "dall-e-2": "dall-e-2" },
        settings: {
          general_settings: { default_model: "house" },
          router_settings: { model_group_alias: { house: { model: "b", hidden: true } } },
        },
      },
      "b",
    ],
  ])("gets %s", async (_, options, group) => {
    const started = await start(options);
    const answer = await unnamed(started);
    expect([answer.status, answer.headers["x-litellm-model-group"]]).toEqual([200, group]);
    await started.stop();
  });
});
