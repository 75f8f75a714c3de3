import { createHash } from "node:crypto";
import fc from "fast-check";
import { Response } from "undici";
import type { Deployment } from "../deployments/deployment.js";
import { deployment } from "./deployment.test.support.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import { MultipartBody } from "./multipart-body.js";
import type { Part } from "./part.js";

const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

function field(name: string, value: string): Part {
  return { name, content: [Buffer.from(value)] };
}

function file(name: string, fileName: string, content: Buffer = png, contentType?: string): Part {
  return { name, fileName, content: [content], ...(contentType === undefined ? {} : { contentType }) };
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The parts of a rendered body as undici reads them, `[name, text | [file name, type, hash]]`. */
async function readBack(body: MultipartBody, to: Deployment = deployment) {
  const form = await new Response(Buffer.concat(body.bodyFor(to)), {
    headers: { "content-type": body.contentType },
  }).formData();
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === "string"
        ? [name, value]
        : [name, [value.name, value.type, sha256(Buffer.from(await value.arrayBuffer()))]],
    ),
  );
}

function refusalOf(parts: readonly Part[]): InvalidRequestError {
  try {
    MultipartBody.of(parts);
  } catch (error) {
    if (error instanceof InvalidRequestError) return error;
    throw error;
  }
  throw new Error("the form was accepted");
}

describe("what reaches the upstream", () => {
  test("every part in its order, with the deployment's model in the place of the client's", async () => {
    const body = MultipartBody.of([
      field("prompt", "a café\r\nwith --dashes"),
      file("image", "a.png"),
      field("model", "edits"),
      field("unknown_field", ""),
      file("extra", "notes.txt", Buffer.from("hello"), "text/plain"),
    ]);
    expect(await readBack(body)).toEqual([
      ["prompt", "a café\r\nwith --dashes"],
      ["image", ["a.png", "image/png", sha256(png)]],
      ["model", "gpt-image-2"],
      ["unknown_field", ""],
      ["extra", ["notes.txt", "text/plain", sha256(Buffer.from("hello"))]],
    ]);
    expect(body.model).toBe("edits");
  });

  test("the model once: added where it was not sent, merged where it was sent several times", async () => {
    expect(await readBack(MultipartBody.of([field("prompt", "x")]))).toEqual([
      ["model", "gpt-image-2"],
      ["prompt", "x"],
    ]);
    const body = MultipartBody.of([field("model", "a"), field("prompt", "x"), field("model", "b")]);
    expect(await readBack(body)).toEqual([
      ["model", "gpt-image-2"],
      ["prompt", "x"],
    ]);
    expect(body.model).toBe("b");
  });

  test("no model where the deployment's URL says which one is meant, sent or not", async () => {
    const azure: Deployment = { ...deployment, provider: "azure", apiBase: "https://resource.test" };
    for (const sent of [[], [field("model", "a")], [field("model", "a"), field("model", "b")]]) {
      const body = MultipartBody.of([...sent, field("prompt", "x"), file("image", "a.png")]);
      const rest = [
        ["prompt", "x"],
        ["image", ["a.png", "image/png", sha256(png)]],
      ];
      expect(await readBack(body, azure)).toEqual(rest);
      // The same upload, sent elsewhere before or after, has one.
      expect(await readBack(body)).toEqual([["model", "gpt-image-2"], ...rest]);
      expect(await readBack(body, azure)).toEqual(rest);
    }
  });

  test.each([
    [["image"], ["image"]],
    [["image[]"], ["image"]],
    [["image[0]"], ["image"]],
    [
      ["image", "image"],
      ["image[]", "image[]"],
    ],
    [
      ["image[]", "image[]", "mask[]"],
      ["image[]", "image[]", "mask"],
    ],
    [
      ["image[0]", "image[1]"],
      ["image[]", "image[]"],
    ],
    [["image[a]"], ["image[a]"]],
  ])("images sent as %j are named %j", async (names, expected) => {
    const body = MultipartBody.of(
      names.map((name, index) => file(name, `${index}.png`, Buffer.from([index]))),
    );
    expect((await readBack(body)).slice(1)).toEqual(
      expected.map((name, index) => [name, [`${index}.png`, "text/plain", sha256(Buffer.from([index]))]]),
    );
  });

  test("the gateway's own fields stay behind, in brackets too; files and `user` pass", async () => {
    const own = [
      "metadata",
      "metadata[tags][]",
      "tags[]",
      "mock_response",
      "litellm_trace_id",
      "api_base",
      "no-log",
    ];
    const body = MultipartBody.of([
      ...own.map((name) => field(name, "x")),
      field("num_retries", "3"),
      field("user", "u"),
      field("metadatas", "y"),
      file("tags", "t.bin", png),
    ]);
    expect((await readBack(body)).map(([name]) => name)).toEqual(["model", "user", "metadatas", "tags"]);
    expect(body.valueOf("tags")).toEqual(["x"]);
  });

  test("response_format is left out where the model refuses it, and named", async () => {
    const body = MultipartBody.of([field("response_format", "url")]);
    expect(await readBack(body)).toEqual([["model", "gpt-image-2"]]);
    expect(body.droppedFor(deployment)).toEqual(["response_format"]);
    const older = { ...deployment, model: "dall-e-2" };
    expect(await readBack(body, older)).toEqual([
      ["model", "dall-e-2"],
      ["response_format", "url"],
    ]);
    expect(body.droppedFor(older)).toEqual([]);
    expect(
      body.droppedFor({ ...deployment, model: "my-azure", baseModel: "azure/gpt-image-1" }),
    ).toHaveLength(1);
    expect(MultipartBody.of([]).droppedFor(deployment)).toEqual([]);
    const mistaken = MultipartBody.of([field("response_format", "xml")]);
    expect(mistaken.droppedFor(deployment)).toEqual([]);
    expect(await readBack(mistaken)).toContainEqual(["response_format", "xml"]);
  });

  test("the content's own buffers are sent, with one boundary for every call", () => {
    const parts = [file("image", "a.png"), field("prompt", "x")];
    const body = MultipartBody.of(parts);
    const once = body.bodyFor(deployment);
    for (const { content } of parts) expect(once).toContain(content[0]);
    expect(Buffer.concat(body.bodyFor(deployment))).toEqual(Buffer.concat(once));
    expect(MultipartBody.of(parts).contentType).not.toBe(body.contentType);
  });
});

