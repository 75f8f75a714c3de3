import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { type PartSeen, seen } from "./arrived-parts.js";
import { pictureCalled, sha256, webp } from "./pictures.js";
import { hasCurl, hasPythonClient, run } from "./programs.js";
import { type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";

const strangeName = '猫 "und" Hut.png';
const files: Readonly<Record<string, Buffer>> = {
  "animal.webp": webp(),
  "photo.png": pictureCalled("photo", { extra: Buffer.from("\r\n--\r\n\0") }),
  "hat.png": pictureCalled("hat"),
};

let folder: string;
let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "darkroom-clients-"));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  simulator = await startSimulator();
  gateway = await startGateway({ config: configFor(simulator, { groups: { edits: "gpt-image-1" } }) });
});
beforeEach(() => simulator.clear());
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

/** The files of every attempt, the same on each; there have been two, of which the first failed. */
async function filesOfBothAttempts(): Promise<Omit<PartSeen, "length">[]> {
  const attempts = (await simulator.requests()).map(({ parts }) =>
    seen(parts).flatMap(({ length: _length, ...part }) => (part.fileName === null ? [] : [part])),
  );
  expect(attempts).toHaveLength(2);
  expect(attempts[1]).toEqual(attempts[0]);
  return attempts[0]!;
}

const arrived = (name: string, fileName: string, from: string, type = "image/png") => ({
  name,
  fileName,
  type,
  sha256: sha256(files[from]!),
});

// The first attempt of each edit fails, so that the bytes are sent twice.
beforeEach(() => simulator.setFaults({ count: 1, fault: { kind: "status", status: 503 } }));

if (hasCurl) {
  describe("curl", () => {
    const curl = (...flags: string[]) =>
      run("curl", ["-sS", "--fail", `${gateway.url}/v1/images/edits`, "-F", "prompt=x", ...flags], folder);

    it("with a WebP, which it calls an octet stream", async () => {
      await curl("-F", "image=@animal.webp");
      expect(await filesOfBothAttempts()).toEqual([
        arrived("image", "animal.webp", "animal.webp", "image/webp"),
      ]);
    });

    it("with several files and names of its user's choice", async () => {
      await curl(
        "-F",
        'image[]=@photo.png;filename="猫 \\"und\\" Hut.png"',
        "-F",
        "image[]=@hat.png;type=image/png",
        "-F",
        "model=edits",
      );
      expect(await filesOfBothAttempts()).toEqual([
        arrived("image[]", strangeName, "photo.png"),
        arrived("image[]", "hat.png", "hat.png"),
      ]);
    });

    it("with a chunked body", async () => {
      await curl("-H", "Transfer-Encoding: chunked", "-F", "image=@photo.png");
      expect(await filesOfBothAttempts()).toEqual([arrived("image", "photo.png", "photo.png")]);
    });
  });
}

describe("OpenAI's client for Node", () => {
  const client = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });

  it("with buffers, under names of many kinds", async () => {
    const image = [
      await toFile(files["photo.png"]!, strangeName, { type: "image/png" }),
      await toFile(files["hat.png"]!, "hat.png"),
      await toFile(files["animal.webp"]!, "animal.webp"),
    ];
    await client().images.edit({ model: "edits", prompt: "x", image });
    expect(await filesOfBothAttempts()).toEqual([
      arrived("image[]", strangeName, "photo.png"),
      arrived("image[]", "hat.png", "hat.png"),
      arrived("image[]", "animal.webp", "animal.webp", "image/webp"),
    ]);
  });

  it("with an answer of fetch", async () => {
    const body = new Uint8Array(files["photo.png"]!);
    const image = new Response(body, { headers: { "content-type": "image/png" } });
    await client().images.edit({ model: "edits", prompt: "x", image: await toFile(image, "photo.png") });
    expect(await filesOfBothAttempts()).toEqual([arrived("image", "photo.png", "photo.png")]);
  });
});

if (hasPythonClient()) {
  describe("OpenAI's client for Python", () => {
    const edit = (image: string) =>
      run(
        "python3",
        [
          "-c",
          `from io import BytesIO
from openai import OpenAI
client = OpenAI(base_url="${gateway.url}/v1", api_key="any", max_retries=0)
photo = open("photo.png", "rb").read()
client.images.edit(model="edits", prompt="x", image=${image})`,
        ],
        folder,
      );

    it("with bytes in memory, which have no name", async () => {
      await edit("BytesIO(photo)");
      const [file, ...others] = await filesOfBothAttempts();
      expect(others).toEqual([]);
      expect(file).toEqual(arrived("image", file!.fileName!, "photo.png"));
    });

    it("with a list of all that it takes", async () => {
      await edit(
        `[("猫 \\"und\\" Hut.png", photo, "image/png"), open("hat.png", "rb"), ("a.webp", open("animal.webp", "rb"))]`,
      );
      expect(await filesOfBothAttempts()).toEqual([
        arrived("image[]", strangeName, "photo.png"),
        arrived("image[]", "hat.png", "hat.png"),
        arrived("image[]", "a.webp", "animal.webp", "image/webp"),
      ]);
    });
  });
}
