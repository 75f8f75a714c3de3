import { TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

/** An entry of a group with a key of its own, and what else is said in `litellm_params` and beside it. */
const entry = (key: string, params = "", beside = "", group = "edits") =>
  `  - {model_name: ${group}, litellm_params: {model: gpt-image-2, api_key: sk-${key}-secret${params}}${beside}}\n`;
const list = (...entries: string[]) => `model_list:\n${entries.join("")}`;
const routerOf = (yaml: string) => folder.load(yaml).router;

it("reads the limits of a deployment, each from the first place that LiteLLM looks in", () => {
  const yaml = list(
    entry(
      "one",
      ", rpm: 2, tpm: '200', max_parallel_requests: 4",
      ", rpm: 1, ipm: 5, quota: house/one, model_info: {tpm: 9, ipm: 9, max_parallel_requests: 9, quota: other}",
    ),
    entry("two", ", quota: house", ", model_info: {ipm: 7}"),
    entry("three"),
  );
  expect(routerOf(yaml).deployments.map(({ rpm, limits, quota }) => ({ rpm, limits, quota }))).toEqual([
    {
      rpm: 1,
      limits: { requestsPerMinute: 1, imagesPerMinute: 5, tokensPerMinute: 200, parallelCalls: 4 },
      quota: "house/one",
    },
    { limits: { imagesPerMinute: 7 }, quota: "house" },
    {},
  ]);
});

it("reads the limits of quotas", () => {
  const yaml = `${list(entry("one", ", quota: house"))}quotas: {house: {rpm: 50, tpm: 60, ipm: 70, max_parallel_requests: 8}}\n`;
  expect(routerOf(yaml).quotas).toEqual(
    new Map([
      ["house", { requestsPerMinute: 50, tokensPerMinute: 60, imagesPerMinute: 70, parallelCalls: 8 }],
    ]),
  );
  expect(folder.warningsOf(yaml)).toEqual([]);
});

it("reads what becomes of requests that wait", () => {
  expect(
    routerOf(`${list(entry("one"))}router_settings:
  {default_max_parallel_requests: 6, limit_guard_ms: 0, queue_timeout: 1.5, max_queue: 7, default_priority: 3}
`),
  ).toMatchObject({
    defaultParallelCalls: 6,
    limitGuardMs: 0,
    queueTimeoutMs: 1500,
    maxQueue: 7,
    defaultPriority: 3,
  });
  expect(Object.keys(routerOf(list(entry("one"))))).toEqual(
    expect.not.arrayContaining([
      "quotas",
      "defaultParallelCalls",
      "limitGuardMs",
      "queueTimeoutMs",
      "maxQueue",
    ]),
  );
});

describe("rate_limits", () => {
  const models = list(
    entry("one", ", rpm: 5, ipm: 6, max_parallel_requests: 7"),
    entry("two", ", quota: house", "", "more"),
    entry("three", "", "", "free"),
  );
  const quotas = "quotas: {house: {tpm: 9}}\n";

  it("are enforced, and the start says so of every group that has some", () => {
    expect(folder.load(`${models}${quotas}`).notes).toEqual([
      "limits of edits are enforced: rpm, ipm, max_parallel_requests",
      "limits of more are enforced: tpm",
    ]);
  });

  it("are hints if that is asked for, but for parallel calls", () => {
    const { router, notes } = folder.load(`${models}${quotas}router_settings: {rate_limits: hint}\n`);
    expect(notes).toEqual([
      "limits of edits are enforced: max_parallel_requests; hints, as rate_limits says: rpm, ipm",
      "limits of more are hints, as rate_limits says: tpm",
    ]);
    expect(router.deployments[0]).toMatchObject({ rpm: 5, limits: { parallelCalls: 7 } });
    expect(router.deployments[0]?.limits).not.toHaveProperty("requestsPerMinute");
    expect(router.quotas).toEqual(new Map([["house", {}]]));
  });

  it("cannot be hints and enforced at once", () => {
    const both =
      "router_settings: {rate_limits: hint, optional_pre_call_checks: [enforce_model_rate_limits]}\n";
    expect(folder.errorOf(`${list(entry("one"))}${both}`)).toBe(
      "config.yaml:3:32: router_settings.rate_limits: hint contradicts the check enforce_model_rate_limits",
    );
  });
});

describe("the start warns of", () => {
  it.each([
    [
      "a quota that nobody has",
      `${list(entry("one", ", quota: house, rpm: 1"))}quotas: {horse: {rpm: 5}}\n`,
      'config.yaml:3:17: no usable deployment has the quota "horse"',
    ],
    [
      "a quota without limits",
      `${list(entry("one", ", quota: hose"), entry("two", ", quota: house"))}quotas: {house: {rpm: 5}}\nrouter_settings: {default_max_parallel_requests: 9}\n`,
      'the quota "hose" of edits has no limits; did you mean "house"?',
    ],
    [
      "members whose limits differ",
      `${list(entry("one", ", quota: house, rpm: 9"), entry("two", ", quota: house, rpm: 6", "", "more"))}quotas: {house: {rpm: 7}}\n`,
      'the quota "house" of edits, more has several rpm (6, 7, 9): the lowest holds',
    ],
  ])("%s", (_, yaml, warning) => {
    expect(folder.warningsOf(yaml)).toEqual([warning]);
  });

  it("limits that differ between entries of one key and model", () => {
    const yaml = list(entry("one", ", ipm: 5"), entry("one", ", ipm: 50", "", "more"));
    expect(folder.warningsOf(yaml)).toEqual([
      expect.stringMatching(
        /^the quota "gpt-image-2@[0-9a-f]{12}" of edits, more has several ipm \(5, 50\): the lowest holds$/,
      ),
    ]);
  });
});

const whole = "expected a whole number from 1 to 1000000000000";

it.each([
  [list(entry("one", ", rpm: 0")), `model_list[0].litellm_params.rpm: ${whole}, got 0`],
  [list(entry("one", "", ", tpm: 1.5")), `model_list[0].tpm: ${whole}, got 1.5`],
  [list(entry("one", ", ipm: many")), `model_list[0].litellm_params.ipm: ${whole}, got "many"`],
  [
    list(entry("one", "", ", model_info: {max_parallel_requests: -1}")),
    `model_list[0].model_info.max_parallel_requests: ${whole}, got -1`,
  ],
  [
    list(entry("one", ", quota: 'a{b}@c'")),
    'model_list[0].litellm_params.quota: expected a name of letters, digits and . _ - / (at most 100), got "a{b}@c"',
  ],
  [
    `${list(entry("one"))}quotas: [a]\n`,
    "quotas: expected a map of names of quotas, each to its limits, got a list",
  ],
  [`${list(entry("one"))}quotas: {house: {rpm: 0}}\n`, `quotas.house.rpm: ${whole}, got 0`],
  [
    `${list(entry("one"))}quotas: {house: {rmp: 3}}\n`,
    "quotas.house: expected a map with rpm, tpm, ipm or max_parallel_requests, and nothing else, got a map",
  ],
  [`${list(entry("one"))}quotas: {'a@b': {rpm: 3}}\n`, "quotas.a@b: expected a name of letters"],
  [`${list(entry("one"))}router_settings: {rate_limits: soft}\n`, "rate_limits: expected enforce or hint"],
  [
    `${list(entry("one"))}router_settings: {queue_timeout: -1}\n`,
    "queue_timeout: expected a number of at least 0",
  ],
  [
    `${list(entry("one"))}router_settings: {limit_guard_ms: 0.5}\n`,
    "limit_guard_ms: expected a whole number",
  ],
  [`${list(entry("one"))}router_settings: {max_queue: all}\n`, "max_queue: expected a whole number"],
  [
    `${list(entry("one"))}router_settings: {default_max_parallel_requests: 0}\n`,
    `default_max_parallel_requests: ${whole}, got 0`,
  ],
])("refuses %s", (yaml, problem) => {
  expect(folder.errorOf(yaml)).toContain(problem);
});
