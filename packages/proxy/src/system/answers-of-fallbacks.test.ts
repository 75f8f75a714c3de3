import { postForm } from "./form-request.js";
import { bytesIn, edit, urlsIn } from "./formed-answers.js";
import { configFor, type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

let simulator: RunningSimulator;
let gateway: RunningGateway;
beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({
    config: configFor(simulator, {
      keys: { one: simulatorKeys.one },
      settings: {
        router_settings: {
          num_retries: 0,
          disable_cooldowns: true,
          fallbacks: [{ "dall-e-2": ["gpt-image-1"] }, { "gpt-image-1": ["dall-e-2"] }],
        },
      },
    }),
  });
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

it.each([
  ["dall-e-2", "url", "url", "url from b64_json"],
  ["dall-e-2", "b64_json", "b64_json", undefined],
  ["dall-e-2", undefined, "url", "url from b64_json"],
  ["gpt-image-1", "url", "url", undefined],
  ["gpt-image-1", "b64_json", "b64_json", undefined],
  ["gpt-image-1", undefined, "b64_json", "b64_json from url"],
])("who asks for %s and %s gets %s from a fallback of another family", async (model, asked, given, told) => {
  await simulator.setFaults({ model, fault: { kind: "status", status: 500 } });
  const fields = { model, size: "1024x1024", ...(asked === undefined ? {} : { response_format: asked }) };
  const answer = await postForm(gateway.url, edit(fields));
  expect(answer.status).toBe(200);
  expect(answer.headers["x-litellm-attempted-fallbacks"]).toBe("1");
  expect(answer.headers["x-darkroom-response-format"]).toBe(told);
  const image =
    given === "url"
      ? Buffer.from(await (await fetch(urlsIn(answer)[0] ?? "")).arrayBuffer())
      : bytesIn(answer)[0];
  expect(image?.subarray(1, 4).toString()).toBe("PNG");
  // The field goes to those alone that do not refuse it.
  const requests = (await simulator.requests()).filter(({ parts }) => parts !== null);
  const sent = requests.map(({ parts }) => [
    parts?.find(({ name }) => name === "model")?.value,
    parts?.find(({ name }) => name === "response_format")?.value,
  ]);
  const ofDallE = ["dall-e-2", asked];
  const ofGptImage = ["gpt-image-1", undefined];
  expect(sent).toEqual(model === "dall-e-2" ? [ofDallE, ofGptImage] : [ofGptImage, ofDallE]);
});
