import { stringify } from "yaml";
import { selfSignedCertificate } from "./certificate.js";
import { errorOf, imagesIn, picture, sendEdit } from "./edit-request.js";
import type { Answer } from "./form-request.js";
import { OutboundProxy, Relay } from "./outbound-proxy.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

let simulator: RunningSimulator;
let relay: Relay;
let proxy: OutboundProxy;

beforeAll(async () => {
  simulator = await startSimulator();
  relay = await Relay.before(simulator, selfSignedCertificate(["upstream.test", "localhost"]));
  proxy = await OutboundProxy.listen({
    "upstream.test:443": relay.port,
    "plain.test:80": Number(new URL(simulator.url).port),
  });
});

beforeEach(async () => {
  await simulator.clear();
  proxy.forget();
});

afterAll(async () => {
  proxy.close();
  relay.close();
  await stopAll();
});

/** A gateway with one group for each base URL. */
function gatewayWith(
  bases: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Promise<RunningGateway> {
  const models = Object.entries(bases).map(([group, base]) => ({
    model_name: group,
    litellm_params: { model: "openai/gpt-image-1", api_key: simulatorKeys.one, api_base: base },
    model_info: { id: group },
  }));
  return startGateway({
    config: stringify({ model_list: models, router_settings: { num_retries: 0 } }),
    environment: { NODE_EXTRA_CA_CERTS: "authority.pem", ...environment },
    files: { "authority.pem": relay.certificate },
  });
}

const edit = (gateway: RunningGateway, model: string): Promise<Answer> =>
  sendEdit(gateway.url, { fields: { model, timeout: "5" } });

describe("HTTPS_PROXY", () => {
  test.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])("%s: edits go through it", async (variable) => {
    const gateway = await gatewayWith(
      { secure: "https://upstream.test/v1" },
      { [variable]: `http://${proxy.address}` },
    );
    const image = Buffer.concat([picture, Buffer.alloc(1_000_000, 1)]);
    const answer = await sendEdit(gateway.url, { fields: { model: "secure" }, image });
    expect(answer.status).toBe(200);
    expect(imagesIn(answer)).toBe(1);
    expect(proxy.asked).toEqual(["CONNECT upstream.test:443"]);
    const [request] = await simulator.requests();
    expect(request?.headers["host"]).toBe("upstream.test");
    expect(request?.key).toBe(simulatorKeys.one);
    expect(request?.headers).not.toHaveProperty("proxy-authorization");
    expect(request?.parts?.find(({ name }) => name === "image")?.length).toBe(image.length);

    // A second edit needs no second tunnel.
    expect((await edit(gateway, "secure")).status).toBe(200);
    expect(proxy.asked).toHaveLength(1);
    await gateway.stop();
  });

  test("streams come through it event by event", async () => {
    const gateway = await gatewayWith(
      { secure: "https://upstream.test/v1" },
      { HTTPS_PROXY: `http://${proxy.address}` },
    );
    const fields = { model: "secure", stream: "true", partial_images: "1" };
    const answer = await sendEdit(gateway.url, { fields });
    expect(answer.body.toString("utf8").match(/^event: .*$/gm)).toEqual([
      "event: image_edit.partial_image",
      "event: image_edit.completed",
    ]);
    await gateway.stop();
  });

  test("its password goes to it and to nobody else", async () => {
    const gateway = await gatewayWith(
      { secure: "https://upstream.test/v1", elsewhere: "https://elsewhere.test/v1" },
      { HTTPS_PROXY: `http://somebody:proxy-password@${proxy.address}` },
    );
    expect((await edit(gateway, "secure")).status).toBe(200);
    const credentials = Buffer.from("somebody:proxy-password").toString("base64");
    expect(proxy.authorizations).toEqual([`Basic ${credentials}`]);
    const [request] = await simulator.requests();
    expect(JSON.stringify(request?.headers)).not.toContain(credentials);
    const failed = await edit(gateway, "elsewhere");
    expect(failed.status).toBe(502);
    const told = [
      gateway.logLines().join("\n"),
      JSON.stringify(failed.headers),
      failed.body.toString("utf8"),
    ];
    for (const text of told) {
      expect(text).not.toContain("proxy-password");
      expect(text).not.toContain(credentials);
    }
    await gateway.stop();
  });

  test("its refusal is no answer of the upstream's, but a failed attempt like any other", async () => {
    const gateway = await gatewayWith(
      { elsewhere: "https://elsewhere.test/v1", secure: "https://upstream.test/v1" },
      { HTTPS_PROXY: `http://${proxy.address}` },
    );
    const served = await sendEdit(gateway.url, { fields: { model: "elsewhere", fallbacks: '["secure"]' } });
    expect(served.status).toBe(200);
    const reason = "elsewhere: the proxy refused with status 400";
    expect(served.headers["x-darkroom-attempts"]).toBe(`${reason}, secure: ok`);
    proxy.forget();

    const answer = await edit(gateway, "elsewhere");
    expect(answer.status).toBe(502);
    expect(answer.headers["x-darkroom-attempts"]).toBe(reason);
    expect(errorOf(answer)).toMatchObject({ type: "server_error", code: "upstream_connection_error" });
    expect(proxy.asked).toEqual(["CONNECT elsewhere.test:443"]);
    await gateway.stop();
  });

  test("a proxy that is not there is a failed attempt too", async () => {
    const gateway = await gatewayWith(
      { secure: "https://upstream.test/v1" },
      // Nothing listens on port 1.
      { HTTPS_PROXY: "http://127.0.0.1:1" },
    );
    const answer = await edit(gateway, "secure");
    expect(answer.status).toBe(502);
    expect(answer.headers["x-darkroom-attempts"]).toBe("secure: connection refused");
    await gateway.stop();
  });
});

