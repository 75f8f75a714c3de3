import { oneModel, TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

describe("master_key", () => {
  it.each([
    ["general_settings: {master_key: sk-file}", {}, "sk-file"],
    ["general_settings: {master_key: os.environ/MINE}", { MINE: "sk-mine" }, "sk-mine"],
    ["general_settings: {master_key: sk-file}", { DARKROOM_MASTER_KEY: "sk-darkroom" }, "sk-file"],
    ["", { LITELLM_MASTER_KEY: "sk-litellm" }, "sk-litellm"],
    ["", { LITELLM_MASTER_KEY: "sk-litellm", DARKROOM_MASTER_KEY: "sk-darkroom" }, "sk-darkroom"],
    ["environment_variables: {LITELLM_MASTER_KEY: sk-of-file}", {}, "sk-of-file"],
    ["", { LITELLM_MASTER_KEY: "" }, undefined],
  ])("%s %j", (settings, environment, expected) => {
    expect(folder.load(`${oneModel}${settings}`, { environment }).masterKey).toBe(expected);
  });

  it.each([
    [
      "master_key: os.environ/MINE",
      "config.yaml:5:15: general_settings.master_key: the environment variable MINE is not set",
    ],
    [
      "master_key:",
      "config.yaml:5:14: general_settings.master_key: has no value; remove the line to run without a master key",
    ],
    [
      'master_key: ""',
      "config.yaml:5:15: general_settings.master_key: has no value; remove the line to run without a master key",
    ],
    ["master_key: 12345", "config.yaml:5:15: general_settings.master_key: expected a string"],
    ["master_key: [sk-1]", "config.yaml:5:15: general_settings.master_key: expected a string"],
    [
      "master_key: hunter2",
      'config.yaml:5:15: general_settings.master_key: expected a key that begins with "sk-" (LiteLLM\'s rule)',
    ],
  ])("%s stops the start", (line, message) => {
    expect(folder.errorOf(`${oneModel}general_settings:\n  ${line}`)).toBe(message);
  });

  it("of the environment has the same rule", () => {
    expect(folder.errorOf(oneModel, { environment: { LITELLM_MASTER_KEY: "hunter2" } })).toBe(
      'environment: LITELLM_MASTER_KEY: expected a key that begins with "sk-" (LiteLLM\'s rule)',
    );
  });
});

it.each([
  ["api_key", "model_list: [{model_name: a, litellm_params: {model: gpt-image-2, api_key: 4711}}]"],
  ["api_key", "model_list: [{model_name: a, litellm_params: {model: gpt-image-2, api_key: [4711]}}]"],
  [
    "api_base",
    "model_list: [{model_name: a, litellm_params: {model: gpt-image-2, api_base: 'u:4711@host'}}]",
  ],
  [
    "extra_headers",
    "model_list: [{model_name: a, litellm_params: {model: gpt-image-2, extra_headers: {authorization: [4711]}}}]",
  ],
  [
    "extra_headers",
    "model_list: [{model_name: a, litellm_params: {model: gpt-image-2, extra_headers: 4711}}]",
  ],
  ["master_key", `${oneModel}general_settings: {master_key: 4711}`],
  ["litellm_key_header_name", `${oneModel}general_settings: {litellm_key_header_name: 4711}`],
  ["redis_pasword", `${oneModel}router_settings: {redis_pasword: 4711}`],
  ["database_urls", `${oneModel}general_settings: {database_urls: "postgres://u:4711@host"}`],
  ["database_url", `${oneModel}general_settings: {database_url: "postgres//u:4711@host"}`],
  ["database_url", `${oneModel}general_settings: {database_url: "postgres://u:4711%@host"}`],
  ["environment_variables", `${oneModel}environment_variables: {KEY: [4711]}`],
  ["api_key", "credential_list: [{credential_name: a, credential_values: {api_key: 4711}}]"],
  ["num_retries", `${oneModel}router_settings: {num_retries: os.environ/SECRET}`],
])("never prints the value of %s: %s", (name, yaml) => {
  const message = folder.errorOf(yaml, { environment: { SECRET: "x4711" } });
  expect(message).toContain(name);
  expect(message).not.toContain("4711");
});

it("hides a key that stands in a wrong place", () => {
  expect(folder.errorOf(`${oneModel}sk-proj-4711:\n  a: 1`)).not.toContain("4711");
  expect(folder.errorOf(`${oneModel}router_settings: {timeout: sk-proj-4711}`)).toContain('got "sk-…"');
  expect(folder.errorOf(`${oneModel}general_settings: {master_key: "sk-4711" "sk-4712"}`)).not.toContain(
    "471",
  );
});

it("prints no lacking secret in a warning", () => {
  const warnings = folder.warningsOf(
    `${oneModel}router_settings: {cache_kwargs: {password: hunter2}}
general_settings: {alert_to_webhook_url: {spend: "https://:hunter2@h"}}`,
  );
  expect(warnings).toEqual([
    "not supported yet and without effect: router_settings.cache_kwargs, general_settings.alert_to_webhook_url",
  ]);
});
