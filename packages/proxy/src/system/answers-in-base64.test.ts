import type http from "node:http";
import { postForm, send } from "./form-request.js";
import { edit, gatewayOver, upstreamWith, withUrl } from "./formed-answers.js";
import { metricIs } from "./metrics-reading.js";
import { pictureCalled } from "./pictures.js";
import { OutboundProxy } from "./outbound-proxy.js";
import { stopAll } from "./running-process.js";
import { simulatorKeys } from "./running-simulator.js";
import { until } from "./until.js";

afterAll(stopAll);

describe("b64_json where the upstream gives URLs", () => {
  const image = pictureCalled("fetched", { extra: Buffer.alloc(300_000, 3) });

  it.each([
    ["was asked for", { model: "dall-e-2", response_format: "b64_json" }],
    ["is all that the model knows", { model: "gpt-image-1" }],
  ])("fetches them where it %s", async (_why, fields) => {
    const upstream = await upstreamWith(withUrl, (response) => response.end(image));
    const gateway = await gatewayOver(upstream);
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
    for (const held of ["darkroom_conversion_bytes", "darkroom_answer_bytes"])
      await metricIs(gateway, held, 0);
  });

  it("takes the image out of a URL that holds it", async () => {
    const text = image.toString("base64");
    const upstream = await upstreamWith(
      () => withUrl(`data:image/png;base64,${text}`),
      (response) => response.end(),
    );
    const gateway = await gatewayOver(upstream);
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
    [
      "of a length that no server takes",
      `http://pictures.test/${"x".repeat(100_000)}`,
      (response) => response.end(image),
      "its URL is too long",
    ],
  ])("leaves URLs %s as they are, and says why", async (_what, url, give, reason) => {
    const upstream = await upstreamWith((own) => withUrl(url ?? own), give);
    const gateway = await gatewayOver(upstream);
    const answer = await postForm(gateway.url, edit({ response_format: "b64_json" }));
    expect(answer.status).toBe(200);
    expect(answer.headers["x-darkroom-response-format"]).toBe(
      `url: the image could not be fetched: ${reason}`,
    );
    expect(answer.body.toString()).toBe(withUrl(url ?? `${upstream.url}/files/1.png`));
  });

  it("an image for which there is no memory stays a URL", async () => {
    const upstream = await upstreamWith(withUrl, (response) => response.end(image));
    const gateway = await gatewayOver(upstream, { conversion_memory_mb: 0.5 });
    const answer = await postForm(gateway.url, edit());
    expect(answer.headers["x-darkroom-response-format"]).toBe("url: it would take too much memory");
    expect(answer.body.toString()).toBe(withUrl(`${upstream.url}/files/1.png`));
    await metricIs(gateway, "darkroom_conversion_bytes", 0);
  });

  it.each([
    ["http://pictures.test/1.png", undefined, ["CONNECT pictures.test:80"]],
    ["http://elsewhere.test/1.png", "the proxy refused with status 400", ["CONNECT elsewhere.test:80"]],
    // Through a proxy these could be reached.
    ["http://metadata.internal/1.png", "its host is not public", []],
    ["http://localhost/1.png", "its host is not public", []],
    ["http://10.0.0.1/1.png", "its host is not public", []],
  ])("fetches %s through the deployment's proxy, if at all", async (url, failure, asked) => {
    const upstream = await upstreamWith(
      () => withUrl(url),
      (response) => response.end(image),
    );
    const port = Number(new URL(upstream.url).port);
    const names = ["upstream.test", "pictures.test", "metadata.internal", "localhost", "10.0.0.1"];
    const proxy = await OutboundProxy.listen(Object.fromEntries(names.map((name) => [`${name}:80`, port])));
    const parameters = { api_base: "http://upstream.test/v1", outbound_proxy: `http://${proxy.address}` };
    const gateway = await gatewayOver(upstream, {}, parameters);
    const answer = await postForm(gateway.url, edit());
    expect(proxy.asked).toEqual(["CONNECT upstream.test:80", ...asked]);
    expect(answer.headers["x-darkroom-response-format"]).toBe(
      failure === undefined ? "b64_json from url" : `url: the image could not be fetched: ${failure}`,
    );
    await gateway.stop();
    proxy.close();
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
    const gateway = await gatewayOver(upstream);
    await expect(postForm(gateway.url, edit(), { signal: leave.signal })).rejects.toThrow();
    await until(() => isGone);
    expect((await send(`${gateway.url}/health/readiness`)).status).toBe(200);
    await until(() => gateway.logLines().some((line) => line.includes('"status":499')));
    for (const held of ["darkroom_conversion_bytes", "darkroom_answer_bytes"])
      await metricIs(gateway, held, 0);
  });

  it("a shutdown waits for the answer", async () => {
    let give: (() => void) | undefined;
    const upstream = await upstreamWith(withUrl, (response) => {
      give = () => response.end(image);
    });
    const gateway = await gatewayOver(upstream);
    const answer = postForm(gateway.url, edit());
    await until(() => give !== undefined);
    gateway.process.kill("SIGTERM");
    await until(async () => (await send(`${gateway.url}/`).catch(() => undefined)) === undefined);
    give?.();
    expect((await answer).headers["x-darkroom-response-format"]).toBe("b64_json from url");
    expect(await gateway.running.ended).toEqual({ code: 0, signal: null });
  });
});
