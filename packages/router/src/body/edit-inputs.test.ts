import sharp from "sharp";
import { InvalidRequestError } from "./invalid-request-error.js";
import { JsonBody } from "./json-body.js";
import { MultipartBody } from "./multipart-body.js";
import type { Part } from "./part.js";

async function picture(width: number, height: number, format: "png" | "jpeg" | "webp"): Promise<Buffer> {
  const background = { r: 10, g: 120, b: 200 };
  return sharp({ create: { width, height, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}

const png = await picture(40, 30, "png");
const jpeg = await picture(200, 100, "jpeg");
const webp = await picture(64, 64, "webp");

function field(name: string, value: string): Part {
  return { name, content: [Buffer.from(value)] };
}

function file(name: string, ...content: Buffer[]): Part {
  return { name, fileName: "a file", content };
}

function json(value: unknown): JsonBody {
  return new JsonBody([Buffer.from(JSON.stringify(value))]);
}

function dataUrl(type: string, bytes: Buffer): string {
  return `data:${type};base64,${bytes.toString("base64")}`;
}

describe("what a form sends", () => {
  test("images in their order with their dimensions, the mask, and the prompt's length in bytes", () => {
    const body = MultipartBody.of([
      field("prompt", "a café"),
      file("image[]", png),
      file("image[0]", jpeg.subarray(0, 7), jpeg.subarray(7)),
      file("mask[]", webp),
    ]);
    expect(body.inputs()).toEqual({
      promptBytes: 7,
      images: [
        { width: 40, height: 30 },
        { width: 200, height: 100 },
      ],
      mask: { width: 64, height: 64 },
    });
  });

  test("an unreadable image is unknown; other files and fields do not count", () => {
    const body = MultipartBody.of([
      file("image", Buffer.from("not a picture")),
      file("attachment", png),
      field("user", "x"),
    ]);
    expect(body.inputs()).toEqual({ promptBytes: 0, images: ["unknown"] });
  });

  test("a prompt that was sent twice counts twice", () => {
    const body = MultipartBody.of([field("prompt", "long and longer"), field("prompt", "ab")]);
    expect(body.inputs().promptBytes).toBe(17);
  });

  test("the files are looked at when they are asked for, and once", () => {
    let reads = 0;
    const content = new Proxy([png], {
      get(target, property): unknown {
        reads += 1;
        return Reflect.get(target, property);
      },
    });
    const body = MultipartBody.of([{ name: "image", fileName: "a.png", contentType: "image/png", content }]);
    const readsOfMaking = reads;
    const first = body.inputs();
    expect(reads).toBeGreaterThan(readsOfMaking);
    const readsOfFirst = reads;
    expect(body.inputs()).toBe(first);
    expect(reads).toBe(readsOfFirst);
  });
});

describe("what a JSON body sends", () => {
  test("data URLs have dimensions; what lies elsewhere is unknown", () => {
    const body = json({
      prompt: "a café",
      images: [
        { image_url: dataUrl("image/png", png) },
        { image_url: dataUrl("image/jpeg", jpeg) },
        { image_url: "https://example.com/photo.png" },
        { file_id: "file-abc" },
      ],
      mask: { image_url: dataUrl("image/webp", webp) },
    });
    expect(body.inputs()).toEqual({
      promptBytes: 7,
      images: [{ width: 40, height: 30 }, { width: 200, height: 100 }, "unknown", "unknown"],
      mask: { width: 64, height: 64 },
    });
  });

  test("the type that a data URL claims does not matter, its bytes do", () => {
    const body = json({ images: [{ image_url: dataUrl("image/png;charset=x", jpeg) }] });
    expect(body.inputs().images).toEqual([{ width: 200, height: 100 }]);
  });

  test.each([
    ["text", "data:image/png,not-base64"],
    ["nothing", "data:image/png;base64,"],
    ["no base64", "data:image/png;base64,%%%%"],
    ["no picture", dataUrl("image/png", Buffer.from("hello"))],
  ])("a data URL with %s is unknown", (_, image_url) => {
    expect(json({ images: [{ image_url }] }).inputs().images).toEqual(["unknown"]);
  });

  test.each([[[null]], [["a"]], [[{ image_url: 1 }]], [{ image_url: "x" }], ["x"]])(
    "references of a wrong shape are unknown: %j",
    (images) => {
      expect(json({ images }).inputs().images).toEqual(["unknown"]);
    },
  );

  test("nothing is nothing", () => {
    expect(json({ images: null, mask: null, prompt: null }).inputs()).toEqual({
      promptBytes: 0,
      images: [],
    });
  });
});

describe("parameters that decide about cost", () => {
  test("are read from forms and JSON alike", () => {
    const form = MultipartBody.of([field("partial_images", "2"), field("input_fidelity", "high")]);
    const expected = { n: 1, stream: false, partialImages: 2, inputFidelity: "high" };
    expect(form.parameters).toEqual(expected);
    expect(json({ partial_images: 2, input_fidelity: "high" }).parameters).toEqual(expected);
  });

  test.each([
    ["partial_images", [field("partial_images", "many")]],
    ["partial_images", [field("partial_images", "1"), field("partial_images", "3")]],
    ["input_fidelity", [field("input_fidelity", "low"), field("input_fidelity", "high")]],
  ])("are refused where they cannot be told: %s", (name, parts) => {
    expect(() => MultipartBody.of(parts)).toThrow(
      expect.objectContaining({ constructor: InvalidRequestError, field: name }) as Error,
    );
  });
});
