import { stringify } from "yaml";
import { selfSignedCertificate } from "./certificate.js";
import { imagesIn, sendEdit } from "./edit-request.js";
import type { Answer } from "./form-request.js";
import { OutboundProxy, Relay } from "./outbound-proxy.js";
import { type GatewayOptions, type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

/** A gateway with a group for each name, of one deployment. */
function gatewayOver(
  groups: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  options: Omit<GatewayOptions, "config"> = {},
  settings: Readonly<Record<string, unknown>> = {},
): Promise<RunningGateway> {
  const models = Object.entries(groups).map(([group, params]) => ({
    model_name: group,
    litellm_params: { model: "openai/gpt-image-1", api_key: simulatorKeys.one, ...params },
    model_info: { id: group },
  }));
  return startGateway({ config: stringify({ model_list: models, ...settings }), ...options });
}

const edit = (gateway: RunningGateway, model: string): Promise<Answer> =>
  sendEdit(gateway.url, { fields: { model } });

test.each(["", "/", "/v1", "/v1/"])("a base URL may end in '%s'", async (end) => {
  const gateway = await gatewayOver({ edits: { api_base: `${simulator.url}${end}` } });
  const answer = await edit(gateway, "edits");
  expect([answer.status, imagesIn(answer)]).toEqual([200, 1]);
  expect((await simulator.requests()).map(({ path }) => path)).toEqual(["/v1/images/edits"]);
  await gateway.stop();
});

test("organisation, project and extra headers arrive", async () => {
  const gateway = await gatewayOver({
    edits: {
      api_base: simulator.url,
      organization: "org-mine",
      project: "proj_mine",
      extra_headers: { "X-Team": "blue" },
    },
  });
  expect((await edit(gateway, "edits")).status).toBe(200);
  const [request] = await simulator.requests();
  expect(request?.headers).toMatchObject({
    authorization: `Bearer ${simulatorKeys.one}`,
    "openai-organization": "org-mine",
    "openai-project": "proj_mine",
    "x-team": "blue",
  });
  await gateway.stop();
});

describe("another Darkroom", () => {
  test.each<[string, (url: string) => Record<string, unknown>, Record<string, string>]>([
    ["by its address", (url) => ({ api_base: url }), {}],
    ["by its address with /v1", (url) => ({ api_base: `${url}/v1` }), {}],
    ["as litellm_proxy", () => ({ model: "litellm_proxy/gpt-image-1" }), { own: "base" }],
  ])("%s serves, and both tell the same cost", async (_, params, variables) => {
    const behind = await startGateway({
      config: configFor(simulator, { settings: { general_settings: { master_key: "sk-behind" } } }),
    });
    const environment = "own" in variables ? { LITELLM_PROXY_API_BASE: behind.url } : {};
    const before = await gatewayOver(
      { edits: { ...params(behind.url), api_key: "sk-behind" } },
      { environment },
    );
    const answer = await edit(before, "edits");
    expect([answer.status, imagesIn(answer)]).toEqual([200, 1]);
    const cost = answer.headers["x-litellm-response-cost"];
    expect(Number(cost)).toBeGreaterThan(0);
    expect(answer.headers["llm_provider-x-litellm-response-cost"]).toBe(cost);
    expect(answer.headers["x-litellm-model-id"]).toBe("edits");
    expect((await simulator.requests()).map(({ path }) => path)).toEqual(["/v1/images/edits"]);
    await before.stop();
    await behind.stop();
  });
});

describe("outbound_proxy", () => {
  let relay: Relay;
  let own: OutboundProxy;
  let others: OutboundProxy;

  beforeAll(async () => {
    relay = await Relay.before(simulator, selfSignedCertificate(["upstream.test"]));
    const { port } = new URL(simulator.url);
    const ports = { "upstream.test:443": relay.port, [`127.0.0.1:${port}`]: Number(port) };
    own = await OutboundProxy.listen(ports);
    others = await OutboundProxy.listen(ports);
  });
  beforeEach(() => {
    own.forget();
    others.forget();
  });
  afterAll(() => {
    for (const one of [own, others, relay]) one.close();
  });

  test("is the deployment's, whatever HTTPS_PROXY says for the others", async () => {
    const secure = { api_base: "https://upstream.test/v1" };
    const gateway = await gatewayOver(
      { own: { ...secure, outbound_proxy: `http://me:own-password@${own.address}` }, other: secure },
      {
        environment: {
          HTTPS_PROXY: `http://${others.address}`,
          NO_PROXY: "nobody.test",
          NODE_EXTRA_CA_CERTS: "authority.pem",
        },
        files: { "authority.pem": relay.certificate },
      },
    );
    expect((await edit(gateway, "own")).status).toBe(200);
    expect([own.asked, others.asked]).toEqual([["CONNECT upstream.test:443"], []]);
    expect(own.authorizations).toEqual([`Basic ${Buffer.from("me:own-password").toString("base64")}`]);
    expect((await edit(gateway, "other")).status).toBe(200);
    expect(others.asked).toEqual(["CONNECT upstream.test:443"]);
    expect(own.asked).toHaveLength(1);
    expect(JSON.stringify(await simulator.requests())).not.toMatch(/own-password|proxy-authorization/);
    expect(gateway.logLines().join("\n")).not.toContain("own-password");
    await gateway.stop();
  });

  test("is asked even for this machine, since it was named for it", async () => {
    const gateway = await gatewayOver({
      edits: { api_base: simulator.url, outbound_proxy: `http://${own.address}` },
    });
    expect((await edit(gateway, "edits")).status).toBe(200);
    expect(own.asked).toEqual([`CONNECT ${new URL(simulator.url).host}`]);
    await gateway.stop();
  });

  test("none goes straight there, past HTTPS_PROXY", async () => {
    const gateway = await gatewayOver(
      { direct: { api_base: "https://upstream.test/v1", outbound_proxy: "none" } },
      { environment: { HTTPS_PROXY: `http://${others.address}` } },
      { router_settings: { num_retries: 0, timeout: 5 } },
    );
    // Without the proxy nobody knows the name.
    expect([502, 504]).toContain((await edit(gateway, "direct")).status);
    expect(others.asked).toEqual([]);
    await gateway.stop();
  });
});

test("max_connections bounds what reaches a deployment at once; the others wait and are served", async () => {
  const waiting: (() => void)[] = [];
  let most = 0;
  const upstream = await new ScriptedUpstream((response) => {
    most = Math.max(
      most,
      waiting.push(() => response.end('{"created":1,"data":[{"b64_json":"aGVsbG8="}]}')),
    );
  }).listen();
  const gateway = await gatewayOver({ edits: { api_base: upstream.url, max_connections: 2 } });
  const edits = Array.from({ length: 6 }, () => edit(gateway, "edits"));
  for (let answered = 0; answered < 6; answered += 1) {
    await until(() =>
      Promise.resolve(waiting.length > 0 && upstream.arrived.length >= Math.min(6, answered + 2)),
    );
    waiting.shift()?.();
  }
  expect((await Promise.all(edits)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(most).toBe(2);
  await gateway.stop();
  await upstream.close();
});