test("HTTP_PROXY: for upstreams without TLS, by a tunnel as well", async () => {
  const gateway = await gatewayWith(
    { plain: "http://plain.test/v1" },
    { HTTP_PROXY: `http://${proxy.address}` },
  );
  expect((await edit(gateway, "plain")).status).toBe(200);
  expect(proxy.asked).toEqual(["CONNECT plain.test:80"]);
  await gateway.stop();
});

describe("what does not go through a proxy", () => {
  const everything = (): Record<string, string> => {
    const url = `http://${proxy.address}`;
    return { HTTPS_PROXY: url, HTTP_PROXY: url, ALL_PROXY: url };
  };

  test("this machine itself, under any of its names", async () => {
    const { port } = new URL(simulator.url);
    const gateway = await gatewayWith(
      {
        address: `http://127.0.0.1:${port}/v1`,
        name: `http://localhost:${port}/v1`,
        secure: `https://localhost:${relay.port}/v1`,
      },
      everything(),
    );
    for (const group of ["address", "name", "secure"]) expect((await edit(gateway, group)).status).toBe(200);
    expect(proxy.asked).toEqual([]);
    await gateway.stop();
  });

  test("the hosts of NO_PROXY", async () => {
    const gateway = await gatewayWith(
      {
        exempt: "https://exempt.test/v1",
        below: "https://below.exempt.test/v1",
        secure: "https://upstream.test/v1",
      },
      { ...everything(), NO_PROXY: "exempt.test,.exempt.test" },
    );
    // Without the proxy nobody knows these names, so the edits fail; which is not asked is what counts.
    expect([502, 504]).toContain((await edit(gateway, "exempt")).status);
    expect([502, 504]).toContain((await edit(gateway, "below")).status);
    expect(proxy.asked).toEqual([]);
    expect((await edit(gateway, "secure")).status).toBe(200);
    expect(proxy.asked).toEqual(["CONNECT upstream.test:443"]);
    await gateway.stop();
  });
});

describe("the upstream's certificate", () => {
  test.each([
    ["is not trusted without NODE_EXTRA_CA_CERTS", "https://upstream.test/v1", ""],
    ["must be for the upstream's name", "https://other.test/v1", "authority.pem"],
  ])("%s", async (_, base, authority) => {
    const proxyOfBoth = await OutboundProxy.listen({
      "upstream.test:443": relay.port,
      "other.test:443": relay.port,
    });
    const gateway = await gatewayWith(
      { secure: base },
      { HTTPS_PROXY: `http://${proxyOfBoth.address}`, NODE_EXTRA_CA_CERTS: authority },
    );
    const answer = await edit(gateway, "secure");
    expect(answer.status).toBe(502);
    expect(proxyOfBoth.asked).toHaveLength(1);
    expect(await simulator.requests()).toEqual([]);
    expect(answer.headers["x-darkroom-attempts"]).toMatch(/^secure: connection failed \(/);
    await gateway.stop();
    proxyOfBoth.close();
  });
});
