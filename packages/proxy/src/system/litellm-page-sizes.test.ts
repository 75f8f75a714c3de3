import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { send } from "./form-request.js";
import { formatAndSize } from "./formed-answers.js";
import { pictureCalled } from "./pictures.js";
import { hasCurl, hasPythonClient, run } from "./programs.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { simulatorKeys, startSimulator } from "./running-simulator.js";

describe("LiteLLM's page, word for word, with gpt-image-1 and size_fit in the config", () => {
  let folder: string;
  let gateway: RunningGateway;
  const square = { width: 1024, height: 1024 };
  beforeAll(async () => {
    const simulator = await startSimulator();
    folder = mkdtempSync(join(tmpdir(), "darkroom-page-"));
    writeFileSync(join(folder, "original_image.png"), pictureCalled("original", square));
    writeFileSync(join(folder, "mask_image.png"), pictureCalled("mask", { ...square, transparent: true }));
    gateway = await startGateway({
      config: `model_list:
  - model_name: gpt-image-1
    litellm_params:
      model: gpt-image-1
      api_key: os.environ/OPENAI_API_KEY
      size_fit: true
`,
      environment: { OPENAI_API_KEY: simulatorKeys.one, OPENAI_BASE_URL: `${simulator.url}/v1` },
    });
  });
  afterAll(async () => {
    await stopAll();
    rmSync(folder, { recursive: true });
  });
  const open = (name: string) => createReadStream(join(folder, name));

  it("the edit with a mask: two URLs of 512x512", async () => {
    const client = new OpenAI({ baseURL: gateway.url, apiKey: "your-api-key", maxRetries: 0 });
    const response = await client.images.edit({
      model: "gpt-image-1",
      image: open("original_image.png"),
      mask: open("mask_image.png"), // Transparent areas will be edited
      prompt: "Replace the background with a beach scene",
      n: 2,
      size: "512x512",
      response_format: "url",
    });
    const images = await Promise.all((response.data ?? []).map(({ url = "" }) => send(url)));
    expect(await Promise.all(images.map(({ body }) => formatAndSize(body)))).toEqual([
      "png 512x512",
      "png 512x512",
    ]);
  });

  if (hasPythonClient()) {
    it("the same in Python", async () => {
      const output = await run(
        "python3",
        [
          "-c",
          `from openai import OpenAI
import urllib.request

client = OpenAI(base_url="${gateway.url}", api_key="your-api-key")
response = client.images.edit(
    model="gpt-image-1",
    image=open("original_image.png", "rb"),
    mask=open("mask_image.png", "rb"),  # Transparent areas will be edited
    prompt="Replace the background with a beach scene",
    n=2,
    size="512x512",
    response_format="url"
)
for image in response.data:
    print(urllib.request.urlopen(image.url).read()[16:24].hex())
`,
        ],
        folder,
      );
      expect(output).toBe("0000020000000200\n0000020000000200\n");
    });
  }

  if (hasCurl) {
    it("the curl with 512x512 and size_fit, and what its URL leads to", async () => {
      const output = await run(
        "sh",
        [
          "-c",
          `curl -sS -X POST "${gateway.url}/v1/images/edits" \\
  -H "Authorization: Bearer your-api-key" \\
  -F "model=gpt-image-1" \\
  -F "image=@original_image.png" \\
  -F "mask=@mask_image.png" \\
  -F "prompt=Add a beautiful sunset in the background" \\
  -F "n=1" \\
  -F "size=512x512" \\
  -F "size_fit=true" \\
  -F "response_format=url" | grep -o 'http[^"]*' | xargs curl -sS --output curled.png
`,
        ],
        folder,
      );
      expect(output).toBe("");
      expect(await formatAndSize(readFileSync(join(folder, "curled.png")))).toBe("png 512x512");
    });
  }
});
