import { oneModel, TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const groupsOf = (yaml: string) => folder.load(yaml).router.deployments.map(({ group }) => group);
const model = (name: string) => `model_list: [{model_name: ${name}, litellm_params: {model: gpt-image-2}}]\n`;

it("joins lists and takes further settings", () => {
  folder.write("models/more.yaml", `${model("two")}router_settings: {num_retries: 7}`);
  const yaml = `include: [models/more.yaml]\n${model("one")}`;
  expect(groupsOf(yaml)).toEqual(["one", "two"]);
  expect(folder.load(yaml).router.retries).toBe(7);
});

it("takes one file name as well as a list, and includes of included files, beside either file", () => {
  folder.write("models/more.yaml", `include: [deeper.yaml, top.yaml]\n${model("two")}`);
  folder.write("models/deeper.yaml", model("three"));
  folder.write("top.yaml", model("four"));
  expect(groupsOf(`include: models/more.yaml\n${model("one")}`)).toEqual(["one", "two", "three", "four"]);
});

it("joins a section that is in both files, and says so: a master_key is not lost", () => {
  folder.write("more.yaml", "general_settings: {upload_wait: 5, default_model: edits}");
  const yaml = `include: [more.yaml]\n${oneModel}general_settings: {master_key: sk-1, upload_wait: 1}`;
  expect(folder.load(yaml)).toMatchObject({
    masterKey: "sk-1",
    upload: { waitMs: 5000 },
    router: { defaultModel: "edits" },
  });
  expect(folder.warningsOf(yaml)).toEqual([
    "more.yaml:1:1: general_settings is in config.yaml too: the two are joined, and settings of more.yaml count more (LiteLLM would drop those of config.yaml)",
  ]);
});

it("applies an included file's environment_variables", () => {
  folder.write("more.yaml", "environment_variables: {MINE: sk-included}");
  const yaml = `include: [more.yaml]\nmodel_list: [{model_name: a, litellm_params: {model: gpt-image-2, api_key: os.environ/MINE}}]`;
  expect(folder.load(yaml).router.deployments[0]?.apiKey).toBe("sk-included");
});

it("names the included file in its errors", () => {
  folder.write(
    "more.yaml",
    "\nmodel_list:\n  - {model_name: a, litellm_params: {model: gpt-image-2, weight: x}}",
  );
  expect(folder.errorOf(`include: [more.yaml]\n${oneModel}`)).toBe(
    'more.yaml:3:66: model_list[1].litellm_params.weight: expected a number of at least 0, got "x"',
  );
});

it("refuses missing files, files included twice and what is no file name", () => {
  folder.write("loop.yaml", "include: [config.yaml]");
  expect(folder.errorOf("include: [loop.yaml]")).toBe(
    "loop.yaml:1:10: include: config.yaml is included twice",
  );
  expect(folder.errorOf("include: [nowhere.yaml]")).toBe(
    "config.yaml:1:10: include: there is no file nowhere.yaml",
  );
  expect(folder.errorOf("include: [1]")).toBe("config.yaml:1:11: include: expected a list of file names");
});
