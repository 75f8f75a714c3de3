import sharp from "sharp";
import { type FormParts, image, postForm, start, stopAll } from "../simulator.test.support.js";

afterEach(stopAll);

interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** A grey picture with some shape to it, of one dimension the answer has too, so that nothing is rescaled. */
function scene(width = 1024, height = 1024): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#808080"/><circle cx="300" cy="300" r="200" fill="#d0d0d0"/></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** Opaque, but for a transparent box. */
function maskWithHole(left: number, top: number, right: number, bottom: number): Promise<Buffer> {
  const pixels = Buffer.alloc(1024 * 1024 * 4, 255);
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) pixels[(y * 1024 + x) * 4 + 3] = 0;
  }
  return sharp(pixels, { raw: { width: 1024, height: 1024, channels: 4 } })
    .png()
    .toBuffer();
}

/** The pictures of an edit with gpt-image-1 and a prompt, unless the parts name others. */
async function edit(parts: FormParts, seed = 1): Promise<Buffer[]> {
  const { url } = await start({ draw: true, seed });
  const usual: FormParts = [
    ["model", "gpt-image-1"],
    ["prompt", "Paint the town red"],
  ];
  const kept = usual.filter(([name]) => !parts.some(([other]) => other === name));
  const answer = await postForm(url, [...kept, ...parts]);
  const body = (await answer.json()) as { data?: { b64_json: string }[] };
  if (body.data === undefined) throw new Error(JSON.stringify(body));
  return body.data.map(({ b64_json }) => Buffer.from(b64_json, "base64"));
}

async function pixelsOf(file: Buffer | undefined): Promise<Pixels> {
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** How many pixels of a box differ beyond rounding. */
function changedIn(
  one: Pixels,
  other: Pixels,
  left: number,
  top: number,
  right: number,
  bottom: number,
): number {
  let changed = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const at = (y * one.width + x) * 4;
      if (
        differs(one.data, other.data, at) ||
        differs(one.data, other.data, at + 1) ||
        differs(one.data, other.data, at + 2)
      ) {
        changed += 1;
      }
    }
  }
  return changed;
}

function differs(one: Buffer, other: Buffer, at: number): boolean {
  return Math.abs((one[at] ?? 0) - (other[at] ?? 0)) > 2;
}

async function isOpaque(file: Buffer | undefined): Promise<boolean> {
  return (await sharp(file).stats()).isOpaque;
}

