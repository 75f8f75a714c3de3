import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../deployments/deployment.js";
import { editForm } from "./edit-form.js";
import type { ImageEditOptions } from "./image-edit-options.js";

const png = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  Buffer.from("picture"),
]);
const deployment: Deployment = {
  id: "one",
  group: "edits",
  model: "gpt-image-1",
  apiBase: "https://upstream.test/v1",
  apiKey: "sk-test",
  weight: 1,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edit-form-"));
  await writeFile(join(folder, "photo.png"), png);
});
afterAll(() => rm(folder, { recursive: true }));

/** The form as an independent parser reads it. */
async function sent(options: ImageEditOptions): Promise<FormData> {
  const body = await editForm(options, "edits");
  const bytes = Buffer.concat(body.bodyFor(deployment));
  return new Response(bytes, { headers: { "content-type": body.contentType } }).formData();
}

describe("the form of an edit", () => {
  it.each<[string, () => ImageEditOptions["image"], string]>([
    ["a path", () => join(folder, "photo.png"), "photo.png"],
    ["a buffer", () => png, "image"],
    ["a byte array", () => new Uint8Array(png), "image"],
    ["a blob", () => new Blob([png]), "image"],
    ["a file", () => new File([png], "mine.png"), "mine.png"],
    ["a stream", () => createReadStream(join(folder, "photo.png")), "photo.png"],
  ])("takes %s, and gives it the type its bytes show", async (_name, image, fileName) => {
    const form = await sent({ image: image(), prompt: "Add a red hat" });
    const file = form.get("image") as File;
    expect(Buffer.from(await file.arrayBuffer()).equals(png)).toBe(true);
    expect({ name: file.name, type: file.type }).toEqual({ name: fileName, type: "image/png" });
  });

  it("has several images in their order, the mask, and every option under OpenAI's name", async () => {
    const form = await sent({
      image: [png, new File([png], "second.png")],
      mask: png,
      prompt: "Add a red hat",
      n: 2,
      size: "1024x1024",
      quality: "low",
      background: "opaque",
      outputFormat: "webp",
      outputCompression: 80,
      inputFidelity: "high",
      user: "someone",
      extraFields: { complexity: "low" },
    });
    expect(form.getAll("image[]").map((file) => (file as File).name)).toEqual(["image", "second.png"]);
    expect(form.get("mask")).toBeInstanceOf(File);
    expect(Object.fromEntries([...form].filter(([, value]) => typeof value === "string"))).toEqual({
      model: "gpt-image-1",
      prompt: "Add a red hat",
      n: "2",
      size: "1024x1024",
      quality: "low",
      background: "opaque",
      output_format: "webp",
      output_compression: "80",
      input_fidelity: "high",
      user: "someone",
      complexity: "low",
    });
  });

  it("of a file that is not there is the file system's error", async () => {
    await expect(editForm({ image: join(folder, "none.png"), prompt: "x" }, "edits")).rejects.toThrow(
      /ENOENT/,
    );
  });
});
