import type { Deployment } from "@darkroom/router";
import { TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const base = "https://resource.openai.azure.com";
const list = (params: string) => `model_list: [{model_name: edits, litellm_params: {${params}}}]\n`;
const azure = (params = "") => list(`model: azure/my-edits, api_base: "${base}/"${params}`);

type Environment = Readonly<Record<string, string>>;

const deploymentOf = (yaml: string, environment: Environment = {}): Deployment | undefined =>
  folder.load(yaml, { environment }).router.deployments[0];
const reasonOf = (yaml: string, environment: Environment = {}): string | undefined =>
  folder.load(yaml, { environment }).invalid[0]?.reason;

describe("a deployment at Azure", () => {
  it("has all that its entry says", () => {
    const params =
      ', api_key: key, api_version: 2025-05-01, base_model: azure/gpt-image-1, outbound_proxy: "http://u:p@proxy:3128", max_connections: "8"';
    expect(deploymentOf(azure(params))).toEqual({
      id: expect.any(String) as string,
      group: "edits",
      provider: "azure",
      model: "my-edits",
      baseModel: "azure/gpt-image-1",
      apiBase: base,
      apiKey: "key",
      apiVersion: "2025-05-01",
      outboundProxy: "http://u:p@proxy:3128",
      maxConnections: 8,
    });
  });

  it("takes from the environment what its entry does not say, by LiteLLM's names", () => {
    const environment = { AZURE_API_KEY: "key", AZURE_API_BASE: `${base}/`, AZURE_API_VERSION: "preview" };
    expect(deploymentOf(list("model: azure/my-edits"), environment)).toMatchObject({
      apiKey: "key",
      apiBase: base,
      apiVersion: "preview",
    });
    expect(folder.warningsOf(list("model: azure/gpt-image-1"), { environment })).toEqual([]);
    const both = { ...environment, AZURE_OPENAI_API_KEY: "first" };
    expect(deploymentOf(list("model: azure/my-edits, api_version: v1"), both)).toMatchObject({
      apiKey: "first",
      apiVersion: "v1",
    });
  });

  it("never takes what is OpenAI's, nor OpenAI's what is Azure's", () => {
    const environment = {
      OPENAI_API_KEY: "sk-1",
      OPENAI_BASE_URL: "http://a/v1",
      AZURE_API_VERSION: "2025-05-01",
    };
    expect(reasonOf(azure(), environment)).toBe(
      "there is no api_key and no token of Entra, and none of the environment variables AZURE_OPENAI_API_KEY, AZURE_API_KEY is set",
    );
    expect(reasonOf(list("model: azure/my-edits, api_key: key"), environment)).toBe(
      "there is no api_base, and the environment variable AZURE_API_BASE is not set",
    );
    const openai = deploymentOf(list("model: gpt-image-2, api_version: 2024-10-21"), environment);
    expect(openai).not.toHaveProperty("apiVersion");
    expect(openai).not.toHaveProperty("provider");
  });
});

describe("Entra", () => {
  const application = { tenantId: "t", clientId: "c", clientSecret: "s" };
  const ofEnvironment = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c", AZURE_CLIENT_SECRET: "s" };

  it.each<[string, string, Environment, object]>([
    ["a token", ", azure_ad_token: ey", {}, { entra: { token: "ey" } }],
    [
      "a token before the environment's key",
      ", azure_ad_token: ey",
      { AZURE_API_KEY: "k" },
      { entra: { token: "ey" } },
    ],
    ["an application", ", tenant_id: t, client_id: c, client_secret: s", {}, { entra: application }],
    [
      "an application, the rest in the environment",
      ", client_id: own",
      ofEnvironment,
      { entra: { ...application, clientId: "own" } },
    ],
    [
      "an application before the environment's key",
      ", client_id: c",
      { ...ofEnvironment, AZURE_API_KEY: "k" },
      { entra: application },
    ],
    [
      "a scope",
      ", client_id: c, azure_scope: mine",
      ofEnvironment,
      { entra: { ...application, scope: "mine" } },
    ],
    ["a key before all", ", api_key: k, azure_ad_token: ey", ofEnvironment, { apiKey: "k" }],
    [
      "the environment's key before its token",
      "",
      { AZURE_API_KEY: "k", AZURE_AD_TOKEN: "ey" },
      { apiKey: "k" },
    ],
    ["the environment's token", "", { AZURE_AD_TOKEN: "ey", ...ofEnvironment }, { entra: { token: "ey" } }],
    [
      "the environment's application",
      "",
      { ...ofEnvironment, AZURE_SCOPE: "theirs", AZURE_AUTHORITY_HOST: "https://login.microsoftonline.us" },
      { entra: { ...application, scope: "theirs", authorityHost: "https://login.microsoftonline.us" } },
    ],
  ])("%s", (_, params, environment, expected) => {
    const deployment = deploymentOf(azure(params), environment);
    expect({ apiKey: deployment?.apiKey, entra: deployment?.entra }).toEqual({
      apiKey: undefined,
      entra: undefined,
      ...expected,
    });
  });

  it("may stand in a credential", () => {
    const credentials =
      "credential_list: [{credential_name: ours, credential_values: {tenant_id: t, client_id: c, client_secret: os.environ/S, api_version: v1}}]\n";
    const yaml = `${credentials}${azure(", litellm_credential_name: ours")}`;
    expect(deploymentOf(yaml, { S: "s", AZURE_API_KEY: "k" })).toMatchObject({
      entra: application,
      apiVersion: "v1",
    });
    expect(reasonOf(yaml)).toBe("the environment variable S is not set");
  });

  it.each<[string, Environment, string]>([
    [
      ", tenant_id: t",
      {},
      "there is no client_id and no client_secret beside the rest of Entra's application",
    ],
    [", azure_ad_token: oidc/google/x", {}, "azure_ad_token: oidc/... is not supported yet"],
    [
      ", client_id: c",
      { ...ofEnvironment, AZURE_AUTHORITY_HOST: "http://login.test" },
      "AZURE_AUTHORITY_HOST must begin with https://: the client_secret is sent there",
    ],
    [
      "",
      { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" },
      expect.stringContaining("AZURE_API_KEY is set") as string,
    ],
  ])("%s with %j is no credential", (params, environment, reason) => {
    expect(reasonOf(azure(params), environment)).toEqual(reason);
  });
});

describe("another gateway", () => {
  it("is litellm_proxy", () => {
    const environment = { LITELLM_PROXY_API_BASE: "http://other:4000/", LITELLM_PROXY_API_KEY: "sk-other" };
    expect(deploymentOf(list("model: litellm_proxy/gpt-image-1"), environment)).toMatchObject({
      provider: "litellm_proxy",
      model: "gpt-image-1",
      apiBase: "http://other:4000",
      apiKey: "sk-other",
    });
  });
});

describe("connections", () => {
  it("have limits, for all and for one", () => {
    const settings =
      "general_settings: {max_connections_per_host: 20, max_idle_connections_per_host: 5, idle_connection_timeout: 10}";
    const { router } = folder.load(`${azure(", api_key: k, max_connections: 3")}${settings}`);
    expect(router.connections).toEqual({ maxPerHost: 20, maxIdlePerHost: 5, idleMs: 10_000 });
    expect(router.deployments[0]?.maxConnections).toBe(3);
    expect(folder.load(azure(", api_key: k")).router).not.toHaveProperty("connections");
  });

  it.each([
    ["none", null],
    ["http://proxy:3128", "http://proxy:3128"],
  ])("go through outbound_proxy %s", (proxy, expected) => {
    expect(deploymentOf(azure(`, api_key: k, outbound_proxy: "${proxy}"`))?.outboundProxy).toBe(expected);
  });

  it("are refused a proxy of another kind, without its password", () => {
    expect(folder.errorOf(azure(', api_key: k, outbound_proxy: "socks5://u:hunter2@proxy"'))).toMatch(
      /outbound_proxy: expected the address of a proxy, that begins with http:\/\/ or https:\/\/, or none$/,
    );
    expect(folder.errorOf(azure(", api_key: k, max_connections: 0"))).toContain(
      "max_connections: expected a whole number of at least 1, got 0",
    );
  });
});

describe("fields that a model does not support", () => {
  const deploymentsOf = (entries: readonly string[], settings = ""): readonly Deployment[] =>
    folder.load(
      `model_list:\n${entries.map((params) => `  - {model_name: edits, litellm_params: {model: gpt-image-1, api_key: k${params}}}\n`).join("")}${settings}`,
    ).router.deployments;
  const words = (deployments: readonly Deployment[]) => deployments.map(({ dropParams }) => dropParams);

  it("are left out where drop_params says so, the entry's before the file's", () => {
    const entries = ["", ", drop_params: true", ", drop_params: false"];
    expect(words(deploymentsOf(entries))).toEqual([undefined, true, false]);
    expect(words(deploymentsOf(entries, "litellm_settings: {drop_params: true}"))).toEqual([
      true,
      true,
      false,
    ]);
    expect(words(deploymentsOf(entries, 'litellm_settings: {drop_params: "False"}'))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it("are those of its model but for allowed_openai_params", () => {
    const [deployment] = deploymentsOf([", allowed_openai_params: [quality, background]"]);
    expect(deployment?.supportedFields).toEqual(["quality", "background"]);
  });

  it("are settings like any other: no warning, and a clear error", () => {
    const entry = list("model: gpt-image-1, api_key: k, drop_params: true, allowed_openai_params: []");
    expect(folder.warningsOf(`${entry}litellm_settings: {drop_params: true}`)).toEqual([]);
    expect(folder.errorOf(list("model: gpt-image-1, api_key: k, drop_params: sometimes"))).toContain(
      "drop_params: expected true or false",
    );
    expect(folder.errorOf(list("model: gpt-image-1, api_key: k, allowed_openai_params: quality"))).toContain(
      "allowed_openai_params: expected a list of fields",
    );
    expect(folder.warningsOf(list("model: gpt-image-1, api_key: k, additional_drop_params: [a]"))).toEqual([
      "not supported yet and without effect: litellm_params.additional_drop_params",
    ]);
  });
});
