import { type PartSeen, owed, readAgain, readDirectly, seen } from "./arrived-parts.js";
import { type FormPart, editIn, postForm } from "./form-request.js";
import { noise, pictureCalled, webp } from "./pictures.js";
import { type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

/** `edits` falls back to `spare`; a request without a model is for `edits`. */
const groups = { edits: "gpt-image-1", spare: "gpt-image-2" };
const settings = {
  router_settings: { num_retries: 1, fallbacks: [{ edits: ["spare"] }] },
  general_settings: { default_model: "edits" },
};
const failing = { kind: "status", status: 500 };

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: configFor(simulator, { groups, settings }) });
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

const square = { width: 256, height: 256 };
/** Bytes that are dangerous to whoever reads forms by lines, by text or by halves. */
const dangerous = Buffer.concat([
  Buffer.from(
    '\r\n\r\n--\r\n------boundary-of-a-tes\r\nContent-Disposition: form-data; name="n"\r\n\r\n9\r\n\0\xff\xfe',
    "latin1",
  ),
  noise(100_000, "dangerous"),
]);
const model: FormPart = { name: "model", content: "edits" };
const prompt: FormPart = { name: "prompt", content: "Ein roter Hut,\r\n  猫 & \u{1f3a9}\n--" };
const image: FormPart = {
  name: "image",
  content: pictureCalled("image", { ...square, extra: dangerous }),
  fileName: "photo.png",
  type: "image/png",
};
const mask: FormPart = {
  name: "mask",
  content: pictureCalled("mask", { ...square, transparent: true, extra: dangerous }),
  fileName: "mask.png",
  type: "image/png",
};
const images = (...names: readonly string[]): FormPart[] =>
  names.map((fileName) => ({
    name: "image[]",
    content: pictureCalled(fileName),
    fileName,
    type: "image/png",
  }));

/** Forms that the upstream accepts. */
const accepted: readonly (readonly [string, readonly FormPart[]])[] = [
  ["the model first", [model, image, mask, prompt]],
  ["the model last", [image, mask, prompt, model]],
  ["the model twice", [prompt, { name: "model", content: "spare" }, image, model]],
  ["no model", [prompt, image]],
  [
    "every field of OpenAI's",
    [
      { name: "n", content: "2" },
      model,
      { name: "size", content: "1536x1024" },
      { name: "quality", content: "low" },
      { name: "background", content: "opaque" },
      { name: "output_format", content: "jpeg" },
      { name: "output_compression", content: "80" },
      { name: "input_fidelity", content: "high" },
      { name: "moderation", content: "low" },
      image,
      prompt,
      mask,
      { name: "user", content: "" },
    ],
  ],
  [
    "images between fields",
    [images("1.png")[0]!, prompt, ...images("2.png", "3.png"), model, ...images("4.png")],
  ],
  [
    "names of many kinds",
    [
      model,
      prompt,
      ...images(
        "猫 \u{1f3a9} и шляпа.png",
        "curl%22quoted%22.png",
        String.raw`backslash\"quoted\".png`,
        String.raw`C:\fakepath\photo.png`,
        "../../photo.png",
        "a;b=c&d.png",
        "100%25.png",
        "same.png",
        "same.png",
      ),
    ],
  ],
];

/** Forms that the upstream refuses, which is not the gateway's to decide. */
const refused: readonly (readonly [string, readonly FormPart[]])[] = [
  [
    "unknown fields",
    [{ name: "complexity", content: "low" }, model, image, prompt, { name: "new[]", content: "1" }],
  ],
  [
    "unknown files",
    [
      model,
      { name: "markup", content: dangerous, fileName: "markup.bin", type: "application/x-markup" },
      image,
      { name: "tags", content: "no tags, but a file of that name", fileName: "tags.txt", type: "text/css" },
      prompt,
    ],
  ],
];

async function sent(parts: readonly FormPart[]) {
  const direct = await readDirectly(simulator, parts);
  await simulator.clear();
  return direct;
}

