import { TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const models = `model_list:
  - {model_name: edits, litellm_params: {model: gpt-image-2}}
  - {model_name: openai/prefixed, litellm_params: {model: gpt-image-1}}
  - {model_name: chat, litellm_params: {model: gpt-4o}}
`;

it("reads all that LiteLLM says of retries and cooldowns", () => {
  const { router } = folder.load(`${models}router_settings:
  num_retries: 4
  retry_policy: {RateLimitErrorRetries: 3, TimeoutErrorRetries: 0, InternalServerErrorRetries: }
  model_group_retry_policy: {prefixed: {BadRequestErrorRetries: "1"}, chat: {TimeoutErrorRetries: 2}}
  retry_after: 1.5
  retry_budget_percent: 20
  retry_budget_per_minute: 0
  allowed_fails: 3
  allowed_fails_policy: {ServiceUnavailableErrorAllowedFails: 2}
  cooldown_time: 30
`);
  expect(router).toMatchObject({
    retries: 4,
    retryPolicy: { RateLimitError: 3, TimeoutError: 0 },
    groupRetryPolicies: new Map([["openai/prefixed", { BadRequestError: 1 }]]),
    shortestRetryWaitMs: 1500,
    retryBudget: { percent: 20, perMinute: 0 },
    health: {
      disabled: false,
      allowedFails: 3,
      allowedFailsPolicy: { ServiceUnavailableError: 2 },
      cooldownMs: 30_000,
    },
  });
});

it("says nothing to the router of what is not set", () => {
  const { router } = folder.load(models);
  expect(router.retryBudget).toEqual({});
  expect(router.health).toEqual({ disabled: false });
  expect(router).not.toHaveProperty("retryPolicy");
  expect(router).not.toHaveProperty("groupRetryPolicies");
});

it("takes litellm_settings too, and router_settings before them, one by one", () => {
  const { router } = folder.load(`${models}litellm_settings:
  {cooldown_time: 7, allowed_fails: 1, retry_policy: {TimeoutErrorRetries: 5}, request_timeout: 9}
router_settings: {allowed_fails: 2, retry_policy: }
`);
  expect(router.health).toMatchObject({ cooldownMs: 7000, allowedFails: 2 });
  expect(router.retryPolicy).toEqual({ TimeoutError: 5 });
  expect(router.timeoutMs).toBe(9000);
});

it.each(["disable_cooldowns: true", "cooldown_time: 0"])("%s: there are no cooldowns", (setting) => {
  expect(folder.load(`${models}router_settings: {${setting}}`).router.health?.disabled).toBe(true);
});

it("reads what a deployment has of its own, in both places", () => {
  const { router } = folder.load(`model_list:
  - model_name: edits
    litellm_params: {model: gpt-image-2, num_retries: 0, cooldown_time: 60}
    model_info: {allowed_fails: 5, allowed_fails_policy: {TimeoutErrorAllowedFails: 0}}
  - {model_name: edits, litellm_params: {model: gpt-image-2, cooldown_time: 60}, model_info: {cooldown_time: 0}}
  - {model_name: edits, litellm_params: {model: gpt-image-2}}
`);
  expect(router.deployments.map(({ retries, health }) => [retries, health])).toEqual([
    [0, { cooldownMs: 60_000, allowedFails: 5, allowedFailsPolicy: { TimeoutError: 0 } }],
    [undefined, { cooldownMs: 0 }],
    [undefined, undefined],
  ]);
});

it.each([
  [
    "retry_policy: {RateLimitRetries: 3}",
    "router_settings.retry_policy: RateLimitRetries is not known there; expected no other settings than",
  ],
  ["retry_policy: {TimeoutErrorRetries: -1}", "TimeoutErrorRetries: expected a whole number of at least 0"],
  ["retry_policy: 3", "router_settings.retry_policy: expected a map of settings, got 3"],
  [
    "allowed_fails_policy: {TimeoutErrorRetries: 1}",
    "TimeoutErrorRetries is not known there; expected no other settings than",
  ],
  ["allowed_fails: 1.5", "router_settings.allowed_fails: expected a whole number"],
  ["cooldown_time: soon", 'cooldown_time: expected a number of at least 0, got "soon"'],
  ["model_group_retry_policy: {editz: {}}", 'there is no model group "editz"; did you mean "edits"?'],
])("%s is refused", (setting, expected) => {
  expect(folder.errorOf(`${models}router_settings: {${setting}}`)).toContain(expected);
});
