import {
  type FormParts,
  goodForm,
  image,
  png,
  postForm,
  postJson,
  type Running,
  start,
  stopAll,
} from "../simulator.test.support.js";

let running: Running;
beforeAll(async () => {
  running = await start({
    files: [
      { id: "file-a", organization: "org-one", picture: "landscape" },
      { id: "file-m", organization: "org-one", picture: "mask" },
      { id: "file-s", organization: "org-one" },
    ],
  });
});
afterAll(stopAll);

const good = (model: string, ...more: FormParts): FormParts => [
  ["model", model],
  ["prompt", "hello"],
  ...more,
];

async function resolved(answer: Response): Promise<Record<string, unknown>> {
  const body = (await answer.json()) as Record<string, unknown>;
  expect({ status: answer.status, error: body["error"] }).toEqual({ status: 200, error: undefined });
  return body;
}

describe("what is accepted", () => {
  it("resolves every auto and every default", async () => {
    const body = await resolved(await postForm(running.url, goodForm));
    expect(body).toMatchObject({
      size: "1024x1024",
      quality: "medium",
      background: "opaque",
      output_format: "png",
    });
    expect(Object.keys(body)).toEqual([
      "created",
      "data",
      "background",
      "output_format",
      "size",
      "quality",
      "usage",
    ]);
    expect(body["created"]).toBe(Math.floor(running.clock.now() / 1000));
  });

  it.each([
    [png(300, 200), "1536x1024"],
    [png(200, 300), "1024x1536"],
    [png(120, 100), "1024x1024"],
    [png(100, 120), "1024x1024"],
    [png(121, 100), "1536x1024"],
  ])("picks the size for auto by the image's shape: %#", async (bytes, size) => {
    const body = await resolved(
      await postForm(running.url, good("gpt-image-1", ["image", image(bytes)], ["size", "auto"])),
    );
    expect(body["size"]).toBe(size);
  });

  it.each(["1024x640", "3840x2160", "2160x3840", "2880x2880", "1536x1024"])(
    "takes %s for gpt-image-2",
    async (size) => {
      const body = await resolved(
        await postForm(running.url, good("gpt-image-2", ["image", image()], ["size", size])),
      );
      expect(body["size"]).toBe(size);
    },
  );

  it.each([
    "gpt-image-1",
    "gpt-image-1-mini",
    "gpt-image-1.5",
    "gpt-image-2",
    "gpt-image-2-2026-04-21",
    "gpt-image-2.5-sunburst",
    "gpt-image-2.6-flare",
    "chatgpt-image-latest",
  ])("%s takes 16 images and every field", async (model) => {
    const fields: FormParts = [
      ["n", "10"],
      ["quality", "high"],
      ["background", "transparent"],
      ["output_format", "webp"],
      ["output_compression", "0"],
      ["user", "someone"],
      ["moderation", "low"],
      ["stream", "false"],
      ["partial_images", "2"],
    ];
    const list: FormParts = Array.from({ length: 16 }, (_, index) => [`image[${index}]`, image()]);
    const body = await resolved(await postForm(running.url, good(model, ...list, ...fields)));
    expect(body).toMatchObject({ quality: "high", background: "transparent", output_format: "webp" });
    expect(body["data"]).toHaveLength(10);
  });

  it.each(["gpt-image-2.5-flare", "gpt-image-2.6-sunburst"])(
    "%s takes the qualities of 2.5",
    async (model) => {
      for (const quality of ["xhigh", "max"]) {
        const body = await resolved(
          await postForm(running.url, good(model, ["image", image()], ["quality", quality])),
        );
        expect(body["quality"]).toBe(quality);
      }
    },
  );

  it.each(["gif", "svg"])("gpt-image-2.6 takes %s, and a complexity", async (format) => {
    const fields: FormParts = [
      ["image", image()],
      ["output_format", format],
      ["complexity", "low"],
    ];
    const body = await resolved(await postForm(running.url, good("gpt-image-2.6-flare", ...fields)));
    expect(body).toMatchObject({ output_format: format, usage: { output_tokens: 610 } });
  });

  it("takes a mask whatever its declared type, and a prompt of exactly the longest length", async () => {
    await resolved(
      await postForm(running.url, [
        ["prompt", "é".repeat(32_000)],
        ["image", image(png(64, 64))],
        ["mask", image(png(64, 64, 0), "application/octet-stream")],
      ]),
    );
  });

  it("without a model it is the specification's default", async () => {
    await resolved(await postForm(running.url, goodForm.slice(1)));
    expect(running.simulator.services.bill.lines.at(-1)?.model).toBe("gpt-image-1.5");
  });

  it("JSON takes data URLs and known files, ignores nulls, and its size is auto by default", async () => {
    const images = [
      { file_id: "file-a" },
      { image_url: `data:image/png;base64,${png(9, 9).toString("base64")}` },
    ];
    const body = await resolved(
      await postJson(running.url, {
        prompt: "hello",
        images,
        n: 2,
        quality: null,
        stream: false,
        moderation: "low",
      }),
    );
    expect(body["size"]).toBe("1536x1024");
    expect(body["data"]).toHaveLength(2);
    await resolved(
      await postJson(running.url, {
        prompt: "x",
        images: [{ file_id: "file-s" }],
        mask: { file_id: "file-m" },
      }),
    );
  });

  it("a type with parameters and in capitals is the same type", async () => {
    await resolved(
      await postForm(
        running.url,
        good("gpt-image-1", ["image", image(png(9, 9), "Image/PNG; charset=binary")]),
      ),
    );
  });

  it("lists the models it serves", async () => {
    const answer = await fetch(`${running.url}/v1/models`, {
      headers: { authorization: "Bearer sk-simulator-two" },
    });
    const list = (await answer.json()) as { data: { id: string; object: string }[] };
    expect(list.data.map(({ id }) => id)).toContain("gpt-image-2-2026-04-21");
    expect(answer.headers.get("openai-organization")).toBe("org-two");
  });
});

describe("dall-e-2", () => {
  const form = good("dall-e-2", ["image", image()], ["size", "256x256"]);

  it("answers URLs that serve the picture for 60 minutes", async () => {
    const body = await resolved(await postForm(running.url, [...form, ["n", "2"]]));
    expect(Object.keys(body)).toEqual(["created", "data"]);
    const [first] = body["data"] as { url: string }[];
    expect(Object.keys(first ?? {})).toEqual(["url"]);
    const picture = await fetch(first?.url ?? "");
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/png"]);
    expect(
      Buffer.from(await picture.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
    running.clock.advance(60 * 60 * 1000 - 1);
    expect((await fetch(first?.url ?? "")).status).toBe(200);
    running.clock.advance(1);
    expect((await fetch(first?.url ?? "")).status).toBe(404);
  });

  it("answers base64 if asked, and bills by the picture", async () => {
    const body = await resolved(
      await postForm(running.url, [...form, ["n", "3"], ["response_format", "b64_json"]]),
    );
    expect(body["usage"]).toBeUndefined();
    expect(
      (body["data"] as { b64_json: string }[]).every(({ b64_json }) => b64_json.startsWith("iVBORw0KGgo")),
    ).toBe(true);
    expect(running.simulator.services.bill.lines.at(-1)).toMatchObject({
      nanoUsd: "48000000",
      images: 3,
      usage: null,
    });
  });
});
