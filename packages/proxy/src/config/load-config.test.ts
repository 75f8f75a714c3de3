import { ConfigError } from "./config-error.js";
import { oneModel, TestFolder } from "./config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

describe("LiteLLM's own example", () => {
  const example = `model_list:
  - model_name: gpt-image-1
    litellm_params:
      model: gpt-image-1
      api_key: os.environ/OPENAI_API_KEY
`;

  it("is OpenAI's gpt-image-1", () => {
    const config = folder.load(example);
    expect(config.router.deployments).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        group: "gpt-image-1",
        model: "gpt-image-1",
        apiBase: "https://api.openai.com/v1",
        apiKey: "sk-of-the-environment",
      },
    ]);
    expect(config).toMatchObject({ skipped: [], invalid: [], warnings: [], forwardClientHeaders: false });
    expect(config.source).toMatch(/config\.yaml$/);
    expect(config.router).not.toHaveProperty("retries");
  });

  it("has the documented defaults", () => {
    const config = folder.load(example);
    expect(config.upload).toEqual({
      maxRequestBytes: 64 * 1024 * 1024,
      memoryBudgetBytes: 512 * 1024 * 1024,
      waitMs: 30_000,
      timeoutMs: 600_000,
      minimumBytesPerSecond: 1024,
    });
    expect(config.requireAuthForMetrics).toBe(true);
    expect(config.storePrompts).toBe(false);
    expect(config.masterKey).toBeUndefined();
  });
});

it("reads every supported setting", () => {
  const config = folder.load(`${oneModel}
  - model_name: other
    litellm_params: {model: openai/gpt-image-1}
router_settings:
  num_retries: "3"
  timeout: 120
  stream_timeout: 30.5
  max_fallbacks: 2
  fallbacks: [{edits: [other]}]
  default_fallbacks: [edits]
litellm_settings:
  require_auth_for_metrics_endpoint: yes
general_settings:
  master_key: sk-master
  litellm_key_header_name: X-Our-Key
  default_model: edits
  image_generation_model: other
  forward_client_headers_to_llm_api: true
  store_prompts_in_spend_logs: true
  server_errors: unbilled
  max_request_size_mb: 10
  upload_memory_mb: 100
  upload_wait: 0
  upload_timeout: 60
  idempotency_memory_mb: 0
  upload_minimum_bytes_per_second: 0
`);
  expect(config).toMatchObject({
    masterKey: "sk-master",
    keyHeaderName: "X-Our-Key",
    forcedModel: "other",
    forwardClientHeaders: true,
    requireAuthForMetrics: true,
    idempotencyMemoryBytes: 0,
    storePrompts: true,
    upload: {
      maxRequestBytes: 10_485_760,
      memoryBudgetBytes: 104_857_600,
      waitMs: 0,
      timeoutMs: 60_000,
      minimumBytesPerSecond: 0,
    },
    router: {
      defaultModel: "edits",
      retries: 3,
      timeoutMs: 120_000,
      streamTimeoutMs: 30_500,
      maxFallbacks: 2,
      serverErrors: "unbilled",
    },
    warnings: [],
  });
  expect(config.router.fallbacks).toEqual(
    new Map([
      ["edits", ["other"]],
      ["*", ["edits"]],
    ]),
  );
});

it.each([
  ["router_settings: {num_retries: 1}\nlitellm_settings: {num_retries: 5}", { retries: 1 }],
  ["litellm_settings: {num_retries: 5}", { retries: 5 }],
  ["litellm_settings: {request_timeout: 10}", { timeoutMs: 10_000 }],
  ["litellm_settings: {request_timeout: 10, timeout: 20}", { timeoutMs: 20_000 }],
  ["router_settings: {timeout: 30}\nlitellm_settings: {request_timeout: 10}", { timeoutMs: 30_000 }],
  ["router_settings: {timeout: }\nlitellm_settings:", {}],
])("lets router_settings count more: %s", (settings, expected) => {
  expect(folder.load(`${oneModel}${settings}`).router).toMatchObject(expected);
});

