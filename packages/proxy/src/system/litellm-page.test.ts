import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { type AnsweredEdit, editIn, postForm } from "./form-request.js";
import { pictureCalled, sha256 } from "./pictures.js";
import { hasCurl, hasPythonClient, run } from "./programs.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import {
  type RecordedRequest,
  type RunningSimulator,
  simulatorKeys,
  startSimulator,
} from "./running-simulator.js";

/** The page's own config.yaml: https://docs.litellm.ai/docs/image_edits */
const pagesConfig = `model_list:
  - model_name: gpt-image-1
    litellm_params:
      model: gpt-image-1
      api_key: os.environ/OPENAI_API_KEY
`;

const square = { width: 1024, height: 1024 };
const files = {
  "original_image.png": pictureCalled("original", square),
  "mask_image.png": pictureCalled("mask", { ...square, transparent: true }),
  "portrait.png": pictureCalled("portrait", { width: 1024, height: 1536 }),
};

let folder: string;
let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "darkroom-page-"));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  simulator = await startSimulator();
  gateway = await startGateway({
    config: pagesConfig,
    environment: { OPENAI_API_KEY: simulatorKeys.one, OPENAI_BASE_URL: `${simulator.url}/v1` },
  });
});
beforeEach(() => simulator.clear());
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

/** A file of the page, as the clients of this file open it. */
const open = (name: keyof typeof files) => createReadStream(join(folder, name));

