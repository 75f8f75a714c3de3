import { createHmac, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorOf } from "./edit-request.js";
import { type Answer, editIn, postForm, postJson, send } from "./form-request.js";
import { bytesIn, edit, gatewayOver, upstreamWith, urlsIn } from "./formed-answers.js";
import { metricIs } from "./metrics-reading.js";
import { pictureCalled, png, sha256 } from "./pictures.js";
import { hasPrlimit, run } from "./programs.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

const mebibyte = 1024 * 1024;

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.clear());
afterAll(stopAll);

/** The same edit as the simulator itself answers it. */
async function drawn(fields: Readonly<Record<string, string>>): Promise<Buffer[]> {
  const headers = { authorization: `Bearer ${simulatorKeys.one}` };
  return bytesIn(await postForm(simulator.url, edit(fields), { headers }));
}

describe("response_format=url where the upstream only gives base64", () => {
  it("another value is refused, naming the field, and not passed over", async () => {
    const gateway = await gatewayOver(simulator);
    const answer = await postForm(gateway.url, edit({ response_format: "xml" }));
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", param: "response_format" });
  });

  it("gives URLs that anyone can fetch, with the bytes that were drawn", async () => {
    const gateway = await gatewayOver(simulator, { master_key: "sk-gateway" });
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
    await metricIs(gateway, "darkroom_answer_bytes", 0, "sk-gateway");
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
    const gateway = await gatewayOver(upstream);
    const answer = await postForm(gateway.url, edit({ response_format: "url" }));
    const [url = ""] = [/http[^"]*/.exec(answer.body.toString())?.[0]];
    expect(answer.body.toString()).toBe(text(`"url" : "${url}"`).replace('"url":null', '"b64_json":null'));
    expect((await send(url)).body).toEqual(image);
  });

  it("of a JSON edit too", async () => {
    const gateway = await gatewayOver(simulator);
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
      const before = await gatewayOver(simulator, {}, {}, options);
      const url = new URL(urlsIn(await postForm(before.url, edit({ response_format: "url" })))[0] ?? "");
      await before.stop();

      const gateway = await gatewayOver(simulator, { keep_images_count: 2 }, {}, options);
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
    const gateway = await gatewayOver(simulator);
    writeFileSync(join(gateway.running.folder, "data", "images"), "a file, no folder");
    const answer = await postForm(gateway.url, edit({ response_format: "url", n: "2" }));
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json: the image could not be kept");
    expect(bytesIn(answer).map(sha256)).toEqual((await drawn({ n: "2" })).map(sha256));
    await gateway.running.printed(/an answer could not be converted/);
    expect(
      (await simulator.requests()).filter(({ headers }) => headers["user-agent"] === "darkroom"),
    ).toHaveLength(1);

    rmSync(join(gateway.running.folder, "data", "images"));
    const next = await postForm(gateway.url, edit({ response_format: "url" }));
    expect(next.headers["x-darkroom-response-format"]).toBe("url from b64_json");
  });

  if (hasPrlimit) {
    it("nor does a disk that is full half-way through the second image", async () => {
      const images = [png(), Buffer.concat([png(), randomBytes(2 * mebibyte)])];
      const data = images.map((image) => ({ b64_json: image.toString("base64") }));
      const upstream = await new ScriptedUpstream((response) => {
        response.end(JSON.stringify({ created: 1, data }));
      }).listen();
      const gateway = await gatewayOver(upstream);
      // Less than the second image, and more than the books need.
      await run("prlimit", ["--pid", String(gateway.process.pid), `--fsize=${String(mebibyte)}`], "/");
      const answer = await postForm(gateway.url, edit({ response_format: "url", n: "2" }));
      expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json: the image could not be kept");
      expect(bytesIn(answer)).toHaveLength(2);
      await until(() => readdirSync(join(gateway.running.folder, "data", "images")).length === 0);
    });
  }

  it("nor an image larger than all that may be kept", async () => {
    const gateway = await gatewayOver(simulator, { keep_images_mb: 0.0001 });
    const answer = await postForm(gateway.url, edit({ response_format: "url" }));
    expect(answer.headers["x-darkroom-response-format"]).toBe(
      "b64_json: the image is larger than all that may be kept",
    );
    expect(bytesIn(answer)).toHaveLength(1);
  });

  it("nor more images than may be kept: no URL of them leads nowhere", async () => {
    const gateway = await gatewayOver(simulator, { keep_images_count: 2 });
    const answer = await postForm(gateway.url, edit({ response_format: "url", n: "3" }));
    expect(answer.headers["x-darkroom-response-format"]).toBe(
      "b64_json: there is no room to keep all images",
    );
    expect(bytesIn(answer)).toHaveLength(3);
    await until(() => readdirSync(join(gateway.running.folder, "data", "images")).length === 0);
  });

  it("can be turned off: nothing is written and nothing served", async () => {
    const gateway = await gatewayOver(simulator, { keep_images: false });
    const answer = await postForm(gateway.url, edit({ response_format: "url" }));
    expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json: this gateway keeps no images");
    expect(bytesIn(answer)).toHaveLength(1);
    expect(existsSync(join(gateway.running.folder, "data", "images"))).toBe(false);
    const served = await send(`${gateway.url}/v1/images/files/${"0".repeat(32)}.png?expires=1&signature=x`);
    expect([served.status, editIn(served).error?.code]).toEqual([404, "unknown_route"]);
  });

  it("begins its URLs as the client called the gateway, or as the operator says", async () => {
    const headers = { "x-forwarded-host": "images.example.com", "x-forwarded-proto": "https" };
    const parts = edit({ response_format: "url" });
    const plain = await gatewayOver(simulator);
    const trusting = await gatewayOver(simulator, { use_x_forwarded_host: true });
    const named = await gatewayOver(simulator, { public_url: "https://example.com/darkroom" });
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
    const gateway = await gatewayOver(simulator);
    const answer = await postForm(gateway.url, edit({ response_format: "url", stream: "true" }));
    expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json: events carry no URLs");
    expect(answer.body.toString()).toContain("event: image_edit.completed");
    expect(existsSync(join(gateway.running.folder, "data", "images"))).toBe(false);
  });

  it("a client that is gone before the answer is there is kept nothing for", async () => {
    const leave = new AbortController();
    let give: (() => void) | undefined;
    const upstream = await new ScriptedUpstream((response) => {
      give = () => response.end(`{"created":1,"data":[{"b64_json":"${png().toString("base64")}"}]}`);
    }).listen();
    const gateway = await gatewayOver(upstream);
    const answer = postForm(gateway.url, edit({ response_format: "url" }), { signal: leave.signal });
    await until(() => give !== undefined);
    leave.abort();
    await expect(answer).rejects.toThrow();
    await metricIs(gateway, "darkroom_requests_total", 1);
    give?.();
    await metricIs(gateway, "darkroom_images_total", 1);
    await metricIs(gateway, "darkroom_answer_bytes", 0);
    expect(existsSync(join(gateway.running.folder, "data", "images"))).toBe(false);
  });

  it("dall-e-2 gives URLs of its own, which stay what they are", async () => {
    const gateway = await gatewayOver(simulator);
    const answer = await postForm(
      gateway.url,
      edit({ model: "dall-e-2", response_format: "url", size: "256x256" }),
    );
    expect(answer.headers).not.toHaveProperty("x-darkroom-response-format");
    expect(urlsIn(answer)[0]).toContain(`${simulator.url}/files/`);
  });
});
