import { TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const models = `model_list:
  - {model_name: edits, litellm_params: {model: gpt-image-2}, model_info: {id: the-first}}
  - {model_name: other, litellm_params: {model: gpt-image-1}}
  - {model_name: any-*, litellm_params: {model: openai/*}}
  - {model_name: broken, litellm_params: {model: gpt-image-1, api_key: os.environ/UNSET}}
  - {model_name: chat, litellm_params: {model: gpt-4o}}
`;
const withAliases = (aliases: string, section = "router_settings"): string =>
  `${models}${section}: {model_group_alias: ${aliases}}`;

it.each<[string, object]>([
  ["{house: edits}", { house: { model: "edits", hidden: false } }],
  ["{house: {model: edits}}", { house: { model: "edits", hidden: false } }],
  ["{house: {model: edits, hidden: true}}", { house: { model: "edits", hidden: true } }],
  ["{house: any-thing}", { house: { model: "any-thing", hidden: false } }],
  ["{house: the-first}", { house: { model: "the-first", hidden: false } }],
  ["{house: broken}", { house: { model: "broken", hidden: false } }],
])("%s", (aliases, expected) => {
  expect(folder.load(withAliases(aliases)).router.aliases).toEqual(new Map(Object.entries(expected)));
});

it("stands in litellm_settings too, where router_settings have none", () => {
  const { aliases } = folder.load(withAliases("{house: edits}", "litellm_settings")).router;
  expect([...(aliases?.keys() ?? [])]).toEqual(["house"]);
});

it("may be the default model", () => {
  const yaml = `${withAliases("{house: edits}")}\ngeneral_settings: {default_model: house}`;
  expect(folder.load(yaml).router.defaultModel).toBe("edits");
});

it.each([
  ["{house: editz}", 'model_group_alias.house: there is no model group "editz"; did you mean "edits"?'],
  ["{house: home, home: edits}", 'model_group_alias.house: "home" is an alias itself; name a model group'],
  ["{house: house}", '"house" is an alias itself'],
  ["{house: {hidden: true}}", "model_group_alias.house.model: expected a string"],
  ["{house: {model: edits, hidden: maybe}}", "model_group_alias.house.hidden: expected true or false"],
  ["[house]", "expected a map of aliases"],
])("%s is refused where it stands", (aliases, expected) => {
  expect(folder.errorOf(withAliases(aliases))).toContain(expected);
});

it.each([
  ["{house: chat}", 'the alias "house" is left out: the group "chat" is skipped'],
  ["{other: edits}", 'the alias "other" hides the model group of that name'],
])("%s is told of", (aliases, expected) => {
  expect(folder.warningsOf(withAliases(aliases))).toContain(expected);
});
