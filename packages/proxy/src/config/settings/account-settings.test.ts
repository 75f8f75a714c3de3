import { oneModel, TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

it("are LiteLLM's defaults where nothing is said", () => {
  expect(folder.load(oneModel).accounts).toMatchObject({
    directoryGraceMs: 3_600_000,
    customerHeaders: [],
    calendar: {},
    newKeyDefaults: {},
    newKeyBounds: {},
    accessGroups: new Map(),
  });
});

it("are read from where LiteLLM has them", () => {
  const { accounts, warnings } = folder.load(`${oneModel}
    model_info: {access_groups: [cheap]}
litellm_settings:
  timezone: Asia/Tokyo
  budget_reset_time: "06:30"
  default_key_generate_params: {max_budget: 1.5, models: [edits]}
  upperbound_key_generate_params: {max_budget: 100, duration: 30d}
general_settings:
  user_header_mappings:
    - {header_name: X-Our-Customer, litellm_user_role: customer}
    - {header_name: X-Our-User, litellm_user_role: internal_user}
  user_header_name: X-Old
  directory_grace: 60
  budget_reset: rolling
`);
  expect(accounts).toMatchObject({
    directoryGraceMs: 60_000,
    customerHeaders: ["X-Our-Customer", "X-Old"],
    calendar: { timeZone: "Asia/Tokyo", resetMinutes: 390, reset: "rolling" },
    newKeyDefaults: { max_budget: 1.5, models: ["edits"] },
    newKeyBounds: { max_budget: 100, duration: "30d" },
    accessGroups: new Map([["edits", ["cheap"]]]),
  });
  expect(warnings.join()).not.toMatch(/timezone|access_groups|user_header/);
});

it.each([
  ["litellm_settings: {timezone: Asia/Tokio}", "expected a time zone of the IANA database"],
  ['litellm_settings: {budget_reset_time: "25:00"}', "expected a time of day such as 06:30"],
  ["litellm_settings: {default_key_generate_params: all}", "expected a map of the fields of /key/generate"],
  [
    "litellm_settings: {default_key_generate_params: {max_budgt: 1}}",
    "default_key_generate_params.max_budgt: expected a field of /key/generate, such as max_budget",
  ],
  [
    "litellm_settings: {default_key_generate_params: {models: edits}}",
    "default_key_generate_params.models: expected a list of texts",
  ],
  [
    "litellm_settings: {upperbound_key_generate_params: {max_paralel_requests: 1}}",
    "expected a field with an upper bound, such as max_parallel_requests",
  ],
  ["litellm_settings: {upperbound_key_generate_params: {max_budget: -1}}", "max_budget: expected dollars"],
  ["litellm_settings: {upperbound_key_generate_params: {duration: soon}}", "duration: expected a duration"],
  [
    "litellm_settings: {upperbound_key_generate_params: {models: [a]}}",
    "expected a field with an upper bound",
  ],
  ["general_settings: {budget_reset: never}", "expected calendar or rolling"],
  ["general_settings: {user_header_mappings: x-user}", "expected a list of maps with header_name"],
])("%s stops the start", (settings, message) => {
  expect(() => folder.load(`${oneModel}\n${settings}\n`)).toThrow(message);
});
