import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { type FormPart, editIn, postForm, postJson } from "./form-request.js";
import { noise, pictureCalled, sha256 } from "./pictures.js";
import { type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

let simulator: RunningSimulator;
let gateway: RunningGateway;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ config: configFor(simulator) });
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

const edit = { model: "gpt-image-1", prompt: "Add a red hat" } as const;
const named = (count: number) =>
  Array.from({ length: count }, (_, index) => `picture ${String(index + 1)}.png`);
const asFile = async (name: string) => toFile(pictureCalled(name), name, { type: "image/png" });

/** Name, file name and hash of the files of the one request that has arrived. */
async function arrivedFiles() {
  const requests = await simulator.requests();
  expect(requests).toHaveLength(1);
  const files = requests[0]!.parts!.filter(({ fileName }) => fileName !== null);
  return files.map(({ name, fileName, sha256: hash, type }) => ({ name, fileName, type, hash }));
}

const expectedFiles = (names: readonly string[]) =>
  names.map((fileName) => ({
    name: names.length > 1 ? "image[]" : "image",
    fileName,
    type: "image/png",
    hash: sha256(pictureCalled(fileName)),
  }));

describe("images", () => {
  it("one", async () => {
    const [name = ""] = named(1);
    const { data } = await client.images.edit({ ...edit, image: await asFile(name) });
    expect(data).toHaveLength(1);
    expect(await arrivedFiles()).toEqual(expectedFiles([name]));
  });

  it.each([1, 2, 16])("a list of %d", async (count) => {
    const image = await Promise.all(named(count).map(asFile));
    const { data } = await client.images.edit({ ...edit, image });
    expect(data).toHaveLength(1);
    expect(await arrivedFiles()).toEqual(expectedFiles(named(count)));
  });

  it("a list of 17 is refused by the upstream, and by no other upstream once more", async () => {
    const image = await Promise.all(named(17).map(asFile));
    const refusal = client.images.edit({ ...edit, image });
    await expect(refusal).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(refusal).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("16") as string,
    });
    expect(await arrivedFiles()).toEqual(expectedFiles(named(17)));
    expect((await simulator.bill()).lines).toEqual([]);
  });

  it("streams of a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "darkroom-images-"));
    try {
      for (const name of named(2)) writeFileSync(join(folder, name), pictureCalled(name));
      const image = named(2).map((name) => createReadStream(join(folder, name)));
      await client.images.edit({ ...edit, image });
      // The client calls every stream an octet stream, which OpenAI refuses: the type is that of the bytes. And it sends
      // first what it has read first.
      expect(new Set(await arrivedFiles())).toEqual(new Set(expectedFiles(named(2))));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ["image repeated", ["image", "image", "image"]],
    ["image[] repeated", ["image[]", "image[]", "image[]"]],
    ["image with numbers", ["image[0]", "image[1]", "image[2]"]],
  ])("%s, as other clients have it", async (_, names) => {
    const files = named(3);
    const parts: FormPart[] = files.map((fileName, index) => ({
      name: names[index] ?? "",
      content: pictureCalled(fileName),
      fileName,
      type: "image/png",
    }));
    const fields = Object.entries(edit).map(([name, content]) => ({ name, content }));
    expect((await postForm(gateway.url, [...parts, ...fields])).status).toBe(200);
    expect(await arrivedFiles()).toEqual(expectedFiles(files));
  });
});

describe("a JSON body", () => {
  const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString("base64")}`;
  const pictures = named(2).map((name) => pictureCalled(name));

  it("with data URLs", async () => {
    const answer = await postJson(gateway.url, {
      ...edit,
      images: pictures.map((bytes) => ({ image_url: dataUrl(bytes) })),
      n: 2,
      moderation: "low",
    });
    expect(answer.status).toBe(200);
    expect(editIn(answer).data).toHaveLength(2);
    const [request, ...others] = await simulator.requests();
    expect(others).toEqual([]);
    expect(request?.headers["content-type"]).toBe("application/json");
    expect(request?.json).toEqual({
      ...edit,
      images: pictures.map((bytes) => ({
        image_url: { dataUrl: "data:image/png;base64", length: bytes.length, sha256: sha256(bytes) },
      })),
      n: 2,
      moderation: "low",
    });
  });

  it("that is refused by the upstream", async () => {
    const answer = await postJson(gateway.url, { ...edit, images: [] });
    expect(answer.status).toBe(400);
    expect(editIn(answer).error).toMatchObject({ type: "invalid_request_error", param: "images" });
  });

  it("that is streamed", async () => {
    const [bytes = Buffer.alloc(0)] = pictures;
    const answer = await postJson(gateway.url, {
      ...edit,
      images: [{ image_url: dataUrl(bytes) }],
      stream: true,
    });
    expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(answer.body.toString()).toMatch(/^event: image_edit.completed\ndata: \{/);
  });
});

it("many large edits at the same time, each with its own picture", async () => {
  const mebibytes = 4 * 1024 * 1024;
  const pictures = named(20).map((name) => ({
    name,
    bytes: pictureCalled(name, { extra: noise(mebibytes, name) }),
  }));
  const answers = await Promise.all(
    pictures.map(({ name, bytes }) =>
      postForm(gateway.url, [
        { name: "user", content: name },
        ...Object.entries(edit).map(([field, content]) => ({ name: field, content })),
        { name: "image", content: bytes, fileName: name, type: "image/png" },
      ]),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(pictures.map(() => 200));
  const arrived = (await simulator.requests()).map(({ parts }) => [
    parts?.find(({ name }) => name === "user")?.value,
    parts?.find(({ name }) => name === "image")?.sha256,
  ]);
  expect(new Map(arrived as [string, string][])).toEqual(
    new Map(pictures.map(({ name, bytes }) => [name, sha256(bytes)])),
  );
  expect(arrived).toHaveLength(20);
  // Both organisations have had their share: each edit of twenty goes to the same one once in half a million runs.
  const keys = new Set((await simulator.requests()).map(({ key }) => key));
  expect(keys).toEqual(new Set(Object.values(simulatorKeys)));
});
