import { TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

/** An entry with the id `key`, and what else is said in `litellm_params`, beside it and in `model_info`. */
const entry = (key: string, params = "", beside = "", info = "") =>
  `  - {model_name: edits, litellm_params: {model: gpt-image-2, api_key: sk-${key}-secret${params}}${beside}, model_info: {id: ${key}${info}}}\n`;
const list = (...entries: string[]) => `model_list:\n${entries.join("")}`;
const accountsOf = (yaml: string) => folder.load(yaml).accounts;

it("limits nobody where nothing is said", () => {
  expect(accountsOf(list(entry("one")))).toMatchObject({
    proxyLimits: {},
    customerLimits: {},
    providerLimits: new Map(),
    deploymentLimits: new Map(),
    budgetStatus: 429,
  });
  expect(accountsOf(list(entry("one")))).not.toHaveProperty("customerBudgetId");
});

it("reads budgets of the whole proxy and of customers, exactly", () => {
  const yaml = `${list(entry("one"))}litellm_settings:
  max_budget: 100.1
  budget_duration: 30d
  max_end_user_budget: 4e-05
  max_end_user_budget_id: standard
general_settings: {budget_exceeded_status: 422}
`;
  expect(accountsOf(yaml)).toMatchObject({
    proxyLimits: { maxBudgetNanoUsd: 100_100_000_000n, budgetDuration: "30d" },
    customerLimits: { maxBudgetNanoUsd: 40_000n },
    customerBudgetId: "standard",
    budgetStatus: 422,
  });
  expect(folder.warningsOf(yaml)).toEqual([]);
});

it("takes a budget of nothing, one for ever, the largest there may be, and one of the environment", () => {
  const limitsOf = (max: string) =>
    folder.load(`${list(entry("one"))}litellm_settings: {max_budget: ${max}}\n`, {
      environment: { MOST: "0.000000001" },
    }).accounts.proxyLimits;
  expect(limitsOf("0")).toEqual({ maxBudgetNanoUsd: 0n });
  expect(limitsOf("4000000")).toEqual({ maxBudgetNanoUsd: 4_000_000_000_000_000n });
  expect(limitsOf("os.environ/MOST")).toEqual({ maxBudgetNanoUsd: 1n });
  expect(limitsOf("")).toEqual({});
});

it("reads budgets of providers, by both of their names, wherever the router's settings may stand", () => {
  const providers =
    "provider_budget_config: {openai: {budget_limit: 0.3, time_period: 1d}, azure: {max_budget: '7'}}";
  const expected = new Map([
    ["openai", { maxBudgetNanoUsd: 300_000_000n, budgetDuration: "1d" }],
    ["azure", { maxBudgetNanoUsd: 7_000_000_000n }],
  ]);
  for (const section of ["router_settings", "litellm_settings"]) {
    const yaml = `${list(entry("one"))}${section}: {${providers}}\n`;
    expect(accountsOf(yaml).providerLimits).toEqual(expected);
    expect(folder.warningsOf(yaml)).toEqual([
      expect.stringMatching(
        /^config\.yaml:3:\d+: no usable deployment is of the provider "azure", which has a budget$/,
      ),
    ]);
  }
});

it("reads budgets of deployments, each part from the first place that LiteLLM looks in", () => {
  const yaml = list(
    entry(
      "one",
      ", max_budget: 2, budget_duration: 1d",
      ", max_budget: 1",
      ", max_budget: 3, budget_duration: 1h",
    ),
    entry("two", "", "", ", max_budget: '0.5', budget_duration: 7d"),
    entry("three"),
  );
  expect(accountsOf(yaml).deploymentLimits).toEqual(
    new Map([
      ["one", { maxBudgetNanoUsd: 1_000_000_000n, budgetDuration: "1d" }],
      ["two", { maxBudgetNanoUsd: 500_000_000n, budgetDuration: "7d" }],
    ]),
  );
});

it("takes what asks for nothing but what always holds", () => {
  const yaml = `${list(entry("one"))}router_settings: {optional_pre_call_checks: [router_budget_limiting]}
general_settings: {fail_closed_budget_enforcement: true, unpriced: allow}
`;
  expect(folder.warningsOf(yaml)).toEqual([]);
});

it("warns of a duration of no budget", () => {
  const warning = (place: string) =>
    `config.yaml:${place}: a budget_duration without a max_budget limits nothing`;
  expect(folder.warningsOf(`${list(entry("one"))}litellm_settings: {budget_duration: 30d}\n`)).toEqual([
    warning("3:37"),
  ]);
  expect(folder.warningsOf(list(entry("one", ", budget_duration: 30d")))).toEqual([warning("2:103")]);
});

describe("edits that no price bounds", () => {
  const unpriced = (more = "") =>
    `  - {model_name: other, litellm_params: {model: house-model, api_key: sk-house-secret${more}}, model_info: {id: house}}\n`;
  const refusals = (yaml: string) =>
    folder.warningsOf(yaml).filter((warning) => warning.includes("are refused"));

  it.each([
    ["litellm_settings: {max_budget: 5}", "the whole proxy"],
    ["router_settings: {provider_budget_config: {openai: {budget_limit: 5}}}", "the provider openai"],
    ["litellm_settings: {max_end_user_budget: 5}", "a customer"],
    ["litellm_settings: {max_end_user_budget_id: standard}", "a customer"],
  ])("are told of at the start with %s", (settings, payer) => {
    const models = list(entry("one"), unpriced(), unpriced().replace("id: house", "id: barn"));
    expect(refusals(`${models}${settings}\n`)).toEqual([
      `edits with house-model are refused where the budget of ${payer} would have to pay for them, since the model ` +
        "has no prices: set a price or estimate_ceiling_usd in its litellm_params, or general_settings.unpriced: allow",
    ]);
    expect(refusals(`${models}${settings}\ngeneral_settings: {unpriced: allow}\n`)).toEqual([]);
  });

  it("are told of where the deployment has a budget", () => {
    expect(refusals(list(entry("one"), unpriced(", max_budget: 1")))).toEqual([
      expect.stringContaining("the budget of the deployment house "),
    ]);
    expect(refusals(list(entry("one", ", max_budget: 1"), unpriced()))).toEqual([]);
  });

  it("are served where a ceiling bounds them", () => {
    const models = list(unpriced(", estimate_ceiling_usd: 0.5"));
    expect(refusals(`${models}litellm_settings: {max_budget: 5}\n`)).toEqual([]);
  });
});

const dollars = "expected US dollars from 0 to 4000000, with at most nine decimal places";
const duration = "expected a duration such as 30m, 24h, 7d, 30d or 1mo";
const litellm = (settings: string) => `${list(entry("one"))}litellm_settings: {${settings}}\n`;
const ofProviders = (budgets: string) =>
  `${list(entry("one"))}router_settings: {provider_budget_config: ${budgets}}\n`;
const general = (settings: string) => `${list(entry("one"))}general_settings: {${settings}}\n`;

it.each([
  [
    litellm("max_budget: 4000000.01"),
    `config.yaml:3:32: litellm_settings.max_budget: ${dollars}, got 4000000.01`,
  ],
  [litellm("max_budget: -1"), `litellm_settings.max_budget: ${dollars}, got -1`],
  [litellm("max_budget: much"), `litellm_settings.max_budget: ${dollars}, got "much"`],
  [litellm("max_budget: .inf"), `litellm_settings.max_budget: ${dollars}`],
  [litellm("max_budget: 1e-10"), `litellm_settings.max_budget: ${dollars}, got 1e-10`],
  [litellm("max_budget: {a: 1}"), `litellm_settings.max_budget: ${dollars}, got a map`],
  [litellm("max_budget: 1, budget_duration: 30"), `litellm_settings.budget_duration: ${duration}, got 30`],
  [litellm("max_budget: 1, budget_duration: month"), `${duration}, got "month"`],
  [litellm("max_end_user_budget: 5000000"), `litellm_settings.max_end_user_budget: ${dollars}, got 5000000`],
  [litellm("max_end_user_budget_id: 7"), "litellm_settings.max_end_user_budget_id: expected a string, got 7"],
  [
    list(entry("one", ", max_budget: 4000001")),
    `model_list[0].litellm_params.max_budget: ${dollars}, got 4000001`,
  ],
  [list(entry("one", "", ", budget_duration: 0d")), `model_list[0].budget_duration: ${duration}, got "0d"`],
  [
    ofProviders("{openai: {budget_limit: 4000001}}"),
    `config.yaml:3:67: router_settings.provider_budget_config.openai.budget_limit: ${dollars}, got 4000001`,
  ],
  [
    ofProviders("{openai: {budget_limit: 1, time_period: often}}"),
    `router_settings.provider_budget_config.openai.time_period: ${duration}, got "often"`,
  ],
  [
    ofProviders("{openai: {time_period: 1d}}"),
    "provider_budget_config.openai: expected a budget_limit, got a map",
  ],
  [
    ofProviders("{openai: {budget_limit: 1, tpm_limit: 3}}"),
    "provider_budget_config.openai: expected a map with budget_limit and time_period, and nothing else, got a map",
  ],
  [
    ofProviders("[openai]"),
    "provider_budget_config: expected a map of providers, each to its budget_limit and time_period, got a list",
  ],
  [
    ofProviders("{OpenAl: {budget_limit: 1}}"),
    'config.yaml:3:52: router_settings.provider_budget_config.OpenAl: no provider; did you mean "openai"?',
  ],
  [
    general("budget_exceeded_status: 402"),
    "general_settings.budget_exceeded_status: expected 429, 400 or 422, got 402",
  ],
  [general("unpriced: perhaps"), 'general_settings.unpriced: expected refuse or allow, got "perhaps"'],
])("refuses %s", (yaml, problem) => {
  expect(folder.errorOf(yaml)).toContain(problem);
});