/** How large the PNG is that a URL leads to; nothing but the URL is needed to fetch it. */
async function dimensionsAt(url: string): Promise<{ width: number; height: number }> {
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** The one request that has arrived upstream. */
async function arrived(): Promise<RecordedRequest> {
  const requests = await simulator.requests();
  expect(requests).toHaveLength(1);
  return requests[0]!;
}

/** Name and text of each field, name and file of each file. */
function contents({ parts }: RecordedRequest): string[] {
  return (parts ?? []).map(({ name, value, fileName, sha256: hash }) => {
    const file = Object.entries(files).find(([, bytes]) => sha256(bytes) === hash)?.[0];
    return `${name}=${value ?? `${String(fileName)} with the bytes of ${String(file)}`}`;
  });
}

const original = "image=original_image.png with the bytes of original_image.png";
const mask = "mask=mask_image.png with the bytes of mask_image.png";
const portrait = "image=portrait.png with the bytes of portrait.png";
const inAnyOrder = (...expected: string[]) => expected.sort();

describe("with OpenAI's client for Node", () => {
  // Without retries of its own: each test sees what the gateway makes of one request.
  const client = () => new OpenAI({ baseURL: gateway.url, apiKey: "your-api-key", maxRetries: 0 });

  it("a plain edit", async () => {
    const { data: response, response: answer } = await client()
      .images.edit({
        model: "gpt-image-1",
        image: open("original_image.png"),
        prompt: "Add a red hat to the person in the image",
        n: 1,
        size: "1024x1024",
      })
      .withResponse();
    expect(response.data).toHaveLength(1);
    expect(Buffer.from(response.data?.[0]?.b64_json ?? "", "base64").toString("latin1", 1, 4)).toBe("PNG");
    expect(response.usage?.output_tokens).toBeGreaterThan(0);
    expect(answer.headers.get("x-litellm-model-group")).toBe("gpt-image-1");
    expect(answer.headers.get("x-litellm-response-cost")).toMatch(/^0\.\d+$/);
    const request = await arrived();
    expect(contents(request).sort()).toEqual(
      inAnyOrder(
        "model=gpt-image-1",
        original,
        "prompt=Add a red hat to the person in the image",
        "n=1",
        "size=1024x1024",
      ),
    );
    expect(request.key).toBe(simulatorKeys.one);
  });

  it("an edit with a mask, twice", async () => {
    const { data: response, response: answer } = await client()
      .images.edit({
        model: "gpt-image-1",
        image: open("original_image.png"),
        mask: open("mask_image.png"), // Transparent areas will be edited
        prompt: "Replace the background with a beach scene",
        n: 2,
        size: "1024x1024",
        response_format: "url",
      })
      .withResponse();
    expect(answer.headers.get("x-darkroom-dropped")).toBe("response_format");
    expect(answer.headers.get("x-darkroom-response-format")).toBe("url from b64_json");
    expect(response.data?.map((image) => Object.keys(image))).toEqual([["url"], ["url"]]);
    for (const { url = "" } of response.data ?? []) {
      expect(await dimensionsAt(url)).toEqual({ width: 1024, height: 1024 });
    }
    expect(contents(await arrived()).sort()).toEqual(
      inAnyOrder(
        "model=gpt-image-1",
        original,
        mask,
        "prompt=Replace the background with a beach scene",
        "n=2",
        "size=1024x1024",
      ),
    );
  });

  it("the page's size of 512x512, which the model refuses in its own words", async () => {
    const refusal = client().images.edit({
      model: "gpt-image-1",
      image: open("original_image.png"),
      mask: open("mask_image.png"),
      prompt: "Replace the background with a beach scene",
      n: 2,
      size: "512x512",
      response_format: "url",
    });
    await expect(refusal).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    const { status, error } = (await refusal.catch((reason: unknown) => reason)) as InstanceType<
      typeof OpenAI.APIError
    >;
    const direct = await postForm(
      simulator.url,
      [
        { name: "model", content: "gpt-image-1" },
        { name: "image", content: files["original_image.png"], fileName: "a.png", type: "image/png" },
        { name: "prompt", content: "x" },
        { name: "size", content: "512x512" },
      ],
      { headers: { authorization: `Bearer ${simulatorKeys.one}` } },
    );
    expect({ status, error }).toEqual({ status: 400, error: editIn(direct).error });
    expect(error).toMatchObject({ type: "invalid_request_error", param: "size" });
  });

  it("custom parameters: n, user, timeout and a header of one's own", async () => {
    const response = await client().images.edit(
      {
        model: "gpt-image-1",
        image: open("portrait.png"),
        prompt: "Add sunglasses and a smile",
        n: 3,
        size: "1024x1024",
        response_format: "url",
        user: "user-123",
      },
      { timeout: 60_000, headers: { "Custom-Header": "value" } },
    );
    expect(response.data).toHaveLength(3);
    const request = await arrived();
    expect(contents(request).sort()).toEqual(
      inAnyOrder(
        "model=gpt-image-1",
        portrait,
        "prompt=Add sunglasses and a smile",
        "n=3",
        "size=1024x1024",
        "user=user-123",
      ),
    );
    expect(request.headers).not.toHaveProperty("custom-header");
  });

  it("edits at the same time", async () => {
    const responses = await Promise.all(
      [1, 2, 3].map(() =>
        client().images.edit({
          model: "gpt-image-1",
          image: open("original_image.png"),
          prompt: "Make the image look like a painting",
          n: 1,
          size: "1024x1024",
          response_format: "b64_json",
        }),
      ),
    );
    expect(responses.map(({ data }) => data?.length)).toEqual([1, 1, 1]);
  });
});

if (hasPythonClient()) {
  describe("with OpenAI's client for Python", () => {
    const script = (editing: string) =>
      run(
        "python3",
        [
          "-c",
          `from openai import OpenAI

# Initialize client with your proxy URL
client = OpenAI(
    base_url="http://localhost:${String(gateway.port)}",  # Your proxy URL
    api_key="your-api-key"             # Your proxy API key
)
${editing}`,
        ],
        folder,
      );

    it("the page's script, word for word", async () => {
      const output = await script(`
# Edit an image
response = client.images.edit(
    model="gpt-image-1",
    image=open("original_image.png", "rb"),
    prompt="Add a red hat to the person in the image",
    n=1,
    size="1024x1024"
)

print(response)
`);
      expect(output).toMatch(/^ImagesResponse\(created=\d+, /);
      expect(output).toContain("b64_json='iVBORw0KGgo");
      expect(contents(await arrived()).sort()).toEqual(
        inAnyOrder(
          "model=gpt-image-1",
          original,
          "prompt=Add a red hat to the person in the image",
          "n=1",
          "size=1024x1024",
        ),
      );
    });

    it("custom parameters: n, user, timeout and a header of one's own", async () => {
      const output = await script(`
response = client.images.edit(
    model="gpt-image-1",
    image=open("portrait.png", "rb"),
    prompt="Add sunglasses and a smile",
    n=3,
    size="1024x1024",
    response_format="url",
    user="user-123",
    timeout=60,
    extra_headers={"Custom-Header": "value"}
)

print(f"Generated {len(response.data)} image variations")
for i, image_data in enumerate(response.data):
    print(f"Image {i+1}: {image_data.url}")
`);
      const shown = output.replace(/http:\/\/localhost:\d+\/v1\/images\/files\/\S+/g, "URL");
      expect(shown).toBe("Generated 3 image variations\nImage 1: URL\nImage 2: URL\nImage 3: URL\n");
      expect(contents(await arrived())).toContain("user=user-123");
    });

    it("an edit with a mask of the size that the model refuses", async () => {
      const output = await script(`
import openai
try:
    client.images.edit(
        model="gpt-image-1",
        image=open("original_image.png", "rb"),
        mask=open("mask_image.png", "rb"),  # Transparent areas will be edited
        prompt="Replace the background with a beach scene",
        n=2,
        size="512x512",
        response_format="url"
    )
except openai.BadRequestError as error:
    print(error.status_code, error.param, "512x512" in error.message)
`);
      expect(output).toBe("400 size True\n");
      expect(contents(await arrived())).toEqual(
        expect.arrayContaining([original, mask, "n=2", "size=512x512"]),
      );
    });
  });
}

if (hasCurl) {
  it("the page's curl, answered with a URL", async () => {
    const output = await run(
      "sh",
      [
        "-c",
        `curl -sS -i -X POST "http://localhost:${String(gateway.port)}/v1/images/edits" \\
  -H "Authorization: Bearer your-api-key" \\
  -F "model=gpt-image-1" \\
  -F "image=@original_image.png" \\
  -F "mask=@mask_image.png" \\
  -F "prompt=Add a beautiful sunset in the background" \\
  -F "n=1" \\
  -F "size=1024x1024" \\
  -F "response_format=url"
`,
      ],
      folder,
    );
    const [head = "", body = ""] = output.replace(/^(HTTP\/1.1 100 Continue\r\n\r\n)+/, "").split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(head).toMatch(/^x-darkroom-dropped: response_format\r?$/m);
    const { data } = JSON.parse(body) as AnsweredEdit;
    expect(data?.map((image) => Object.keys(image))).toEqual([["url"]]);
    expect(await dimensionsAt(data?.[0]?.url ?? "")).toEqual({ width: 1024, height: 1024 });
    // curl sends its fields in the order they are given.
    expect(contents(await arrived())).toEqual([
      "model=gpt-image-1",
      original,
      mask,
      "prompt=Add a beautiful sunset in the background",
      "n=1",
      "size=1024x1024",
    ]);
  });
}

describe("LiteLLM's routes", () => {
  const parts = [
    { name: "prompt", content: "Add a red hat" },
    {
      name: "image",
      content: files["original_image.png"],
      fileName: "original_image.png",
      type: "image/png",
    },
  ];

  it.each([
    ["/v1/images/edits", "Authorization"],
    ["/images/edits", "Authorization"],
    ["/openai/deployments/gpt-image-1/images/edits?api-version=2025-04-01-preview", "api-key"],
  ])("%s", async (path, keyHeader) => {
    const form = new FormData();
    for (const { name, content, fileName, type } of parts) {
      if (typeof content === "string") form.set(name, content);
      else form.set(name, new Blob([new Uint8Array(content)], { type }), fileName);
    }
    if (!path.includes("deployments")) form.set("model", "gpt-image-1");
    const answer = await fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { [keyHeader]: "your-api-key" },
      body: form,
    });
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as AnsweredEdit).data).toHaveLength(1);
    expect(answer.headers.get("x-litellm-model-group")).toBe("gpt-image-1");
    expect(contents(await arrived()).sort()).toEqual(
      inAnyOrder("model=gpt-image-1", original, "prompt=Add a red hat"),
    );
  });
});