it("lets completion_model count more than image_generation_model", () => {
  const config = folder.load(`${oneModel}
  - {model_name: other, litellm_params: {model: gpt-image-2}}
general_settings: {image_generation_model: edits, completion_model: other}`);
  expect(config.forcedModel).toBe("other");
});

it("ignores, and says so, a completion_model that is a chat model", () => {
  const yaml = `${oneModel}
  - {model_name: chat, litellm_params: {model: gpt-4o}}
general_settings: {completion_model: chat}`;
  expect(folder.load(yaml).forcedModel).toBeUndefined();
  expect(folder.warningsOf(yaml)).toEqual([
    'general_settings.completion_model is without effect: the group "chat" is skipped',
  ]);
});

describe("an error", () => {
  it("names file, line, column, key and what is expected, for everything that is wrong", () => {
    const yaml = `model_list:
  - model_name: edits
    litellm_params:
      model: gpt-image-2
      weight: abc
      timeout: [1]
  - model_name: 7
    litellm_params:
      model: gpt-image-2
  - model_name: third
  - gpt-image-1
`;
    expect(folder.errorOf(yaml).split("\n")).toEqual([
      'config.yaml:5:15: model_list[0].litellm_params.weight: expected a number of at least 0, got "abc"',
      "config.yaml:6:16: model_list[0].litellm_params.timeout: expected a number above 0, got a list",
      "config.yaml:7:17: model_list[1].model_name: expected a string, got 7",
      "config.yaml:10:5: model_list[2].litellm_params: expected a map of settings, got nothing",
      'config.yaml:11:5: model_list[3]: expected a map with model_name and litellm_params, got "gpt-image-1"',
    ]);
  });

  it("in one section does not hide those in others", () => {
    const yaml = `model_list:
  - {model_name: a, litellm_params: {model: gpt-image-2, weight: x}}
router_settings: {timeout: x}
litellm_settings: {nonsense: x}
general_settings: {master_key: x, upload_wait: x, allowed_ips: [x]}
credential_list: x
`;
    expect(folder.errorOf(yaml).match(/^config\.yaml:\d/gm)).toHaveLength(7);
  });

  it("carries each problem as data", () => {
    expect.assertions(1);
    try {
      folder.load(`${oneModel}router_settings: {timeout: 0}`);
    } catch (error) {
      expect((error as ConfigError).problems).toEqual([
        {
          file: expect.stringMatching(/config\.yaml$/),
          line: 4,
          column: 28,
          path: "router_settings.timeout",
          message: "expected a number above 0, got 0",
        },
      ]);
    }
  });

  it.each([
    ["router_settings: {num_retries: 1.5}", "expected a whole number of at least 0, got 1.5"],
    ["router_settings: {num_retries: -1}", "expected a whole number of at least 0, got -1"],
    ["router_settings: [a]", "router_settings: expected a map of settings, got a list"],
    ["router_settings: {default_fallbacks: edits}", 'expected a list of model groups, got "edits"'],
    ["router_settings: {fallbacks: {a: b}}", "expected a list of maps, each of a model group to a list"],
    ["router_settings: {fallbacks: [{edits: edits}]}", "fallbacks[0].edits: expected a list of model groups"],
    [
      "general_settings: {forward_client_headers_to_llm_api: perhaps}",
      'expected true or false, got "perhaps"',
    ],
    ["general_settings: {max_request_size_mb: 0}", "expected a number above 0, got 0"],
    ["general_settings: {default_model: [x]}", "expected a string, got a list"],
    ["environment_variables: [A]", "expected a map of names to values, got a list"],
  ])("for %s", (settings, expected) => {
    expect(folder.errorOf(`${oneModel}${settings}`)).toContain(expected);
  });

  it("says that a file cannot be read, and where YAML breaks", () => {
    expect(() => folder.load("", { file: "/nowhere/config.yaml" })).toThrow(
      "/nowhere/config.yaml: cannot be read: ENOENT",
    );
    expect(folder.errorOf("")).toBe("config.yaml:1:1: the file is empty");
    expect(folder.errorOf("- a")).toContain("config.yaml:1:1: expected settings");
    expect(folder.errorOf("model_list:\n  - model_name: a\n   litellm_params: {}")).toMatch(
      /^config\.yaml:3:1: not valid YAML: /,
    );
    expect(folder.errorOf("model_list: *unknown")).toMatch(/^config\.yaml:1:13: not valid YAML: /);
  });
});

