import { stringify } from "yaml";
import { type PartSeen, owed, readDirectly, seen } from "./arrived-parts.js";
import { selfSignedCertificate } from "./certificate.js";
import { errorOf, imagesIn, sendEdit } from "./edit-request.js";
import { type Answer, type FormPart, postForm, postJson } from "./form-request.js";
import { OutboundProxy, Relay } from "./outbound-proxy.js";
import { pictureCalled } from "./pictures.js";
import { type GatewayOptions, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import {
  type RecordedRequest,
  type RunningSimulator,
  simulatorKeys,
  startSimulator,
} from "./running-simulator.js";
import { until } from "./until.js";

const application = {
  tenantId: "my-tenant",
  clientId: "my-client",
  clientSecret: "my-secret",
  organization: "org-entra",
};
const azure = {
  // The name of a deployment says nothing of its model.
  deployments: { "our edits": "gpt-image-1", second: "gpt-image-2" },
  applications: [application],
};
const ofApplication = { tenant_id: "my-tenant", client_id: "my-client", client_secret: "my-secret" };
const failing = { kind: "status", status: 500 };

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await startSimulator({ azure });
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

type Params = Readonly<Record<string, unknown>>;

/** A gateway over deployments, each named by its id: those of group `edits` are tried in their order. */
function gatewayOver(
  deployments: Readonly<Record<string, Params>>,
  options: Omit<GatewayOptions, "config"> = {},
  settings: Params = {},
): Promise<RunningGateway> {
  const models = Object.entries(deployments).map(([id, { model_info, ...params }], index) => ({
    model_name: "edits",
    litellm_params: { api_base: simulator.url, weight: index === 0 ? 1 : 0, ...params },
    model_info: { id, base_model: "azure/gpt-image-1", ...(model_info as Params) },
  }));
  return startGateway({ config: stringify({ model_list: models, ...settings }), ...options });
}

const atAzure = { model: "azure/our edits", api_version: "2025-04-01-preview" };
const withKey = { ...atAzure, api_key: simulatorKeys.one };
const atOpenAi = { model: "openai/gpt-image-1", api_key: simulatorKeys.two };

const edit = (gateway: RunningGateway, fields: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  sendEdit(gateway.url, { fields: { model: "edits", ...fields } });

const namesOf = ({ parts }: RecordedRequest): string[] => (parts ?? []).map(({ name }) => name);

/** The edits that arrived, without the questions for tokens. */
async function arrived(): Promise<RecordedRequest[]> {
  return (await simulator.requests()).filter(({ path }) => path.includes("/images/edits"));
}

async function questions(): Promise<RecordedRequest[]> {
  return (await simulator.requests()).filter(({ path }) => path.includes("/oauth2/"));
}

describe("an edit at Azure", () => {
  const deploymentUrl = "/openai/deployments/our%20edits/images/edits?api-version=2025-04-01-preview";

  test("has the deployment in its URL, the key in api-key alone, and no model", async () => {
    const gateway = await gatewayOver({ azure: withKey });
    const answer = await edit(gateway, { user: "somebody" });
    expect(answer.status).toBe(200);
    expect(imagesIn(answer)).toBe(1);
    const [request] = await arrived();
    expect(request?.path).toBe(deploymentUrl);
    expect(request?.headers["api-key"]).toBe(simulatorKeys.one);
    expect(request?.headers).not.toHaveProperty("authorization");
    expect(namesOf(request!)).toEqual(["prompt", "user", "image"]);
    expect(answer.headers["x-litellm-model-api-base"]).toBe(`${simulator.url}/`);
    expect(answer.headers["llm_provider-apim-request-id"]).toBe(request?.requestId);
    await gateway.stop();
  });

  test("has the deployment's name as its model in the v1 form", async () => {
    const gateway = await gatewayOver({ azure: { ...withKey, api_base: `${simulator.url}/openai/v1/` } });
    expect((await edit(gateway)).status).toBe(200);
    const [request] = await arrived();
    expect(request?.path).toBe("/openai/v1/images/edits");
    expect(request?.headers["api-key"]).toBe(simulatorKeys.one);
    const model = request?.parts?.find(({ name }) => name === "model");
    expect(model?.value).toBe("our edits");
    await gateway.stop();
  });

  test("costs what its base_model costs, whatever the deployment is called", async () => {
    const gateway = await gatewayOver({ azure: withKey });
    const answer = await edit(gateway, { quality: "low" });
    const { lines } = await simulator.bill();
    expect(lines).toHaveLength(1);
    expect(BigInt(lines[0]!.nanoUsd)).toBeGreaterThan(0n);
    expect(Number(answer.headers["x-litellm-response-cost"]).toFixed(9)).toBe(
      (Number(lines[0]!.nanoUsd) / 1e9).toFixed(9),
    );
    expect(answer.headers["x-litellm-model-id"]).toBe("azure");
    await gateway.stop();
  });

  test("streams", async () => {
    const gateway = await gatewayOver({ azure: withKey });
    const answer = await edit(gateway, { stream: "true", partial_images: "1" });
    expect(answer.body.toString("utf8").match(/^event: .*$/gm)).toEqual([
      "event: image_edit.partial_image",
      "event: image_edit.completed",
    ]);
    expect(Number(answer.trailers["x-litellm-response-cost"])).toBeGreaterThan(0);
    await gateway.stop();
  });

  test("is refused in Azure's own words", async () => {
    const gateway = await gatewayOver({ azure: { ...withKey, model: "azure/nobody" } });
    const answer = await edit(gateway);
    expect(answer.status).toBe(404);
    expect(errorOf(answer)).toMatchObject({ code: "DeploymentNotFound" });
    expect(answer.headers["x-darkroom-attempts"]).toBe("azure: 404 DeploymentNotFound");
    await gateway.stop();
  });

  test("is set up by LiteLLM's variables alone", async () => {
    const gateway = await startGateway({
      config: "model_list: [{model_name: edits, litellm_params: {model: azure/our edits}}]",
      environment: {
        AZURE_API_KEY: simulatorKeys.one,
        AZURE_API_BASE: simulator.url,
        AZURE_API_VERSION: "2025-04-01-preview",
      },
    });
    expect((await edit(gateway)).status).toBe(200);
    expect((await arrived())[0]?.path).toBe(deploymentUrl);
    await gateway.stop();
  });
});

describe("OpenAI and Azure in one group", () => {
  const form: readonly FormPart[] = [
    { name: "prompt", content: "Add a red hat" },
    { name: "image[]", content: pictureCalled("one"), fileName: "a.png", type: "image/png" },
    { name: "model", content: "edits" },
    { name: "image[]", content: pictureCalled("two"), fileName: "b.png", type: "image/png" },
    {
      name: "mask",
      content: pictureCalled("mask", { transparent: true }),
      fileName: "m.png",
      type: "image/png",
    },
  ];
  const image_url = `data:image/png;base64,${pictureCalled("one").toString("base64")}`;
  const json = { prompt: "Add a red hat", model: "edits", images: [{ image_url }], n: 1 };
  const atAzureAsV1 = { ...withKey, api_version: "preview" };

  /** What each upstream is owed of the form: the one in whose URL the deployment stands gets no model. */
  async function owedTo(kind: string): Promise<PartSeen[]> {
    const model = kind === "v1" ? "our edits" : "gpt-image-1";
    const direct = await readDirectly(simulator, form);
    return owed(direct, model).filter(({ name }) => kind !== "azure" || name !== "model");
  }

  const upstreams: Readonly<Record<string, Params>> = { azure: withKey, v1: atAzureAsV1, openai: atOpenAi };

  test.each([
    ["azure", "openai"],
    ["openai", "azure"],
    ["v1", "openai"],
    ["openai", "v1"],
  ])("a form that failed at %s is served by %s, byte for byte", async (first, second) => {
    const gateway = await gatewayOver({ [first]: upstreams[first]!, [second]: upstreams[second]! });
    const expected = [await owedTo(first), await owedTo(second)];
    await simulator.clear();
    const key = first === "openai" ? simulatorKeys.two : simulatorKeys.one;
    await simulator.setFaults({ key, fault: failing });
    const answer = await postForm(gateway.url, form);
    expect(answer.status).toBe(200);
    const reason = first === "openai" ? "500 server_error" : "500";
    expect(answer.headers["x-darkroom-attempts"]).toBe(`${first}: ${reason}, ${second}: ok`);
    expect(answer.headers["x-litellm-model-id"]).toBe(second);
    const requests = await arrived();
    expect(requests.map(({ parts }) => seen(parts))).toEqual(expected);
    for (const { path, headers } of requests) {
      expect("api-key" in headers).toBe(path.startsWith("/openai/"));
      expect("authorization" in headers).toBe(path.startsWith("/v1/"));
    }
    await gateway.stop();
  });

  test.each([
    ["azure", "openai", [undefined, "gpt-image-1"]],
    ["openai", "azure", ["gpt-image-1", undefined]],
    ["v1", "openai", ["our edits", "gpt-image-1"]],
  ])(
    "JSON that failed at %s is served by %s, where both are said to take it",
    async (first, second, models) => {
      const takesJson = { model_info: { supports_json_body: true } };
      const gateway = await gatewayOver({
        [first]: { ...upstreams[first], ...takesJson },
        [second]: { ...upstreams[second], ...takesJson },
      });
      const key = first === "openai" ? simulatorKeys.two : simulatorKeys.one;
      await simulator.setFaults({ key, fault: failing });
      const answer = await postJson(gateway.url, json);
      expect([answer.status, answer.headers["x-litellm-model-id"]]).toEqual([200, second]);
      const bodies = (await arrived()).map(({ json: body }) => body as Record<string, unknown>);
      expect(bodies.map(({ model }) => model)).toEqual(models);
      const { model: _, ...rest } = json;
      for (const body of bodies) expect(Object.keys(body)).toEqual(expect.arrayContaining(Object.keys(rest)));
      await gateway.stop();
    },
  );

  test("JSON does not go to Azure, which takes forms alone, unless its entry says otherwise", async () => {
    const gateway = await gatewayOver({ azure: withKey, openai: atOpenAi });
    const answer = await postJson(gateway.url, json);
    expect([answer.status, answer.headers["x-litellm-model-id"]]).toEqual([200, "openai"]);
    expect(await arrived()).toHaveLength(1);
    await gateway.stop();
  });
});

describe("Entra", () => {
  const authority = () => ({ AZURE_AUTHORITY_HOST: simulator.url });

  test("a token of one's own goes in Authorization, and no key beside it", async () => {
    const form = {
      grant_type: "client_credentials",
      client_id: "my-client",
      client_secret: "my-secret",
      scope: "https://cognitiveservices.azure.com/.default",
    };
    const url = `${simulator.url}/my-tenant/oauth2/v2.0/token`;
    const issued = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
    const { access_token: token } = (await issued.json()) as { access_token: string };
    const gateway = await gatewayOver(
      { azure: { ...atAzure, azure_ad_token: "os.environ/MY_TOKEN" } },
      { environment: { MY_TOKEN: token, AZURE_API_KEY: "not-this-one" } },
    );
    expect((await edit(gateway)).status).toBe(200);
    const [request] = await arrived();
    expect(request?.headers["authorization"]).toBe(`Bearer ${token}`);
    expect(request?.headers).not.toHaveProperty("api-key");
    await gateway.stop();
  });

  test("an application gets one token for all its edits, also those that come at once", async () => {
    const gateway = await gatewayOver(
      { azure: { ...atAzure, ...ofApplication } },
      { environment: authority() },
    );
    const answers = await Promise.all(Array.from({ length: 8 }, () => edit(gateway)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(await questions()).toHaveLength(1);
    const requests = await arrived();
    expect(new Set(requests.map(({ headers }) => headers["authorization"])).size).toBe(1);
    expect(requests.every(({ key, headers }) => key === "my-client" && !("api-key" in headers))).toBe(true);
    expect(gateway.logLines().join("\n")).not.toMatch(/my-secret|entra-/);
    await gateway.stop();
  });

  test("a client cannot send an Authorization of its own in the token's place", async () => {
    const gateway = await gatewayOver(
      { azure: { ...atAzure, ...ofApplication } },
      { environment: authority() },
      { general_settings: { forward_client_headers_to_llm_api: true } },
    );
    const headers = { authorization: "Bearer sk-client", "x-forwarded": "yes" };
    expect((await sendEdit(gateway.url, { fields: { model: "edits" }, headers })).status).toBe(200);
    const [request] = await arrived();
    expect(request?.headers["authorization"]).toMatch(/^Bearer entra-\w+$/);
    expect(request?.headers["x-forwarded"]).toBe("yes");
    await gateway.stop();
  });

  test("a token is renewed before it ends, and no edit fails for it", async () => {
    const shortLived = await startSimulator({ azure: { ...azure, tokenLifetimeSeconds: 2 } });
    const gateway = await gatewayOver(
      { azure: { ...atAzure, ...ofApplication, api_base: shortLived.url } },
      { environment: { AZURE_AUTHORITY_HOST: shortLived.url } },
      { router_settings: { num_retries: 0 } },
    );
    const statuses = new Set<number>();
    await until(async () => {
      statuses.add((await edit(gateway)).status);
      const asked = (await shortLived.requests()).filter(({ path }) => path.includes("/oauth2/"));
      return asked.length >= 3;
    });
    expect([...statuses]).toEqual([200]);
    await gateway.stop();
    await shortLived.stop();
  });

  test.each([
    ["that is refused", { client_secret: "hunter2" }, {}, "401 invalid_client"],
    // Nothing listens on port 1.
    [
      "whose issuer is not there",
      {},
      { AZURE_AUTHORITY_HOST: "http://127.0.0.1:1" },
      "connection failed (ECONNREFUSED)",
    ],
  ])("an application %s is a failed attempt, and others serve", async (_, params, environment, reason) => {
    const gateway = await gatewayOver(
      { azure: { ...atAzure, ...ofApplication, ...params }, openai: atOpenAi },
      { environment: { ...authority(), ...environment } },
    );
    const answer = await edit(gateway);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-attempts"]).toBe(
      `azure: no token from Microsoft Entra: ${reason}, openai: ok`,
    );
    expect(gateway.logLines().join("\n")).not.toContain("hunter2");

    const alone = await gatewayOver(
      { azure: { ...atAzure, ...ofApplication, ...params } },
      { environment: { ...authority(), ...environment } },
      { router_settings: { num_retries: 0 } },
    );
    const failed = await edit(alone);
    expect(failed.status).toBe(502);
    expect(errorOf(failed).message).toBe(
      `No complete answer from the upstream: no token from Microsoft Entra: ${reason}.`,
    );
    expect(await arrived()).toHaveLength(1);
    await gateway.stop();
    await alone.stop();
  });

  test("token and edit go over HTTPS, through the deployment's proxy", async () => {
    const relay = await Relay.before(simulator, selfSignedCertificate(["resource.test", "login.test"]));
    const proxy = await OutboundProxy.listen({
      "resource.test:443": relay.port,
      "login.test:443": relay.port,
    });
    const gateway = await gatewayOver(
      {
        azure: {
          ...atAzure,
          ...ofApplication,
          api_base: "https://resource.test",
          outbound_proxy: `http://${proxy.address}`,
        },
      },
      {
        environment: { AZURE_AUTHORITY_HOST: "https://login.test", NODE_EXTRA_CA_CERTS: "authority.pem" },
        files: { "authority.pem": relay.certificate },
      },
    );
    expect((await edit(gateway)).status).toBe(200);
    expect(proxy.asked).toEqual(["CONNECT login.test:443", "CONNECT resource.test:443"]);
    await gateway.stop();
    proxy.close();
    relay.close();
  });
});
