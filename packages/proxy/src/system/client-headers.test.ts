import { type FormPart, postForm } from "./form-request.js";
import { png } from "./pictures.js";
import { configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

const masterKey = "sk-gateway-secret";

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

const edit: readonly FormPart[] = [
  { name: "image", content: png(), fileName: "a.png", type: "image/png" },
  { name: "prompt", content: "Add a red hat" },
];

describe("a client's headers", () => {
  const headers = {
    authorization: `Bearer ${masterKey}`,
    "openai-organization": "org-client",
    "openai-project": "project-client",
    "x-api-key": "client-secret",
    "x-litellm-api-key": masterKey,
    "x-goog-api-key": "client-secret",
    "x-our-key": masterKey,
    "x-forwarded-for": "203.0.113.7",
    "x-stainless-os": "Linux",
    "x-litellm-tags": "a",
    "x-request-id": "of-the-client",
    "x-trace": "of-the-client",
    "x-our-team": "darkroom",
    "custom-header": "value",
    cookie: "session=client-secret",
    "user-agent": "client/1",
    accept: "application/json",
  };

  async function arrivedHeaders(isForwarding: boolean) {
    const general_settings = {
      master_key: masterKey,
      litellm_key_header_name: "X-Our-Key",
      forward_client_headers_to_llm_api: isForwarding,
    };
    const gateway = await startGateway({
      config: configFor(simulator, { groups: { edits: "gpt-image-1" }, settings: { general_settings } }),
    });
    await simulator.setFaults({ count: 1, fault: { kind: "status", status: 500 } });
    expect((await postForm(gateway.url, edit, { headers })).status).toBe(200);
    const requests = await simulator.requests();
    expect(requests).toHaveLength(2);
    return requests.map((request) => {
      expect(JSON.stringify(request)).not.toContain("secret");
      expect(request.headers["authorization"]).toBe(`Bearer ${String(request.key)}`);
      expect(Object.values(simulatorKeys)).toContain(request.key);
      return Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== "authorization"));
    });
  }

  const own = {
    accept: "*/*",
    "accept-encoding": "identity",
    connection: "keep-alive",
    "content-length": expect.stringMatching(/^\d+$/) as string,
    "content-type": expect.stringMatching(/^multipart\/form-data; boundary=/) as string,
    host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
    "user-agent": "darkroom",
  };

  it("stay behind, the key first of all", async () => {
    expect(await arrivedHeaders(false)).toEqual([own, own]);
  });

  it("that are the client's own (x-...) go along where the operator says so, and no others", async () => {
    const withOwn = { ...own, "x-trace": "of-the-client", "x-our-team": "darkroom" };
    expect(await arrivedHeaders(true)).toEqual([withOwn, withOwn]);
  });
});