describe("types", () => {
  test.each([
    [png, undefined, "image/png"],
    [png, "", "image/png"],
    [png, "application/octet-stream", "image/png"],
    [png, "text/plain", "image/png"],
    [png, "image/jpeg", "image/jpeg"],
    [Buffer.from("ffd8ffe000104a464946", "hex"), "application/octet-stream", "image/jpeg"],
    [Buffer.from("RIFF\x10\0\0\0WEBPVP8 ", "latin1"), undefined, "image/webp"],
    [Buffer.from("GIF89a..........", "latin1"), undefined, "image/gif"],
    [Buffer.from("RIFF\x10\0\0\0WAVEfmt ", "latin1"), "application/octet-stream", "application/octet-stream"],
    [Buffer.alloc(0), "application/octet-stream", "application/octet-stream"],
  ])("%# are taken from the bytes where the client's says nothing", (content, sent, expected) => {
    const body = MultipartBody.of([file("image", "a", content, sent)]);
    expect(Buffer.concat(body.bodyFor(deployment)).toString("latin1")).toContain(
      `filename="a"\r\nContent-Type: ${expected}\r\n\r\n`,
    );
  });

  test("are seen over buffers of a byte each", () => {
    const content = [...png].map((byte) => Buffer.from([byte]));
    const body = MultipartBody.of([{ name: "image", fileName: "a", content }]);
    expect(Buffer.concat(body.bodyFor(deployment)).toString("latin1")).toContain("Content-Type: image/png");
  });
});