const arrivals = async (): Promise<PartSeen[][]> =>
  (await simulator.requests()).map(({ parts }) => seen(parts));

describe.each(accepted)("%s", (_, parts) => {
  let direct: PartSeen[];
  beforeEach(async () => {
    direct = await sent(parts);
    expect(direct).toHaveLength(parts.length);
  });

  it("arrives on the first attempt", async () => {
    const answer = await postForm(gateway.url, parts);
    expect(answer.status).toBe(200);
    expect(await arrivals()).toEqual([owed(direct, "gpt-image-1")]);
  });

  it("arrives again on a retry", async () => {
    await simulator.setFaults({ count: 1, fault: failing });
    const answer = await postForm(gateway.url, parts);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-litellm-attempted-retries"]).toBe("1");
    expect(await arrivals()).toEqual([owed(direct, "gpt-image-1"), owed(direct, "gpt-image-1")]);
  });

  it("arrives again at a fallback", async () => {
    await simulator.setFaults({ model: "gpt-image-1", fault: failing });
    const answer = await postForm(gateway.url, parts);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-litellm-model-group"]).toBe("spare");
    const first = owed(direct, "gpt-image-1");
    expect(await arrivals()).toEqual([first, first, owed(direct, "gpt-image-2")]);
  });
});

describe.each(refused)("%s", (_, parts) => {
  it("arrive, and the upstream's refusal is the answer", async () => {
    const direct = await sent(parts);
    const answer = await postForm(gateway.url, parts);
    expect(answer.status).toBe(400);
    expect(editIn(answer).error?.code).toBe("unknown_parameter");
    expect(await arrivals()).toEqual([owed(direct, "gpt-image-1")]);
  });

  it("arrive on every attempt and at the fallback", async () => {
    const direct = await sent(parts);
    const broken = await new ScriptedUpstream((response) => {
      response.writeHead(500, { "content-type": "application/json" }).end('{"error":{"message":"broken"}}');
    }).listen();
    try {
      const config = [
        configFor(broken, { groups: { edits: "gpt-image-1" } }),
        configFor(simulator, { groups: { spare: "gpt-image-2" }, settings }).replace("model_list:\n", ""),
      ];
      const falling = await startGateway({ config: config.join("") });
      // Of two failures the client is told the first group's.
      expect((await postForm(falling.url, parts)).status).toBe(500);

      const atFallback = await arrivals();
      expect(atFallback).toEqual([owed(direct, "gpt-image-2")]);
      const [first, retried, ...others] = broken.arrived;
      expect(others).toEqual([]);
      expect(retried?.body.equals(first!.body)).toBe(true);
      expect(await readAgain(simulator, first!.body, first!.headers["content-type"])).toEqual(
        owed(direct, "gpt-image-1"),
      );
    } finally {
      await broken.close();
    }
  });
});

it.each([
  ["none", undefined],
  ["one that says nothing", "application/octet-stream"],
])("files that come with a type like %s get that of their bytes, on every attempt", async (_, type) => {
  const typed = (part: FormPart) => {
    const { type: _type, ...rest } = part;
    return type === undefined ? rest : { ...rest, type };
  };
  const animal: FormPart = { name: "image[]", content: webp(), fileName: "animal.webp" };
  const parts = [model, typed({ ...image, name: "image[]" }), typed(animal), prompt];
  const direct = await sent(parts);
  expect(direct.map((part) => part.type)).toEqual([null, type ?? null, type ?? null, null]);
  await simulator.setFaults({ count: 1, fault: failing });
  expect((await postForm(gateway.url, parts)).status).toBe(200);
  const types = [null, "image/png", "image/webp", null];
  const expected = owed(direct, "gpt-image-1").map((part, index) => ({
    ...part,
    type: types[index] ?? null,
  }));
  expect(await arrivals()).toEqual([expected, expected]);
});
