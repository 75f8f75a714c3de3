import type { Deployment } from "@darkroom/router";
import { TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const environment = { OPENAI_API_KEY: "sk-of-the-environment" };
const list = (...entries: string[]) => `model_list:\n${entries.map((entry) => `  - {${entry}}\n`).join("")}`;
const entry = (params: string, rest = "") => `model_name: edits, litellm_params: {${params}}${rest}`;
const load = (yaml: string, more: Record<string, string> = environment) =>
  folder.load(yaml, { environment: more });
const deploymentsOf = (yaml: string, more?: Record<string, string>) => load(yaml, more).router.deployments;

describe("a deployment", () => {
  it("has all that its entry says", () => {
    const [deployment] = deploymentsOf(
      list(
        entry(
          'model: openai/gpt-image-2, api_key: sk-one, api_base: "https://one.example/openai/", organization: org-1, project: proj_1, extra_headers: {x-one: 1}, weight: "2.5", timeout: 20, stream_timeout: "0.5"',
          ", model_info: {id: first, base_model: gpt-image-1, mode: image_edit, owner: team-a}",
        ),
      ),
    );
    expect(deployment).toEqual({
      id: "first",
      group: "edits",
      model: "gpt-image-2",
      baseModel: "gpt-image-1",
      apiBase: "https://one.example/openai",
      apiKey: "sk-one",
      organization: "org-1",
      project: "proj_1",
      extraHeaders: { "x-one": "1" },
      weight: 2.5,
      timeoutMs: 20_000,
      streamTimeoutMs: 500,
    });
  });

  it.each<[string, string, Partial<Deployment>]>([
    ["a bare name", "model: gpt-image-1", { model: "gpt-image-1" }],
    ["a name with prefix", "model: openai/gpt-image-1", { model: "gpt-image-1" }],
    ["a name with a slash", "model: openai/stabilityai/sdxl", { model: "stabilityai/sdxl" }],
    ["a wildcard", "model: openai/*", { model: "*" }],
    ["custom_llm_provider", "model: acme/painter, custom_llm_provider: openai", { model: "acme/painter" }],
    ["base_url", "model: gpt-image-2, base_url: http://localhost:9/v1", { apiBase: "http://localhost:9/v1" }],
    [
      "a base without /v1",
      "model: gpt-image-2, api_base: http://localhost:9//",
      { apiBase: "http://localhost:9" },
    ],
    ["weight 0", "model: gpt-image-2, weight: 0", { weight: 0 }],
    ["an order", 'model: gpt-image-2, order: "2"', { order: 2 }],
    ["tags", "model: gpt-image-2, tags: [free, default]", { tags: ["free", "default"] }],
  ])("from %s", (_, params, expected) => {
    expect(deploymentsOf(list(entry(params)))[0]).toMatchObject(expected);
  });

  it("has no weight, order, tags or capabilities of its own accord", () => {
    const [deployment] = deploymentsOf(list(entry("model: gpt-image-2")));
    for (const name of ["weight", "rpm", "limits", "quota", "order", "tags", "capabilities"]) {
      expect(deployment).not.toHaveProperty(name);
    }
  });

  it("takes limits and order from where LiteLLM does", () => {
    const yaml = list(
      entry("model: gpt-image-2, rpm: 1", ", rpm: 3"),
      entry("model: gpt-image-2, rpm: 2", ", model_info: {rpm: 9}"),
      entry("model: gpt-image-2", ", model_info: {rpm: 4}"),
    );
    const limited = deploymentsOf(yaml);
    expect(limited.map(({ rpm }) => rpm)).toEqual([3, 2, 4]);
    expect(limited.map(({ limits }) => limits)).toEqual(
      [3, 2, 4].map((requestsPerMinute) => ({ requestsPerMinute })),
    );
    const ordered = list(
      entry("model: gpt-image-2, order: 1", ", model_info: {order: 2}"),
      entry("model: gpt-image-2", ", model_info: {order: 2}"),
    );
    expect(deploymentsOf(ordered).map(({ order }) => order)).toEqual([1, 2]);
  });

  it("is told in model_info what it cannot take", () => {
    const info =
      ", model_info: {supports_json_body: false, supports_streaming: no, supports_mask: true, supports_file_ids: true, max_input_images: 4}";
    expect(deploymentsOf(list(entry("model: gpt-image-2", info)))[0]?.capabilities).toEqual({
      jsonBody: false,
      stream: false,
      mask: true,
      fileIds: true,
      inputImages: 4,
    });
  });

  it.each([
    ["model: gpt-image-2, order: first", "", "litellm_params.order: expected a whole number of at least 0"],
    ["model: gpt-image-2, tags: free", "", "litellm_params.tags: expected a list of tags"],
    [
      "model: gpt-image-2",
      ", model_info: {max_input_images: 0}",
      "model_info.max_input_images: expected a whole number of at least 1",
    ],
    ["model: gpt-image-2", ", model_info: {supports_mask: maybe}", "supports_mask: expected true or false"],
  ])("%s%s is refused", (params, more, expected) => {
    expect(folder.errorOf(list(entry(params, more)))).toContain(expected);
  });

  it.each([
    [{ OPENAI_BASE_URL: "http://a/v1/", OPENAI_API_BASE: "http://b/v1" }, "http://a/v1"],
    [{ OPENAI_API_BASE: "http://b/v1" }, "http://b/v1"],
    [{ OPENAI_BASE_URL: "" }, "https://api.openai.com/v1"],
  ])("takes its base from %j", (more, expected) => {
    const [deployment] = deploymentsOf(list(entry("model: gpt-image-2, api_key: sk-1")), more);
    expect(deployment?.apiBase).toBe(expected);
  });

  it("sends OPENAI_API_KEY elsewhere as LiteLLM does, and says so", () => {
    const yaml = list(entry("model: gpt-image-2, api_base: http://localhost:9/v1"));
    expect(deploymentsOf(yaml)[0]?.apiKey).toBe("sk-of-the-environment");
    expect(folder.warningsOf(yaml)).toEqual([
      "config.yaml:2:5: edits has an api_base and no api_key: OPENAI_API_KEY is sent there, as by LiteLLM",
    ]);
  });
});

describe("an id", () => {
  const idsOf = (yaml: string, more?: Record<string, string>) =>
    deploymentsOf(yaml, more).map(({ id }) => id);

  it("is the same after a restart, and after a change of the key in the environment", () => {
    const yaml = list(entry("model: gpt-image-2, api_key: os.environ/A"));
    expect(idsOf(yaml, { A: "sk-1" })).toEqual(idsOf(yaml, { A: "sk-2" }));
    const reordered = list(entry("api_key: os.environ/A, model: gpt-image-2"));
    expect(idsOf(reordered, { A: "sk-1" })).toEqual(idsOf(yaml, { A: "sk-2" }));
  });

  it("differs where entries differ by their key alone, by their group alone, or not at all", () => {
    const ids = idsOf(
      list(
        entry("model: gpt-image-2, api_key: sk-one"),
        entry("model: gpt-image-2, api_key: sk-two"),
        "model_name: other, litellm_params: {model: gpt-image-2, api_key: sk-one}",
        entry("model: gpt-image-2, api_key: sk-one"),
      ),
    );
    expect(new Set(ids).size).toBe(4);
    expect(ids[3]).toBe(`${ids[0]}-2`);
  });

  it("that is taken is refused with both lines", () => {
    const yaml = list(
      entry("model: gpt-image-2", ", model_info: {id: 7}"),
      entry("model: gpt-image-1", ', model_info: {id: "7"}'),
    );
    expect(folder.errorOf(yaml)).toBe(
      'config.yaml:3:80: model_list[1].model_info.id: the id "7" is taken by the entry at config.yaml:2',
    );
  });
});

describe("an invalid deployment", () => {
  it.each([
    ["api_key: os.environ/UNSET", "the environment variable UNSET is not set"],
    ["api_base: os.environ/UNSET", "the environment variable UNSET is not set"],
    ["weight: os.environ/UNSET", "the environment variable UNSET is not set"],
    ["extra_headers: {a: os.environ/UNSET}", "the environment variable UNSET is not set"],
    ['api_key: ""', "api_key is empty"],
    ["api_key: ", "api_key is empty"],
  ])("for %s", (params, reason) => {
    const config = load(list(entry(`model: gpt-image-2, ${params}`)));
    expect(config.router.deployments).toEqual([]);
    expect(config.invalid).toEqual([{ deploymentId: expect.any(String), group: "edits", reason }]);
    expect(config.router.unusableGroups).toEqual(new Map([["edits", reason]]));
  });

  it("for a model that is not set, and for a variable that is set to nothing", () => {
    expect(load(list(entry("model: os.environ/UNSET"))).invalid).toHaveLength(1);
    expect(
      load(list(entry("model: gpt-image-2, api_key: os.environ/EMPTY")), { EMPTY: "" }).invalid,
    ).toHaveLength(1);
  });

  it("without any key", () => {
    expect(load(list(entry("model: gpt-image-2")), {}).invalid[0]?.reason).toBe(
      "there is no api_key, and the environment variable OPENAI_API_KEY is not set",
    );
  });

  it("leaves the rest of its group usable", () => {
    const config = load(
      list(
        entry("model: gpt-image-2, api_key: os.environ/UNSET"),
        entry("model: gpt-image-2, api_key: sk-two"),
      ),
    );
    expect(config.router.deployments.map(({ apiKey }) => apiKey)).toEqual(["sk-two"]);
    expect(config.invalid).toHaveLength(1);
    expect(config.router.unusableGroups).toEqual(new Map());
  });
});

describe("a credential", () => {
  const credentials = `credential_list:
  - {credential_name: ours, credential_values: {api_key: os.environ/A, api_base: "http://a/v1"}, credential_info: {}}
`;

  it("fills in what its entry does not say", () => {
    const yaml = credentials + list(entry("model: gpt-image-2, litellm_credential_name: ours"));
    expect(deploymentsOf(yaml, { A: "sk-a" })[0]).toMatchObject({ apiKey: "sk-a", apiBase: "http://a/v1" });
    const own =
      credentials + list(entry("model: gpt-image-2, litellm_credential_name: ours, api_key: sk-own"));
    expect(deploymentsOf(own, { A: "sk-a" })[0]).toMatchObject({ apiKey: "sk-own", apiBase: "http://a/v1" });
  });

  it("whose variable is not set makes its deployments invalid", () => {
    const yaml = credentials + list(entry("model: gpt-image-2, litellm_credential_name: ours"));
    expect(load(yaml).invalid[0]?.reason).toBe("the environment variable A is not set");
  });

  it("without a key is not helped out by OPENAI_API_KEY", () => {
    const yaml =
      "credential_list: [{credential_name: ours, credential_values: {api_kye: sk-a}}]\n" +
      list(entry("model: gpt-image-2, litellm_credential_name: ours"));
    expect(load(yaml).invalid[0]?.reason).toBe('the credential "ours" has no api_key');
  });

  it("that is not there is refused with the nearest", () => {
    expect(
      folder.errorOf(credentials + list(entry("model: gpt-image-2, litellm_credential_name: our"))),
    ).toContain('litellm_credential_name: there is no credential "our"; did you mean "ours"?');
  });
});

it("skips, by name, what it does not serve, whatever else such entries hold", () => {
  const config = load(
    list(
      "model_name: chat, litellm_params: {model: gpt-4o, rpm: 10, unknown_thing: 1}",
      "model_name: azure-chat, litellm_params: {model: azure/my-deployment, base_model: azure/gpt-4o, api_key: os.environ/UNSET}",
      "model_name: azure-too, litellm_params: {model: azure/mine, api_kye: 1}, model_info: {base_model: gpt-4.1}",
      "model_name: painter, litellm_params: {model: vertex_ai/imagen-4, vertex_project: p}",
      "model_name: embed, litellm_params: {model: openai/anything}, model_info: {mode: embedding}",
      "model_name: odd, litellm_params: {model: acme/painter}",
      entry("model: gpt-image-2"),
    ),
  );
  expect(config.skipped).toEqual([
    { name: "chat", reason: "gpt-4o is a chat model" },
    { name: "azure-chat", reason: "azure/gpt-4o is a chat model" },
    { name: "azure-too", reason: "gpt-4.1 is a chat model" },
    { name: "painter", reason: "vertex_ai is not supported yet" },
    { name: "embed", reason: "its mode is embedding" },
    {
      name: "odd",
      reason:
        '"acme" is no provider that is known; for a server that speaks as OpenAI does, write openai/acme/painter',
    },
  ]);
  expect(config.invalid).toEqual([]);
  expect(config.router.deployments).toHaveLength(1);
});
