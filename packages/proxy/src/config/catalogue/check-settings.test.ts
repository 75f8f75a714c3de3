import { oneModel, TestFolder } from "../config-folder.test.support.js";
import { namesOf, standingOf } from "./catalogue.js";
import { generalSettings } from "./general-settings.js";
import { litellmSettings } from "./litellm-settings.js";
import { litellmParams, modelEntry, modelInfo } from "./model-settings.js";
import { routerSettings } from "./router-settings.js";
import { topLevel } from "./top-level.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

it.each(
  Object.entries({
    topLevel,
    modelEntry,
    litellmParams,
    modelInfo,
    routerSettings,
    litellmSettings,
    generalSettings,
  }),
)("names each setting of %s once", (_, catalogue) => {
  const names = namesOf(catalogue);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it("names what is lacking in one warning, however often it is there", () => {
  const yaml = `model_list:
  - {model_name: a, litellm_params: {model: gpt-image-2, region_name: eu, input_cost_per_second: 0.1}}
  - {model_name: a, litellm_params: {model: gpt-image-1, region_name: us}, model_info: {input_cost_per_audio_token: 0.04}}
router_settings: {polling_interval: 3, cache_responses: true, deployment_affinity_ttl_seconds: 30, alerting_config: false}
litellm_settings: {cache: true, s3_callback_params: {a: b}, set_verbose: true}
general_settings: {alerting: [slack], database_type: dynamo_db}
`;
  expect(folder.warningsOf(yaml)).toEqual([
    "not supported yet and without effect: router_settings.polling_interval, router_settings.cache_responses, " +
      "router_settings.deployment_affinity_ttl_seconds, litellm_settings.cache, litellm_settings.s3_callback_params, " +
      "general_settings.alerting, general_settings.database_type, litellm_params.region_name, " +
      "litellm_params.input_cost_per_second, model_info.input_cost_per_audio_token",
  ]);
});

it.each([
  "router_settings: {routing_strategy: simple-shuffle, set_verbose: true, ignore_invalid_deployments: true}",
  "litellm_settings: {telemetry: false, json_logs: true, cache: false, callbacks: [prometheus], success_callback: }",
  "general_settings: {enforce_user_param: false, allowed_ips: , store_model_in_db: false}",
  "router_settings: {optional_pre_call_checks: [enforce_model_rate_limits, router_budget_limiting]}",
  "mcp_servers: {a: {}}",
  "x-notes: anything",
  "templates: &template {timeout: 3}",
])("says nothing of %s", (settings) => {
  expect(folder.warningsOf(`${oneModel}${settings}`)).toEqual([]);
});

describe("what restricts money, rate or access", () => {
  const entry = (more: string) => `model_list: [{model_name: a, litellm_params: {model: gpt-image-2${more}}]`;

  it.each([
    [entry(", itpm: 3}"), "model_list[0].litellm_params.itpm", "rate", "itpm"],
    [entry(", mock_response: hi}"), "model_list[0].litellm_params.mock_response", "money", "mock_response"],
    [entry("}, otpm: 3"), "model_list[0].otpm", "rate", "otpm"],
    [entry("}, model_info: {team_id: t}"), "model_list[0].model_info.team_id", "access", "team_id"],
    [
      `${oneModel}litellm_settings: {max_user_budget: 100}`,
      "litellm_settings.max_user_budget",
      "money",
      "max_user_budget",
    ],
    [
      `${oneModel}litellm_settings: {max_internal_user_budget: 5}`,
      "litellm_settings.max_internal_user_budget",
      "money",
      "max_internal_user_budget",
    ],
    [
      `${oneModel}litellm_settings: {default_internal_user_params: {max_budget: 5}}`,
      "litellm_settings.default_internal_user_params",
      "money",
      "default_internal_user_params",
    ],
    [
      `${oneModel}litellm_settings: {default_team_params: {max_budget: 5}}`,
      "litellm_settings.default_team_params",
      "money",
      "default_team_params",
    ],
    [
      `${oneModel}general_settings: {allowed_ips: []}`,
      "general_settings.allowed_ips",
      "access",
      "allowed_ips",
    ],
    [
      `${oneModel}general_settings: {enforce_user_param: true}`,
      "enforce_user_param",
      "access",
      "enforce_user_param",
    ],
    [`${oneModel}general_settings: {custom_auth: os.environ/UNSET}`, "custom_auth", "access", "custom_auth"],
    [
      `${oneModel}general_settings: {global_max_parallel_requests: 1}`,
      "global_max_parallel_requests",
      "rate",
      "global_max_parallel_requests",
    ],
    [`${oneModel}guardrails: []`, "guardrails", "access", "guardrails"],
  ])("%s stops the start", (yaml, path, kind, name) => {
    expect(folder.errorOf(yaml)).toContain(
      `${path}: not supported yet, and restricts ${kind}; remove it, or start without it by --allow-unenforced ${name}`,
    );
    expect(folder.warningsOf(yaml, { allowUnenforced: [name] })).toEqual([
      expect.stringMatching(new RegExp(`^not enforced, as --allow-unenforced says: (\\w+\\.)?${name}$`)),
    ]);
  });

  it("stops for a value that restricts", () => {
    const yaml = `${oneModel}litellm_settings: {callbacks: [langfuse, hide_secrets]}`;
    expect(folder.errorOf(yaml)).toBe(
      "config.yaml:4:20: litellm_settings.callbacks: hide_secrets: not supported yet, and " +
        "restricts requests; remove it, or start without it by --allow-unenforced callbacks",
    );
    expect(folder.warningsOf(yaml, { allowUnenforced: ["callbacks"] })).toHaveLength(1);
    expect(folder.warningsOf(`${oneModel}litellm_settings: {callbacks: [langfuse]}`)).toEqual([
      "not supported yet and without effect: litellm_settings.callbacks",
    ]);
  });

  it("may be allowed with its section's name", () => {
    const yaml = `${oneModel}general_settings: {max_parallel_requests: 1}`;
    const allowed = { allowUnenforced: ["general_settings.max_parallel_requests"] };
    expect(folder.warningsOf(yaml, allowed)).toHaveLength(1);
    expect(folder.errorOf(yaml, { allowUnenforced: ["litellm_params.max_parallel_requests"] })).toContain(
      "max_parallel_requests",
    );
  });

  it("refuses to allow what is not such a setting", () => {
    expect(folder.errorOf(oneModel, { allowUnenforced: ["max_user_budgets"] })).toBe(
      '--allow-unenforced: max_user_budgets: not a setting that may go unenforced; did you mean "max_user_budget"?',
    );
  });
});

it.each([
  [
    "general_settings: {master_kye: sk-1}",
    'general_settings.master_kye: unknown setting; did you mean "master_key"?',
  ],
  ["router_setings: {}", 'router_setings: unknown setting; did you mean "router_settings"?'],
  ["router_setings: &a {timeout: 1}", 'unknown setting; did you mean "router_settings"?'],
  ["router_settings: {num_retires: 1}", 'did you mean "num_retries"?'],
  [
    "general_settings: {num_retries: 1}",
    "general_settings.num_retries: unknown setting; it belongs in router_settings",
  ],
  ["master_key: sk-1", "master_key: unknown setting; it belongs in general_settings"],
  ["general_settings: {zzz: 1}", /general_settings\.zzz: unknown setting; the nearest known one is "\w+"/],
])("refuses %s", (settings, expected) => {
  expect(folder.errorOf(`${oneModel}${settings}`)).toMatch(expected);
});

it("refuses unknown names in an entry, but takes notes in model_info", () => {
  const yaml = (more: string) =>
    `model_list:\n  - {model_name: a, litellm_params: {model: gpt-image-2${more}}`;
  expect(folder.errorOf(yaml(", wieght: 2}"))).toBe(
    'config.yaml:2:58: model_list[0].litellm_params.wieght: unknown setting; did you mean "weight"?',
  );
  expect(folder.errorOf(yaml("}, model_inf: {}"))).toContain(
    'model_list[0].model_inf: unknown setting; did you mean "model_info"?',
  );
  expect(folder.warningsOf(yaml("}, model_info: {owner: me}"))).toEqual([]);
  expect(folder.warningsOf(yaml("}, model_info: {base_modle: gpt-image-1}"))).toEqual([
    'config.yaml:2:72: model_info.base_modle is taken as a note of your own; did you mean "base_model"?',
  ]);
});

it("knows prices of other things than image edits by their pattern", () => {
  expect(standingOf(litellmParams, "cache_read_input_audio_token_cost")).toBe("lacking");
  expect(standingOf(litellmParams, "input_cost_per_video_per_second")).toBe("lacking");
  expect(standingOf(litellmParams, "input_costs")).not.toBe("supported");
  expect(standingOf(litellmParams, "output_cost_per_images")).toBe("unknown");
});
