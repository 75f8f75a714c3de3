import { createHmac } from "node:crypto";
import {
  createReadStream,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import sharp from "sharp";
import { type Answer, type FormPart, editIn, postForm, postJson, send } from "./form-request.js";
import { pictureCalled, png, sha256 } from "./pictures.js";
import { hasCurl, hasPrlimit, hasPythonClient, run } from "./programs.js";
import { type GatewayOptions, type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

let simulator: RunningSimulator;
const scripted: ScriptedUpstream[] = [];
beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.clear());
afterAll(async () => {
  await stopAll();
  for (const upstream of scripted) await upstream.close();
});

const photo: FormPart = { name: "image", content: png(), fileName: "photo.png", type: "image/png" };
const edit = (fields: Readonly<Record<string, string>> = {}): FormPart[] => [
  ...Object.entries({ model: "gpt-image-1", prompt: "Add a red hat", ...fields }).map(([name, content]) => ({
    name,
    content,
  })),
  photo,
];

/** A gateway over the simulator, or over another upstream. */
const gatewayFor = (
  settings: Readonly<Record<string, unknown>> = {},
  parameters: Readonly<Record<string, unknown>> = {},
  options: GatewayOptions = {},
): Promise<RunningGateway> => {
  const keys = { one: simulatorKeys.one };
  const config = configFor(simulator, { keys, parameters, settings: { general_settings: settings } });
  return startGateway({ config, ...options });
};

const urlsIn = (answer: Answer): string[] => (editIn(answer).data ?? []).map(({ url = "" }) => url);
const bytesIn = (answer: Answer): Buffer[] =>
  (editIn(answer).data ?? []).map(({ b64_json = "" }) => Buffer.from(b64_json, "base64"));
const sizeOf = async (image: Buffer): Promise<string> => {
  const { width, height, format } = await sharp(image).metadata();
  return `${format} ${String(width)}x${String(height)}`;
};

/** The same edit as the simulator itself answers it. */
async function drawn(fields: Readonly<Record<string, string>>): Promise<Buffer[]> {
  const headers = { authorization: `Bearer ${simulatorKeys.one}` };
  return bytesIn(await postForm(simulator.url, edit(fields), { headers }));
}

/** An upstream whose first answer is the edit's, and every further one the image's. */
async function upstreamWith(
  answer: (url: string) => string,
  giveImage: (response: http.ServerResponse) => void,
): Promise<ScriptedUpstream> {
  const upstream: ScriptedUpstream = await new ScriptedUpstream((response, number) => {
    if (number > 0) return giveImage(response);
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(answer(`${upstream.url}/files/1.png`));
  }).listen();
  scripted.push(upstream);
  return upstream;
}

describe("response_format=url where the upstream only gives base64", () => {
  it("gives URLs that anyone can fetch, with the bytes that were drawn", async () => {
    const gateway = await gatewayFor({ master_key: "sk-gateway" });
    const headers = { authorization: "Bearer sk-gateway" };
    const answer = await postForm(gateway.url, edit({ response_format: "url", n: "2" }), { headers });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "x-darkroom-response-format": "url from b64_json",
      "x-darkroom-dropped": "response_format",
      "content-length": String(answer.body.length),
    });
    const expected = await drawn({ n: "2" });
    const fetched = await Promise.all(urlsIn(answer).map((url) => send(url)));
    expect(fetched.map(({ body }) => sha256(body))).toEqual(expected.map(sha256));
    expect(fetched.map(({ status }) => status)).toEqual([200, 200]);
    expect(fetched[0]?.headers).toMatchObject({
      "content-type": "image/png",
      "x-content-type-options": "nosniff",
      "content-length": String(expected[0]?.length),
      "cache-control": "private, max-age=3600",
    });
    expect(fetched[0]?.headers["content-disposition"]).toMatch(/^inline; filename="[0-9a-f]{32}\.png"$/);
    expect(await send(urlsIn(answer)[0] ?? "", { method: "HEAD" })).toMatchObject({
      status: 200,
      body: Buffer.alloc(0),
      headers: { "content-length": String(expected[0]?.length) },
    });
    // Neither the URL nor its signature is in the log.
    expect(gateway.logLines().join("\n")).not.toContain("signature=");

    const folder = join(gateway.running.folder, "data", "images");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([
      0o600, 0o600,
    ]);
  });

  it("changes nothing else of the answer", async () => {
    const image = pictureCalled("odd");
    const text = (given: string) =>
      `\r\n{ "odd" : 12345678901234567890.50, "data":[ {"url":null,"revised_prompt":"caf\\u00e9 \\"url\\"" , ${given} , "b64":1}\t] ,"usage":{"input_tokens":1,"total_tokens":2,"output_tokens":1,"input_tokens_details":{"text_tokens":1,"image_tokens":0}},"size":"1024x1024" }\n`;
    const upstream = await upstreamWith(
      () => text(`"b64_json" : "${image.toString("base64").replaceAll("/", "\\/")}"`),
      () => undefined,
    );
    const gateway = await gatewayFor({}, { api_base: `${upstream.url}/v1` });
    const answer = await postForm(gateway.url, edit({ response_format: "url" }));
    const [url = ""] = [/http[^"]*/.exec(answer.body.toString())?.[0]];
    expect(answer.body.toString()).toBe(text(`"url" : "${url}"`).replace('"url":null', '"b64_json":null'));
    expect((await send(url)).body).toEqual(image);
  });

  it("of a JSON edit too", async () => {
    const gateway = await gatewayFor();
    const image_url = `data:image/png;base64,${png().toString("base64")}`;
    const body = { model: "gpt-image-1", prompt: "x", images: [{ image_url }], response_format: "url" };
    const answer = await postJson(gateway.url, body);
    expect(answer.headers["x-darkroom-response-format"]).toBe("url from b64_json");
    expect((await send(urlsIn(answer)[0] ?? "")).status).toBe(200);
  });

  it("URLs survive a restart, and are void when they were changed, have expired, or had to make room", async () => {
    const folder = mkdtempSync(join(tmpdir(), "darkroom-data-"));
    const options = { arguments: ["--data-dir", folder] };
    try {
      const before = await gatewayFor({}, {}, options);
      const url = new URL(urlsIn(await postForm(before.url, edit({ response_format: "url" })))[0] ?? "");
      await before.stop();

      const gateway = await gatewayFor({ keep_images_count: 2 }, {}, options);
      const at = (change: (copy: URL) => void): Promise<Answer> => {
        const copy = new URL(`${gateway.url}${url.pathname}${url.search}`);
        change(copy);
        return send(copy.href);
      };
      expect((await at(() => undefined)).status).toBe(200);

      const later = String(Number(url.searchParams.get("expires")) + 1);
      const refusals = [
        await at((copy) => copy.searchParams.set("expires", later)),
        await at((copy) => copy.searchParams.delete("signature")),
        await at(
          (copy) =>
            (copy.pathname = copy.pathname.replace(/[0-9a-f](?=\.png$)/, (x) => (x === "0" ? "1" : "0"))),
        ),
      ];
      for (const refused of refusals) {
        expect([refused.status, editIn(refused).error]).toEqual([
          403,
          {
            message: "This URL was not made by this gateway.",
            type: "invalid_request_error",
            param: null,
            code: "invalid_signature",
          },
        ]);
      }

      // Signed with the gateway's own key, for a time that is over.
      const key = readFileSync(join(folder, "image-url-key"), "utf8").trim();
      const name = url.pathname.split("/").at(-1) ?? "";
      const signature = createHmac("sha256", key).update(`${name}\n1000`).digest("base64url");
      const expired = await at((copy) => (copy.search = `?expires=1000&signature=${signature}`));
      expect([expired.status, editIn(expired).error?.code]).toEqual([410, "url_expired"]);

      const younger = await postForm(gateway.url, edit({ response_format: "url", n: "2" }));
      const evicted = await at(() => undefined);
      expect([evicted.status, editIn(evicted).error?.code]).toEqual([404, "file_not_found"]);
      for (const next of urlsIn(younger)) expect((await send(next)).status).toBe(200);
      expect(readdirSync(join(folder, "images"))).toHaveLength(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("a folder that cannot be written does not cost the client its answer", async () => {
    const gateway = await gatewayFor();
    writeFileSync(join(gateway.running.folder, "data"), "a file, no folder");
    const answer = await postForm(gateway.url, edit({ response_format: "url", n: "2" }));
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json: the image could not be kept");
    expect(bytesIn(answer).map(sha256)).toEqual((await drawn({ n: "2" })).map(sha256));
    await gateway.running.printed(/an answer could not be converted/);
    expect(
      (await simulator.requests()).filter(({ headers }) => headers["user-agent"] === "darkroom"),
    ).toHaveLength(1);

    rmSync(join(gateway.running.folder, "data"));
    const next = await postForm(gateway.url, edit({ response_format: "url" }));
    expect(next.headers["x-darkroom-response-format"]).toBe("url from b64_json");
  });

  if (hasPrlimit) {
    it("nor does a disk that is full half-way through the second image", async () => {
      const gateway = await gatewayFor();
      const sizes = (await drawn({ n: "2" })).map(({ length }) => length);
      const limit = Math.min(...sizes) - 100;
      await run("prlimit", ["--pid", String(gateway.process.pid), `--fsize=${String(limit)}`], "/");
      const answer = await postForm(gateway.url, edit({ response_format: "url", n: "2" }));
      expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json: the image could not be kept");
      expect(bytesIn(answer)).toHaveLength(2);
      await until(() => readdirSync(join(gateway.running.folder, "data", "images")).length === 0);
    });
  }

  it("nor an image larger than all that may be kept", async () => {
    const gateway = await gatewayFor({ keep_images_mb: 0.0001 });
    const answer = await postForm(gateway.url, edit({ response_format: "url" }));
    expect(answer.headers["x-darkroom-response-format"]).toBe(
      "b64_json: the image is larger than all that may be kept",
    );
    expect(bytesIn(answer)).toHaveLength(1);
  });

  it("can be turned off: nothing is written and nothing served", async () => {
    const gateway = await gatewayFor({ keep_images: false });
    const answer = await postForm(gateway.url, edit({ response_format: "url" }));
    expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json: this gateway keeps no images");
    expect(bytesIn(answer)).toHaveLength(1);
    expect(readdirSync(gateway.running.folder)).toEqual(["config.yaml"]);
    const served = await send(`${gateway.url}/v1/images/files/${"0".repeat(32)}.png?expires=1&signature=x`);
    expect([served.status, editIn(served).error?.code]).toEqual([404, "unknown_route"]);
  });

  it("begins its URLs as the client called the gateway, or as the operator says", async () => {
    const headers = { "x-forwarded-host": "images.example.com", "x-forwarded-proto": "https" };
    const parts = edit({ response_format: "url" });
    const plain = await gatewayFor();
    const trusting = await gatewayFor({ use_x_forwarded_host: true });
    const named = await gatewayFor({ public_url: "https://example.com/darkroom" });
    expect(urlsIn(await postForm(plain.url, parts, { headers }))[0]).toContain(
      `${plain.url}/v1/images/files/`,
    );
    expect(urlsIn(await postForm(trusting.url, parts, { headers }))[0]).toMatch(
      /^https:\/\/images\.example\.com\/v1\/images\/files\//,
    );
    expect(urlsIn(await postForm(named.url, parts, { headers }))[0]).toMatch(
      /^https:\/\/example\.com\/darkroom\/v1\/images\/files\//,
    );
  });

  it("a stream carries base64 all the same, and says so", async () => {
    const gateway = await gatewayFor();
    const answer = await postForm(gateway.url, edit({ response_format: "url", stream: "true" }));
    expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json: events carry no URLs");
    expect(answer.body.toString()).toContain("event: image_edit.completed");
    expect(readdirSync(gateway.running.folder)).toEqual(["config.yaml"]);
  });

  it("dall-e-2 gives URLs of its own, which stay what they are", async () => {
    const gateway = await gatewayFor();
    const answer = await postForm(
      gateway.url,
      edit({ model: "dall-e-2", response_format: "url", size: "256x256" }),
    );
    expect(answer.headers).not.toHaveProperty("x-darkroom-response-format");
    expect(urlsIn(answer)[0]).toContain(`${simulator.url}/files/`);
  });
});

describe("b64_json where the upstream gives URLs", () => {
  const image = pictureCalled("fetched", { extra: Buffer.alloc(300_000, 3) });
  const withUrl = (url: string): string => `{"created":1,"data":[{"url":${JSON.stringify(url)}}],"x":1}`;

  it.each([
    ["was asked for", { model: "dall-e-2", response_format: "b64_json" }],
    ["is all that the model knows", { model: "gpt-image-1" }],
  ])("fetches them where it %s", async (_why, fields) => {
    const upstream = await upstreamWith(withUrl, (response) => response.end(image));
    const gateway = await gatewayFor({}, { api_base: `${upstream.url}/v1` });
    const answer = await postForm(gateway.url, edit(fields));
    expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json from url");
    expect(answer.body.toString()).toBe(
      `{"created":1,"data":[{"b64_json":"${image.toString("base64")}"}],"x":1}`,
    );
    expect(answer.headers["content-length"]).toBe(String(answer.body.length));
    // The key is the deployment's, not its picture host's.
    expect(upstream.arrived.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${simulatorKeys.one}`,
      undefined,
    ]);
  });

  it("takes the image out of a URL that holds it", async () => {
    const text = image.toString("base64");
    const upstream = await upstreamWith(
      () => withUrl(`data:image/png;base64,${text}`),
      (response) => response.end(),
    );
    const gateway = await gatewayFor({}, { api_base: `${upstream.url}/v1` });
    const answer = await postForm(gateway.url, edit());
    expect(answer.body.toString()).toBe(`{"created":1,"data":[{"b64_json":"${text}"}],"x":1}`);
    expect(upstream.arrived).toHaveLength(1);
  });

  it.each<[string, string | undefined, (response: http.ServerResponse) => void, string]>([
    [
      "of a private host",
      "http://169.254.169.254/latest",
      (response) => response.end(image),
      "its host is not public",
    ],
    ["that are none", "file:///etc/passwd", (response) => response.end(image), "its URL is not of the web"],
    ["that lead nowhere", undefined, (response) => response.writeHead(404).end(), "status 404"],
    [
      "that lead to a page",
      undefined,
      (response) => response.end("<html>Sign in</html>"),
      "what is there is no image",
    ],
  ])("leaves URLs %s as they are, and says why", async (_what, url, give, reason) => {
    const upstream = await upstreamWith((own) => withUrl(url ?? own), give);
    const gateway = await gatewayFor({}, { api_base: `${upstream.url}/v1` });
    const answer = await postForm(gateway.url, edit({ response_format: "b64_json" }));
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-response-format"]).toBe(
      `url: the image could not be fetched: ${reason}`,
    );
    expect(answer.body.toString()).toBe(withUrl(url ?? `${upstream.url}/files/1.png`));
  });

  it("a client that is gone is fetched nothing for, and the gateway goes on", async () => {
    const leave = new AbortController();
    let isGone = false;
    const upstream = await upstreamWith(withUrl, (response) => {
      response.once("close", () => {
        isGone = true;
      });
      leave.abort();
    });
    const gateway = await gatewayFor({}, { api_base: `${upstream.url}/v1` });
    await expect(postForm(gateway.url, edit(), { signal: leave.signal })).rejects.toThrow();
    await until(() => isGone);
    expect((await send(`${gateway.url}/health/readiness`)).status).toBe(200);
    await until(() => gateway.logLines().some((line) => line.includes('"status":499')));
  });

  it("a shutdown waits for the answer", async () => {
    let give: (() => void) | undefined;
    const upstream = await upstreamWith(withUrl, (response) => {
      give = () => response.end(image);
    });
    const gateway = await gatewayFor({}, { api_base: `${upstream.url}/v1` });
    const answer = postForm(gateway.url, edit());
    await until(() => give !== undefined);
    gateway.process.kill("SIGTERM");
    await until(async () => (await send(`${gateway.url}/`).catch(() => undefined)) === undefined);
    give?.();
    expect((await answer).headers["x-darkroom-response-format"]).toBe("b64_json from url");
    expect(await gateway.running.ended).toEqual({ code: 0, signal: null });
  });
});

describe("size_fit", () => {
  const usd = ({ headers }: Answer): string | undefined => headers["x-litellm-response-cost"]?.toString();

  it("draws the next size and scales it, for the cost of what was drawn", async () => {
    const gateway = await gatewayFor();
    const answer = await postForm(
      gateway.url,
      edit({ size: "512x512", size_fit: "true", n: "2", quality: "low" }),
    );
    expect(answer.headers["x-darkroom-size-fit"]).toBe("512x512 from 1024x1024");
    expect(await Promise.all(bytesIn(answer).map(sizeOf))).toEqual(["png 512x512", "png 512x512"]);
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
    const gateway = await gatewayFor();
    const answer = await postForm(gateway.url, edit({ size: "512x512", size_fit: "false" }));
    expect([answer.status, editIn(answer).error?.param]).toEqual([400, "size"]);
  });

  it("of a size that no drawn one covers, too", async () => {
    const gateway = await gatewayFor();
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
    const gateway = await gatewayFor({}, { api_base: `${drawing.url}/v1` });
    const fields = { model, size, size_fit: "true", ...(format === "png" ? {} : { output_format: format }) };
    const answer = await postForm(gateway.url, edit({ ...fields, response_format: "b64_json" }));
    expect(answer.headers["x-darkroom-size-fit"]).toBe(told);
    expect(await Promise.all(bytesIn(answer).map(sizeOf))).toEqual([`${format} ${size}`]);
    const [line] = (await drawing.bill()).lines;
    await drawing.stop();
    expect(Math.round(Number(usd(answer)) * 1e9)).toBe(Number(line?.nanoUsd));
  });

  it("dall-e-2's URLs, as it gives them by itself, become the gateway's", async () => {
    const gateway = await gatewayFor();
    const answer = await postForm(
      gateway.url,
      edit({ model: "dall-e-2", size: "300x200", size_fit: "true" }),
    );
    const [url = ""] = urlsIn(answer);
    expect(url).toContain(gateway.url);
    expect(await sizeOf((await send(url)).body)).toBe("png 300x200");
  });

  it("of a JSON edit, and as the deployment says", async () => {
    const gateway = await gatewayFor({}, { size_fit: true });
    const image_url = `data:image/png;base64,${png().toString("base64")}`;
    const body = { model: "gpt-image-1", prompt: "x", images: [{ image_url }] };
    // OpenAI's JSON edits know no such size, so only the gateway can have made it.
    const answer = await postJson(gateway.url, { ...body, size: "512x512" });
    expect(answer.headers["x-darkroom-size-fit"]).toBe("512x512 from 1024x1024");
    expect(await Promise.all(bytesIn(answer).map(sizeOf))).toEqual(["png 512x512"]);
    expect((await postJson(gateway.url, { ...body, size: "512x512", size_fit: false })).status).toBe(400);
  });

  it("an image that cannot be scaled comes as it was drawn, and that is said", async () => {
    const broken = Buffer.concat([png().subarray(0, 40), Buffer.alloc(100)]);
    const text = `{"created":1,"data":[{"b64_json":"${broken.toString("base64")}"}],"size":"1024x1024"}`;
    const upstream = await upstreamWith(
      () => text,
      () => undefined,
    );
    const gateway = await gatewayFor({}, { api_base: `${upstream.url}/v1` });
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

  it("scaled images that cannot be kept come in base64", async () => {
    const gateway = await gatewayFor({ keep_images: false });
    const answer = await postForm(
      gateway.url,
      edit({ size: "512x512", size_fit: "true", response_format: "url" }),
    );
    expect(answer.headers).toMatchObject({
      "x-darkroom-size-fit": "512x512 from 1024x1024",
      "x-darkroom-response-format": "b64_json: this gateway keeps no images",
    });
    expect(await Promise.all(bytesIn(answer).map(sizeOf))).toEqual(["png 512x512"]);
  });

  it("is refused for a stream, and what is no switch is refused by name", async () => {
    const gateway = await gatewayFor();
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
    const gateway = await gatewayFor();
    const parts = edit({ size: "256x256", size_fit: "true", response_format: "url", n: "2" });
    const answers = await Promise.all(Array.from({ length: 12 }, () => postForm(gateway.url, parts)));
    const urls = answers.flatMap(urlsIn);
    expect(new Set(urls).size).toBe(24);
    for (const url of urls) expect(await sizeOf((await send(url)).body)).toBe("png 256x256");
  });
});

describe("LiteLLM's page, word for word, with gpt-image-1 and size_fit in the config", () => {
  let folder: string;
  let gateway: RunningGateway;
  const square = { width: 1024, height: 1024 };
  beforeAll(async () => {
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
  afterAll(() => rmSync(folder, { recursive: true }));
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
    expect(await Promise.all(images.map(({ body }) => sizeOf(body)))).toEqual(["png 512x512", "png 512x512"]);
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
      expect(await sizeOf(readFileSync(join(folder, "curled.png")))).toBe("png 512x512");
    });
  }
});
