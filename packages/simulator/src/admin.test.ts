import {
  addFault,
  bill,
  goodForm,
  png,
  postForm,
  recorded,
  start,
  stopAll,
  until,
} from "./simulator.test.support.js";

afterEach(stopAll);

const squareBase64 = png(64, 64).toString("base64");

describe("the admin routes", () => {
  it("tell that it is well", async () => {
    const { url } = await start({ seed: 5 });
    expect(await (await fetch(`${url}/_simulator/health`)).json()).toEqual({
      status: "ok",
      time: "2026-11-23T12:00:00.000Z",
      seed: 5,
    });
  });

  it("tell the bill with its totals by key, without lines if asked, and clear it", async () => {
    const { url } = await start();
    const answer = await postForm(url, goodForm);
    await postForm(url, [...goodForm, ["n", "2"]], "sk-simulator-two");
    // 34 text tokens at 5 $, 194 image tokens at 10 $, 1056 output tokens at 40 $ for a million
    const nanoUsd = 34 * 5_000 + 194 * 10_000 + 1056 * 40_000;
    const told = await bill(url);
    expect(told.lines[0]).toMatchObject({
      requestId: answer.headers.get("x-request-id"),
      key: "sk-simulator-one",
      organization: "org-one",
      model: "gpt-image-1",
      time: "2026-11-23T12:00:00.000Z",
      images: 1,
      usage: ((await answer.json()) as { usage: object }).usage,
      nanoUsd: String(nanoUsd),
    });
    const second = nanoUsd + 1056 * 40_000;
    expect(told.totals.keys).toEqual({
      "sk-simulator-one": { requests: 1, images: 1, nanoUsd: String(nanoUsd) },
      "sk-simulator-two": { requests: 1, images: 2, nanoUsd: String(second) },
    });
    expect(told.totals.overall).toEqual({ requests: 2, images: 3, nanoUsd: String(nanoUsd + second) });
    expect(await (await fetch(`${url}/_simulator/bill?lines=false`)).json()).toEqual({ totals: told.totals });
    await fetch(`${url}/_simulator/bill`, { method: "DELETE" });
    expect((await bill(url)).lines).toEqual([]);
  });

  it("give the last requests only, if asked", async () => {
    const { url } = await start();
    for (let index = 0; index < 3; index += 1) await postForm(url, goodForm);
    const all = await recorded(url);
    const last = (await (await fetch(`${url}/_simulator/requests?last=2`)).json()) as { requests: unknown[] };
    expect(last.requests).toEqual(all.slice(1));
  });

  it("change the limits of a running simulator", async () => {
    const { url } = await start({ limits: { "org-one": { requestsPerMinute: 1 } } });
    const limits = `${url}/_simulator/limits`;
    const put = (body: string) => fetch(limits, { method: "PUT", body });
    expect((await postForm(url, goodForm)).status).toBe(200);
    expect((await postForm(url, goodForm)).status).toBe(429);
    expect((await put('{"org-one":{"requestsPerMinute":2}}')).status).toBe(200);
    expect((await postForm(url, goodForm)).status).toBe(200);
    expect((await postForm(url, goodForm)).status).toBe(429);
    for (const wrong of ['{"org-one":{"requestsPerMinutes":2}}', "{", ""]) {
      expect((await put(wrong)).status).toBe(400);
    }
    expect(await (await fetch(limits)).json()).toEqual({ limits: { "org-one": { requestsPerMinute: 2 } } });
  });

  it("release answers that are held, the first ones first", async () => {
    const { url } = await start();
    const release = `${url}/_simulator/release`;
    const told = async (answer: Response) => (await answer.json()) as object;
    const heldAre = (held: number) =>
      until(async () => ((await told(await fetch(release))) as { held: number }).held === held);
    await addFault(url, { count: 3, fault: { kind: "hold" } });
    const answers: Promise<Response>[] = [];
    for (let index = 1; index <= 2; index += 1) {
      answers.push(postForm(url, goodForm));
      await heldAre(index);
    }
    const gone = new AbortController();
    const left = fetch(`${url}/v1/images/edits`, {
      method: "POST",
      signal: gone.signal,
      headers: { authorization: "Bearer sk-simulator-one", "content-type": "application/json" },
      body: JSON.stringify({
        prompt: "hello",
        images: [{ image_url: `data:image/png;base64,${squareBase64}` }],
      }),
    }).catch(() => "gone");
    await heldAre(3);
    gone.abort();
    expect(await left).toBe("gone");
    await heldAre(2);
    const first = await fetch(release, { method: "POST", body: '{"count":1}' });
    expect(await told(first)).toEqual({ released: 1, held: 1 });
    expect((await answers[0])?.status).toBe(200);
    expect(await told(await fetch(release, { method: "POST" }))).toEqual({ released: 1, held: 0 });
    expect((await answers[1])?.status).toBe(200);
    expect((await fetch(release, { method: "POST", body: '{"count":0}' })).status).toBe(400);
    expect((await bill(url)).lines).toHaveLength(3);
  });

  it("are no others", async () => {
    const { url } = await start();
    expect((await fetch(`${url}/_simulator/nothing`)).status).toBe(404);
    expect((await fetch(`${url}/_simulator/bill`, { method: "POST" })).status).toBe(404);
  });
});
