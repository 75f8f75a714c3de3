import { type Answer, editIn, postForm, postJson, send } from "./form-request.js";
import { bytesIn, edit, formatAndSize, gatewayOver, upstreamWith, urlsIn } from "./formed-answers.js";
import { metricIs } from "./metrics-reading.js";
import { png } from "./pictures.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

describe("size_fit", () => {
  const usd = ({ headers }: Answer): string | undefined => headers["x-litellm-response-cost"]?.toString();

  it("draws the next size and scales it, for the cost of what was drawn", async () => {
    const gateway = await gatewayOver(simulator);
    const answer = await postForm(
      gateway.url,
      edit({ size: "512x512", size_fit: "true", n: "2", quality: "low" }),
    );
    expect(answer.headers["x-darkroom-size-fit"]).toBe("512x512 from 1024x1024");
    expect(await Promise.all(bytesIn(answer).map(formatAndSize))).toEqual(["png 512x512", "png 512x512"]);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ size: "512x512" });
    const [request] = await simulator.requests();
    const sent = request?.parts?.map(({ name, value }) => [name, value]);
    expect(sent).toContainEqual(["size", "1024x1024"]);
    expect(sent?.map(([name]) => name)).not.toContain("size_fit");
    const plain = await postForm(gateway.url, edit({ size: "1024x1024", n: "2", quality: "low" }));
    expect(usd(answer)).toBe(usd(plain));
    expect((await simulator.bill()).lines.map(({ nanoUsd }) => nanoUsd)).toEqual(
      [usd(answer), usd(plain)].map((dollars) => String(Math.round(Number(dollars) * 1e9))),
    );
  });

  it("without it, the upstream's own refusal comes back", async () => {
    const gateway = await gatewayOver(simulator);
    const answer = await postForm(gateway.url, edit({ size: "512x512", size_fit: "false" }));
    expect([answer.status, editIn(answer).error?.param]).toEqual([400, "size"]);
  });

  it("of a size that no drawn one covers, too", async () => {
    const gateway = await gatewayOver(simulator);
    const answer = await postForm(gateway.url, edit({ size: "4000x4000", size_fit: "true" }));
    expect([answer.status, editIn(answer).error?.param]).toEqual([400, "size"]);
  });

  it.each([
    ["gpt-image-2", "500x900", "png", "500x900 from 608x1088"],
    ["dall-e-2", "300x200", "png", "300x200 from 512x512"],
    ["gpt-image-1", "512x512", "jpeg", "512x512 from 1024x1024"],
    ["gpt-image-1", "600x400", "webp", "600x400 from 1536x1024"],
  ])("%s in %s as %s", async (model, size, format, told) => {
    // Pictures that are only prepared are all PNGs.
    const drawing = await startSimulator({ draw: true });
    const gateway = await gatewayOver(drawing);
    const fields = { model, size, size_fit: "true", ...(format === "png" ? {} : { output_format: format }) };
    const answer = await postForm(gateway.url, edit({ ...fields, response_format: "b64_json" }));
    expect(answer.headers["x-darkroom-size-fit"]).toBe(told);
    expect(await Promise.all(bytesIn(answer).map(formatAndSize))).toEqual([`${format} ${size}`]);
    const [line] = (await drawing.bill()).lines;
    await drawing.stop();
    expect(Math.round(Number(usd(answer)) * 1e9)).toBe(Number(line?.nanoUsd));
  });

  it("dall-e-2's URLs, as it gives them by itself, become the gateway's", async () => {
    const gateway = await gatewayOver(simulator);
    const answer = await postForm(
      gateway.url,
      edit({ model: "dall-e-2", size: "300x200", size_fit: "true" }),
    );
    const [url = ""] = urlsIn(answer);
    expect(url).toContain(gateway.url);
    expect(await formatAndSize((await send(url)).body)).toBe("png 300x200");
  });

  it("of a JSON edit, and as the deployment says", async () => {
    const gateway = await gatewayOver(simulator, {}, { size_fit: true });
    const image_url = `data:image/png;base64,${png().toString("base64")}`;
    const body = { model: "gpt-image-1", prompt: "x", images: [{ image_url }] };
    // OpenAI's JSON edits know no such size, so only the gateway can have made it.
    const answer = await postJson(gateway.url, { ...body, size: "512x512" });
    expect(answer.headers["x-darkroom-size-fit"]).toBe("512x512 from 1024x1024");
    expect(await Promise.all(bytesIn(answer).map(formatAndSize))).toEqual(["png 512x512"]);
    expect((await postJson(gateway.url, { ...body, size: "512x512", size_fit: false })).status).toBe(400);
  });

  it("an image that cannot be scaled comes as it was drawn, and that is said", async () => {
    const broken = Buffer.concat([png({ width: 1024, height: 1024 }).subarray(0, 40), Buffer.alloc(100)]);
    const text = `{"created":1,"data":[{"b64_json":"${broken.toString("base64")}"}],"size":"1024x1024"}`;
    const upstream = await upstreamWith(
      () => text,
      () => undefined,
    );
    const gateway = await gatewayOver(upstream);
    const answer = await postForm(
      gateway.url,
      edit({ size: "512x512", size_fit: "true", response_format: "url" }),
    );
    expect(answer.headers).toMatchObject({
      "x-darkroom-size-fit": "1024x1024: the image could not be scaled",
      "x-darkroom-response-format": "url from b64_json",
    });
    expect((await send(urlsIn(answer)[0] ?? "")).body).toEqual(broken);
  });

  it("an image for which there is no memory comes as it was drawn", async () => {
    const gateway = await gatewayOver(simulator, { conversion_memory_mb: 8 });
    const answer = await postForm(gateway.url, edit({ size: "512x512", size_fit: "true" }));
    expect(answer.headers["x-darkroom-size-fit"]).toBe("1024x1024: it would take too much memory");
    expect(JSON.parse(answer.body.toString())).toMatchObject({ size: "1024x1024" });
    expect(await Promise.all(bytesIn(answer).map(formatAndSize))).toEqual(["png 1024x1024"]);
    await metricIs(gateway, "darkroom_conversion_bytes", 0);
  });

  it("scaled images that cannot be kept come in base64", async () => {
    const gateway = await gatewayOver(simulator, { keep_images: false });
    const answer = await postForm(
      gateway.url,
      edit({ size: "512x512", size_fit: "true", response_format: "url" }),
    );
    expect(answer.headers).toMatchObject({
      "x-darkroom-size-fit": "512x512 from 1024x1024",
      "x-darkroom-response-format": "b64_json: this gateway keeps no images",
    });
    expect(await Promise.all(bytesIn(answer).map(formatAndSize))).toEqual(["png 512x512"]);
  });

  it("is refused for a stream, and what is no switch is refused by name", async () => {
    const gateway = await gatewayOver(simulator);
    const streamed = await postForm(gateway.url, edit({ size: "512x512", size_fit: "true", stream: "true" }));
    expect([streamed.status, editIn(streamed).error]).toMatchObject([
      400,
      { param: "size_fit", code: "unsupported_with_stream" },
    ]);
    const unclear = await postForm(gateway.url, edit({ size_fit: "perhaps" }));
    expect([unclear.status, editIn(unclear).error?.param]).toEqual([400, "size_fit"]);
    expect(await simulator.requests()).toHaveLength(0);
  });

  it("many at once, all of them right", async () => {
    const gateway = await gatewayOver(simulator);
    const parts = edit({ size: "256x256", size_fit: "true", response_format: "url", n: "2" });
    const answers = await Promise.all(Array.from({ length: 12 }, () => postForm(gateway.url, parts)));
    const urls = answers.flatMap(urlsIn);
    expect(new Set(urls).size).toBe(24);
    await metricIs(gateway, "darkroom_conversion_bytes", 0);
    for (const url of urls) expect(await formatAndSize((await send(url)).body)).toBe("png 256x256");
  });
});
