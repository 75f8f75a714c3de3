import { TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const models = `model_list:
  - {model_name: edits, litellm_params: {model: gpt-image-2}}
  - {model_name: other, litellm_params: {model: gpt-image-1}, model_info: {id: that-one}}
  - {model_name: openai/prefixed, litellm_params: {model: gpt-image-1}}
  - {model_name: any-*, litellm_params: {model: openai/*}}
  - {model_name: broken, litellm_params: {model: gpt-image-1, api_key: os.environ/UNSET}}
  - {model_name: chat, litellm_params: {model: gpt-4o}}
`;

it.each<[string, [string, string[]][]]>([
  ["fallbacks: [{edits: [other, broken]}]", [["edits", ["other", "broken"]]]],
  [
    "fallbacks: [{edits: [other]}, {other: [edits]}]",
    [
      ["edits", ["other"]],
      ["other", ["edits"]],
    ],
  ],
  ["fallbacks: [{edits: [other]}, {edits: [broken]}]", [["edits", ["other"]]]],
  ["fallbacks: [{prefixed: [any-thing]}]", [["openai/prefixed", ["any-thing"]]]],
  ["fallbacks: [{edits: [prefixed]}]", [["edits", ["openai/prefixed"]]]],
  ["fallbacks: [edits, other]", [["*", ["edits", "other"]]]],
  ['fallbacks: [{"*": [edits]}]', [["*", ["edits"]]]],
  ['fallbacks: [{"*": [edits]}]\n  default_fallbacks: [other]', [["*", ["other"]]]],
  ["fallbacks: [{chat: [edits]}]", []],
  ["fallbacks: [{edits: [chat, other]}]", [["edits", ["other"]]]],
  ["fallbacks: [{house: [other]}]\n  model_group_alias: {house: edits}", [["edits", ["other"]]]],
  ["fallbacks: [{other: [house]}]\n  model_group_alias: {house: edits}", [["other", ["edits"]]]],
  ["fallbacks: [{edits: [that-one]}]", [["edits", ["that-one"]]]],
])("%s", (settings, expected) => {
  expect(folder.load(`${models}router_settings:\n  ${settings}`).router.fallbacks).toEqual(new Map(expected));
});

it.each<[string, [string, string[]][]]>([
  [
    "content_policy_fallbacks: [{edits: [other]}, other]",
    [
      ["edits", ["other"]],
      ["*", ["other"]],
    ],
  ],
  ["content_policy_fallbacks: [{other: [prefixed]}]", [["other", ["openai/prefixed"]]]],
])("%s", (settings, expected) => {
  const { router } = folder.load(`${models}litellm_settings:\n  ${settings}`);
  expect(router.contentPolicyFallbacks).toEqual(new Map(expected));
  expect(router.fallbacks).toEqual(new Map());
});

it("says which fallback is left out with a skipped group", () => {
  expect(folder.warningsOf(`${models}litellm_settings: {fallbacks: [{edits: [chat, other]}]}`)).toEqual([
    'the fallback "chat" of edits is left out: that group is skipped',
  ]);
});

it.each([
  ["router_settings: {fallbacks: [{edit: [other]}]}", 'no model group "edit"; did you mean "edits"?'],
  [
    "router_settings: {fallbacks: [{edits: [othre]}]}",
    'fallbacks[0].edits[0]: there is no model group "othre"',
  ],
  ["router_settings: {default_fallbacks: [editz]}", 'default_fallbacks[0]: there is no model group "editz"'],
  [
    "general_settings: {default_model: editz}",
    'general_settings.default_model: there is no model group "editz"',
  ],
  ["general_settings: {image_generation_model: editz}", 'did you mean "edits"?'],
])("%s is refused with the nearest group", (settings, expected) => {
  expect(folder.errorOf(`${models}${settings}`)).toContain(expected);
});