describe("names", () => {
  test.each([
    ['a"b', 'a\\"b'],
    ["a\\b", "a\\b"],
    ["a\\", "a\\\\"],
    ["a\\\\b", "a\\\\\\b"],
    ['a\\"b', 'a\\\\\\"b'],
    ["a%22b", "a%22b"],
    ["a\r\nb", "a%0D%0Ab"],
    ["猫 [1].png", "猫 [1].png"],
  ])("%j is written as %j", (name, written) => {
    const body = MultipartBody.of([file(name, name), field(name, "v")]);
    const sent = Buffer.concat(body.bodyFor(deployment)).toString("utf8");
    expect(sent).toContain(`form-data; name="${written}"; filename="${written}"\r\n`);
    expect(sent).toContain(`form-data; name="${written}"\r\n`);
  });

  test("any name and content reads back the same", async () => {
    const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/["\\%]/.test(text));
    const content = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ name, fileName: name, content }), { maxLength: 5 }),
        async (files) => {
          const parts = files.map((part) => ({ ...part, name: `x-${part.name}`, contentType: "a/b" }));
          expect((await readBack(MultipartBody.of(parts))).slice(1)).toEqual(
            parts.map((part) => [part.name, [part.fileName, "a/b", sha256(Buffer.concat(part.content))]]),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("what the gateway reads", () => {
  test("parameters and controls, from text", () => {
    const body = MultipartBody.of([
      field("n", "2"),
      field("size", "auto"),
      field("quality", "high"),
      field("stream", "True"),
      field("num_retries", "0"),
      field("timeout", "1.5"),
      field("priority", "3"),
      field("fallbacks", '["b","c"]'),
    ]);
    expect(body.parameters).toEqual({ n: 2, size: "auto", quality: "high", stream: true });
    expect(body.controls).toEqual({ retries: 0, timeoutMs: 1500, priority: 3, fallbacks: ["b", "c"] });
  });

  test("their absence", () => {
    const body = MultipartBody.of([]);
    expect([body.model, body.parameters, body.controls]).toEqual([undefined, { n: 1, stream: false }, {}]);
  });

  test("fallbacks in brackets", () => {
    const body = MultipartBody.of([field("fallbacks[0]", "b"), field("fallbacks[1]", "c")]);
    expect(body.controls.fallbacks).toEqual(["b", "c"]);
  });

  test.each([
    ["n", "0"],
    ["n", "1.5"],
    ["n", "two"],
    ["n", ""],
    ["n", "1e2"],
    ["n", "1001"],
    ["stream", "maybe"],
    ["num_retries", "-1"],
    ["timeout", "0"],
    ["priority", "high"],
    ["timeout", "NaN"],
    ["fallbacks", "b"],
    ["fallbacks", '[{"model":"b","n":2}]'],
    ["fallbacks", '[""]'],
    ["fallbacks", '"b"'],
    ["fallbacks[]", ""],
  ])("%s = %j is refused by name", (name, value) => {
    expect(refusalOf([field(name, value)])).toMatchObject({
      field: name.replace("[]", ""),
      code: "invalid_value",
      status: 400,
    });
  });

  test("two values of a field that decides about cost are refused, two equal ones are not", () => {
    expect(refusalOf([field("n", "1"), field("n", "10")]).field).toBe("n");
    expect(MultipartBody.of([field("n", "2"), field("n", "2")]).parameters.n).toBe(2);
  });

  test.each(["image", "image[]", "mask"])("%s as text is refused by name", (name) => {
    expect(refusalOf([field(name, "[object Object]")])).toMatchObject({
      field: name,
      message: `'${name}' must be uploaded as a file, but it was sent as text.`,
    });
  });
});

test("another size takes the place of the client's, however often it was sent", async () => {
  const body = MultipartBody.of([
    field("size", "512x512"),
    file("size", "size.png"),
    field("size_fit", "true"),
    field("size", "512x512"),
    field("model", "edits"),
  ]);
  const form = await new Response(Buffer.concat(body.bodyFor(deployment, "816x816")), {
    headers: { "content-type": body.contentType },
  }).formData();
  expect([...form.keys()]).toEqual(["size", "size", "size", "model"]);
  expect(form.getAll("size").filter((value) => typeof value === "string")).toEqual(["816x816", "816x816"]);
  expect(body.controls.sizeFit).toBe(true);
});

test.each(["url", "b64_json"])("how the images are wanted is read: %s", (responseFormat) => {
  expect(MultipartBody.of([field("response_format", responseFormat)]).parameters.responseFormat).toBe(
    responseFormat,
  );
  expect(MultipartBody.of([field("response_format", "jpeg")]).parameters.responseFormat).toBeUndefined();
});
