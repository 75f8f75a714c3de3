import OpenAI, { toFile } from "openai";
import { type FormPart, postForm } from "./form-request.js";
import { pictureCalled } from "./pictures.js";
import { type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: configFor(simulator) });
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

const streamedEdit: readonly FormPart[] = [
  { name: "model", content: "gpt-image-1" },
  { name: "prompt", content: "Add a red hat" },
  { name: "stream", content: "true" },
  { name: "partial_images", content: "3" },
  { name: "image", content: pictureCalled("streamed"), fileName: "a.png", type: "image/png" },
];

interface StreamedEvent {
  readonly name: string;
  readonly data: {
    readonly type: string;
    readonly b64_json: string;
    readonly partial_image_index?: number;
    readonly usage?: { readonly total_tokens: number };
  };
}

function eventsIn(body: Buffer): StreamedEvent[] {
  const blocks = body.toString("utf8").split("\n\n");
  expect(blocks.pop()).toBe("");
  return blocks.map((block) => {
    const [, name = "", data = "null"] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? [];
    return { name, data: JSON.parse(data) as StreamedEvent["data"] };
  });
}

const fourEvents = [
  "image_edit.partial_image",
  "image_edit.partial_image",
  "image_edit.partial_image",
  "image_edit.completed",
];

it("three partial images and the completed one, with the cost in the trailer", async () => {
  const answer = await postForm(gateway.url, streamedEdit);
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
  expect(answer.headers["trailer"]).toContain("x-litellm-response-cost");
  // A stream's cost is not known when it begins.
  expect(answer.headers).not.toHaveProperty("x-litellm-response-cost");

  const events = eventsIn(answer.body);
  expect(events.map(({ name }) => name)).toEqual(fourEvents);
  expect(events.map(({ data }) => data.type)).toEqual(fourEvents);
  expect(events.map(({ data }) => data.partial_image_index)).toEqual([0, 1, 2, undefined]);
  expect(events.map(({ data }) => data.usage !== undefined)).toEqual([false, false, false, true]);

  const [line] = (await simulator.bill()).lines;
  expect(answer.trailers["x-litellm-response-cost"]).toBe(String(Number(line?.nanoUsd) / 1e9));
  expect(Number(answer.trailers["x-litellm-response-duration-ms"])).toBeGreaterThan(0);
});

it("for OpenAI's client", async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  const stream = await client.images.edit({
    model: "gpt-image-1",
    prompt: "Add a red hat",
    image: await toFile(pictureCalled("streamed"), "a.png", { type: "image/png" }),
    stream: true,
    partial_images: 2,
  });
  const seen: string[] = [];
  for await (const event of stream) {
    expect(Buffer.from(event.b64_json, "base64").toString("latin1", 1, 4)).toBe("PNG");
    seen.push(
      event.type === "image_edit.completed" ? `completed ${String(event.usage.total_tokens)}` : event.type,
    );
  }
  const [line] = (await simulator.bill()).lines;
  const tokens = line as unknown as { usage: { total_tokens: number } };
  expect(seen).toEqual([...fourEvents.slice(1, 3), `completed ${String(tokens.usage.total_tokens)}`]);
});

it("each event reaches the client before the next one is made", async () => {
  const event = (type: string, index: number) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, b64_json: "iVBORw0KGgo=", partial_image_index: index })}\n\n`;
  let received = "";
  let wake = (): void => undefined;
  // The upstream holds each event back until the client has the one before: buffered anywhere, this would never end.
  const upstream = await new ScriptedUpstream(async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const index of [0, 1, 2]) {
      const text = event("image_edit.partial_image", index);
      response.write(text);
      while (!received.endsWith(text)) await new Promise<void>((resolve) => (wake = resolve));
    }
    response.end(event("image_edit.completed", 3));
  }).listen();
  try {
    const patient = await startGateway({ config: configFor(upstream) });
    const answer = await postForm(patient.url, streamedEdit, {
      onBytes(bytes) {
        received += bytes.toString("utf8");
        wake();
      },
    });
    expect(eventsIn(answer.body).map(({ name }) => name)).toEqual(fourEvents);
    expect(answer.body.toString("utf8")).toBe(
      [0, 1, 2].map((index) => event("image_edit.partial_image", index)).join("") +
        event("image_edit.completed", 3),
    );
  } finally {
    await upstream.close();
  }
});

it("a stream for which the upstream fails before its first event comes from another deployment", async () => {
  await simulator.setFaults({ count: 1, fault: { kind: "stream-error", afterPartials: 0 } });
  const answer = await postForm(gateway.url, streamedEdit);
  expect(answer.status).toBe(200);
  expect(eventsIn(answer.body).map(({ name }) => name)).toEqual(fourEvents);
  expect(answer.headers["x-litellm-attempted-retries"]).toBe("1");
  expect((await simulator.requests()).map(({ fault }) => fault)).toEqual(["stream-error", null]);
});
