import { oneModel, TestFolder } from "../config-folder.test.support.js";
import { withDotEnv } from "./environment.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const model = (key: string) =>
  `model_list: [{model_name: edits, litellm_params: {model: gpt-image-2, api_key: ${key}}}]\n`;
const keyOf = (yaml: string, environment: Record<string, string | undefined>) =>
  folder.load(yaml, { environment }).router.deployments[0]?.apiKey;

it("applies environment_variables before any os.environ/NAME is looked up", () => {
  const yaml = `${model("os.environ/MINE")}environment_variables: {MINE: sk-from-file}`;
  expect(keyOf(yaml, {})).toBe("sk-from-file");
  expect(keyOf(yaml, { MINE: "sk-set-before" })).toBe("sk-from-file");
});

it("lets environment_variables name others, and keeps what is set where those are not", () => {
  const yaml = `${model("os.environ/MINE")}environment_variables: {MINE: os.environ/OTHER}`;
  expect(keyOf(yaml, { OTHER: "sk-other" })).toBe("sk-other");
  expect(keyOf(yaml, { MINE: "sk-mine" })).toBe("sk-mine");
});

it("reads .env, which does not override what is set", () => {
  folder.write(".env", "# keys\nMINE=sk-dot-env\nOTHER='sk-other'\n");
  expect(keyOf(model("os.environ/MINE"), {})).toBe("sk-dot-env");
  expect(keyOf(model("os.environ/MINE"), { MINE: "sk-set" })).toBe("sk-set");
  expect(keyOf(model("os.environ/MINE"), { MINE: undefined })).toBe("sk-dot-env");
  expect(keyOf(model("os.environ/OTHER"), {})).toBe("sk-other");
  expect(withDotEnv({ MINE: "" }, folder.path)).toEqual({ MINE: "", OTHER: "sk-other" });
});

it("takes numbers and switches from variables", () => {
  const config = folder.load(
    `${oneModel}router_settings: {num_retries: os.environ/RETRIES, timeout: os.environ/TIMEOUT}
general_settings: {forward_client_headers_to_llm_api: os.environ/FORWARD}`,
    { environment: { RETRIES: "2", TIMEOUT: "1.5", FORWARD: "True" } },
  );
  expect(config).toMatchObject({ router: { retries: 2, timeoutMs: 1500 }, forwardClientHeaders: true });
});

it("looks variables up in lists and maps", () => {
  const config = folder.load(
    `${oneModel}
  - model_name: other
    litellm_params: {model: gpt-image-2, extra_headers: {x-tenant: os.environ/TENANT}}
router_settings: {default_fallbacks: [os.environ/GROUP]}`,
    { environment: { OPENAI_API_KEY: "sk-1", TENANT: "us", GROUP: "other" } },
  );
  expect(config.router.deployments[1]?.extraHeaders).toEqual({ "x-tenant": "us" });
  expect(config.router.fallbacks?.get("*")).toEqual(["other"]);
});

it("lets the default hold for a setting whose variable is not set, and says so", () => {
  const yaml = `${oneModel}router_settings: {num_retries: os.environ/RETRIES}`;
  expect(folder.load(yaml).router).not.toHaveProperty("retries");
  expect(folder.warningsOf(yaml)).toEqual([
    "config.yaml:4:32: router_settings.num_retries: the environment variable RETRIES is not set; the default holds",
  ]);
});

it.each([
  "general_settings: {litellm_key_header_name: os.environ/X}",
  "litellm_settings: {require_auth_for_metrics_endpoint: os.environ/X}",
])("stops where a guard's variable is not set: %s", (settings) => {
  expect(folder.errorOf(`${oneModel}${settings}`)).toMatch(/: the environment variable X is not set$/);
});