it("warns of a file that serves nothing", () => {
  expect(folder.warningsOf("general_settings: {}")).toEqual([
    "config.yaml has no deployment that can serve image edits",
  ]);
});

it("warns of models that OpenAI shuts down", () => {
  const yaml = `model_list:
  - {model_name: a, litellm_params: {model: dall-e-2}}
  - {model_name: b, litellm_params: {model: gpt-image-1-mini}}
  - {model_name: c, litellm_params: {model: gpt-image-1.5, api_key: sk-x, api_base: "http://localhost:1/v1"}}
`;
  expect(folder.warningsOf(yaml)).toEqual([
    "OpenAI shuts gpt-image-1-mini down on 2026-12-01",
    "OpenAI shut dall-e-2 down on 2026-05-12",
  ]);
});

it("refuses memory for uploads that cannot hold one request, and grows it by itself where only the request is set", () => {
  const settings = (text: string) => `${oneModel}general_settings: {${text}}`;
  expect(() => folder.load(settings("max_request_size_mb: 100, upload_memory_mb: 50"))).toThrow(
    /general_settings.upload_memory_mb: expected at least as much as max_request_size_mb/,
  );
  const { upload } = folder.load(settings("max_request_size_mb: 1024"));
  expect(upload.memoryBudgetBytes).toBe(upload.maxRequestBytes);
});

it("takes the sizes of answers, and refuses memory that cannot hold the largest", () => {
  const settings = (text: string) => `${oneModel}general_settings: {${text}}`;
  const { router } = folder.load(settings("max_response_size_mb: 10, answer_memory_mb: 20"));
  expect(router).toMatchObject({ maxAnswerBytes: 10_485_760, answerMemoryBytes: 20_971_520 });
  expect(() => folder.load(settings("max_response_size_mb: 10, answer_memory_mb: 5"))).toThrow(
    /general_settings.answer_memory_mb: expected at least as much as max_response_size_mb/,
  );
});

it("reads how answers may be formed", () => {
  const { formats } = folder.load(oneModel);
  expect(formats).toEqual({
    keepImages: true,
    keptBytes: 1024 * 1024 * 1024,
    keptFiles: 10_000,
    memoryBytes: 512 * 1024 * 1024,
    trustForwardedHost: false,
  });
  const written = folder.load(`${oneModel}
  - model_name: fitted
    litellm_params: {model: openai/gpt-image-1, size_fit: true}
general_settings:
  keep_images: false
  keep_images_mb: 2
  keep_images_count: 30
  conversion_memory_mb: 8
  public_url: https://images.example.com
  use_x_forwarded_host: true
`);
  expect(written.formats).toEqual({
    keepImages: false,
    keptBytes: 2 * 1024 * 1024,
    keptFiles: 30,
    memoryBytes: 8 * 1024 * 1024,
    publicUrl: "https://images.example.com",
    trustForwardedHost: true,
  });
  expect(written.router.deployments.map(({ sizeFit }) => sizeFit)).toEqual([undefined, true]);
  expect(() => folder.load(`${oneModel}\ngeneral_settings: {public_url: images.example.com}`)).toThrow(
    /general_settings.public_url: expected an address that begins with http/,
  );
});
