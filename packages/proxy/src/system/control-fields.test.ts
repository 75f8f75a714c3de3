import { type PartSeen, owed, readDirectly, seen } from "./arrived-parts.js";
import { type FormPart, editIn, postForm, postJson } from "./form-request.js";
import { pictureCalled } from "./pictures.js";
import { type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";

const groups = { edits: "gpt-image-1", spare: "gpt-image-2" };

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

const edit: readonly FormPart[] = [
  { name: "model", content: "edits" },
  { name: "image", content: pictureCalled("image"), fileName: "a.png", type: "image/png" },
  { name: "prompt", content: "Add a red hat" },
  { name: "user", content: "user-123" },
];

describe("LiteLLM's control fields", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({ config: configFor(simulator, { groups }) });
  });

  const controls: readonly FormPart[] = [
    { name: "fallbacks", content: '["spare"]' },
    { name: "num_retries", content: "1" },
    { name: "timeout", content: "30" },
    { name: "metadata[tags][]", content: "a" },
    { name: "metadata[team]", content: "b" },
    { name: "metadata", content: '{"trace":"c"}' },
    { name: "tags", content: '["d"]' },
    { name: "tags[]", content: "e" },
    { name: "mock_response", content: "f" },
    { name: "litellm_call_id", content: "g" },
    { name: "api_base", content: "http://localhost:1" },
    { name: "api_key", content: "sk-another" },
    { name: "extra_headers", content: '{"x-evil":"h"}' },
    { name: "cache", content: '{"no-cache":true}' },
    { name: "drop_params", content: "true" },
  ];
  // Between the parts of the edit, so that none of those is lost with them.
  const form = controls.flatMap((control, index) => [control, ...edit.slice(index, index + 1)]);

  it("never arrive from a form, on no attempt, and are obeyed", async () => {
    const direct = await readDirectly(simulator, edit);
    await simulator.clear();
    await simulator.setFaults({ model: "gpt-image-1", fault: { kind: "status", status: 500 } });
    const answer = await postForm(gateway.url, form);
    expect(answer.status).toBe(200);
    expect(editIn(answer).data).toHaveLength(1);
    const arrived: PartSeen[][] = (await simulator.requests()).map(({ parts }) => seen(parts));
    const first = owed(direct, "gpt-image-1");
    expect(arrived).toEqual([first, first, owed(direct, "gpt-image-2")]);
  });

  it("never arrive from JSON, on no attempt, and are obeyed", async () => {
    await simulator.setFaults({ model: "gpt-image-1", fault: { kind: "status", status: 500 } });
    const image_url = `data:image/png;base64,${pictureCalled("image").toString("base64")}`;
    const own = { prompt: "Add a red hat", images: [{ image_url }], user: "user-123" };
    const answer = await postJson(gateway.url, {
      fallbacks: ["spare"],
      num_retries: 1,
      timeout: 30,
      ...own,
      metadata: { tags: ["a"] },
      tags: ["b"],
      model: "edits",
      mock_response: "c",
      api_base: "http://localhost:1",
      api_key: "sk-another",
      extra_headers: { "x-evil": "d" },
      litellm_metadata: {},
    });
    expect(answer.status).toBe(200);
    const arrived = (await simulator.requests()).map(({ json }) => json as Record<string, unknown>);
    expect(arrived.map((body) => Object.keys(body))).toEqual(
      [1, 2, 3].map(() => ["prompt", "images", "user", "model"]),
    );
    expect(arrived.map(({ model }) => model)).toEqual(["gpt-image-1", "gpt-image-1", "gpt-image-2"]);
  });
});