describe("an edit", () => {
  it("changes every pixel that the mask leaves transparent, and no other", async () => {
    const original = await scene();
    const [file] = await edit([
      ["image", image(original)],
      ["mask", image(await maskWithHole(200, 300, 800, 700))],
    ]);
    const [before, after] = [await pixelsOf(original), await pixelsOf(file)];
    const inside = changedIn(before, after, 200, 300, 800, 700);
    expect(changedIn(before, after, 0, 0, 1024, 1024)).toBe(inside);
    expect(inside).toBeGreaterThan(0.99 * 600 * 400);
  });

  it("without a mask changes the whole picture", async () => {
    const original = await scene();
    const [file] = await edit([["image", image(original)]]);
    const changed = changedIn(await pixelsOf(original), await pixelsOf(file), 0, 0, 1024, 1024);
    expect(changed).toBeGreaterThan(0.99 * 1024 * 1024);
  });

  it("of dall-e-2 without a mask changes what the image itself leaves transparent", async () => {
    const original = await maskWithHole(100, 100, 500, 400);
    const [file] = await edit([
      ["model", "dall-e-2"],
      ["image", image(original)],
      ["response_format", "b64_json"],
    ]);
    const [before, after] = [await pixelsOf(original), await pixelsOf(file)];
    const inside = changedIn(before, after, 100, 100, 500, 400);
    expect(changedIn(before, after, 0, 0, 1024, 1024)).toBe(inside);
    expect(inside).toBeGreaterThan(0.95 * 400 * 300); // the letters are white, and so was what lay under them
    expect([await isOpaque(original), await isOpaque(file)]).toEqual([false, true]);
  });

  it("writes the prompt: white letters on a dark plate, others for another prompt", async () => {
    const picture = await scene();
    const [[one], [other]] = await Promise.all([
      edit([["image", image(picture)]]),
      edit([
        ["image", image(picture)],
        ["prompt", "Paint the town blue"],
      ]),
    ]);
    expect(one?.equals(other ?? Buffer.alloc(0))).toBe(false);
    const { data, width } = await pixelsOf(one);
    let [white, dark] = [0, 0];
    for (let y = 400; y < 624; y += 1) {
      for (let x = 200; x < 824; x += 1) {
        const at = (y * width + x) * 4;
        const sum = (data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0);
        if (sum > 740) white += 1;
        if (sum < 250) dark += 1;
      }
    }
    expect(white).toBeGreaterThan(5000);
    expect(dark).toBeGreaterThan(5000);
  });

  it("is the same bytes for the same seed, and others for another seed or number", async () => {
    const parts = [
      ["image", image(await scene(64, 64))],
      ["n", "2"],
    ] as const;
    const [first, again, otherSeed] = await Promise.all([edit(parts, 1), edit(parts, 1), edit(parts, 2)]);
    expect(again.map((file, index) => file.equals(first[index] ?? Buffer.alloc(0)))).toEqual([true, true]);
    expect(first[0]?.equals(first[1] ?? Buffer.alloc(0))).toBe(false);
    expect(first[0]?.equals(otherSeed[0] ?? Buffer.alloc(0))).toBe(false);
  });

  it.each([
    ["png", "1024x1024"],
    ["jpeg", "1536x1024"],
    ["webp", "1024x1536"],
    ["gif", "1024x640"],
    ["svg", "1024x1024"],
  ])("answers %s of %s", async (format, size) => {
    const [file] = await edit([
      ["model", "gpt-image-2.6-flare"],
      ["image", image(await scene(300, 200))],
      ["output_format", format],
      ["size", size],
    ]);
    const metadata = await sharp(file).metadata();
    expect([metadata.format, `${metadata.width}x${metadata.height}`]).toEqual([format, size]);
    const { isOpaque } = await sharp(file).stats();
    expect(isOpaque).toBe(true);
  });

  it("an SVG shows the picture that a PNG would", async () => {
    const parts: FormParts = [
      ["model", "gpt-image-2.6-flare"],
      ["image", image(await scene())],
    ];
    const [[svg], [plain]] = await Promise.all([
      edit([...parts, ["output_format", "svg"]]),
      edit([...parts, ["output_format", "png"]]),
    ]);
    const [shown, drawn] = await Promise.all([pixelsOf(svg), pixelsOf(plain)]);
    expect(shown.data.equals(drawn.data)).toBe(true);
  });

  it("compresses more where less is asked for", async () => {
    const parts = (compression: string) =>
      scene().then(
        (picture) =>
          [
            ["image", image(picture)],
            ["output_format", "jpeg"],
            ["output_compression", compression],
          ] as const,
      );
    const [[coarse], [fine]] = await Promise.all([edit(await parts("0")), edit(await parts("100"))]);
    expect(coarse?.length).toBeLessThan((fine?.length ?? 0) / 3);
  });

  it("leaves the corners transparent if a transparent background is asked for, and fills them if not", async () => {
    const parts = (background: string) =>
      scene().then(
        (picture) =>
          [
            ["image", image(picture)],
            ["background", background],
          ] as const,
      );
    const [[clear], [filled]] = await Promise.all([
      edit(await parts("transparent")),
      edit(await parts("opaque")),
    ]);
    const [one, other] = [await pixelsOf(clear), await pixelsOf(filled)];
    expect([one.data[3], other.data[3]]).toEqual([0, 255]);
    expect(one.data[(512 * 1024 + 512) * 4 + 3]).toBe(255);
  });

  it("shows the further images too", async () => {
    const [picture, red] = [
      await scene(),
      await sharp({ create: { width: 50, height: 50, channels: 3, background: "#ff0000" } })
        .webp()
        .toBuffer(),
    ];
    const [file] = await edit([
      ["image[]", image(picture)],
      ["image[]", image(red, "image/webp")],
    ]);
    const { data } = await pixelsOf(file);
    const at = ((1024 - 50) * 1024 + 60) * 4;
    const [r = 0, g = 0, b = 0] = data.subarray(at, at + 3);
    expect(r > 240 && g < 15 && b < 15).toBe(true);
  });

  it("of a picture that is broken further on is refused and not billed", async () => {
    const whole = await sharp(await scene())
      .jpeg()
      .toBuffer();
    const broken = Buffer.concat([whole.subarray(0, 300), Buffer.alloc(100)]);
    await expect(edit([["image", image(broken, "image/jpeg")]])).rejects.toThrow("invalid_image_file");
  });

  it("streams coarser pictures first", async () => {
    const { url } = await start({ draw: true });
    const answer = await postForm(url, [
      ["prompt", "x"],
      ["image", image(await scene())],
      ["stream", "true"],
      ["partial_images", "2"],
    ]);
    const files = (await answer.text())
      .trim()
      .split("\n\n")
      .map((event) => (JSON.parse(event.split("data: ")[1] ?? "") as { b64_json: string }).b64_json)
      .map((base64) => Buffer.from(base64, "base64"));
    const [coarse, finer, finished] = await Promise.all(files.map(pixelsOf));
    if (coarse === undefined || finer === undefined || finished === undefined)
      throw new Error("three pictures were expected");
    expect([coarse.width, finer.height]).toEqual([1024, 1024]);
    const whole = [0, 0, 1024, 1024] as const;
    expect(changedIn(finer, finished, ...whole)).toBeGreaterThan(0);
    expect(changedIn(finer, finished, ...whole)).toBeLessThan(changedIn(coarse, finished, ...whole));
  });
});

describe("without drawing", () => {
  it("the answer has the asked dimensions and the asked length, and is the same each time", async () => {
    const { url } = await start({ answerBytes: 123_456 });
    const files = await Promise.all(
      ["hello", "other"].map(async (prompt) => {
        const answer = await postForm(url, [
          ["prompt", prompt],
          ["image", image()],
          ["size", "1536x1024"],
        ]);
        return Buffer.from(
          ((await answer.json()) as { data: { b64_json: string }[] }).data[0]?.b64_json ?? "",
          "base64",
        );
      }),
    );
    expect(files[0]?.length).toBe(123_456);
    expect(files[0]?.equals(files[1] ?? Buffer.alloc(0))).toBe(true);
    expect(await sharp(files[0]).metadata()).toMatchObject({ format: "png", width: 1536, height: 1024 });
  });
});
