import { bill, goodForm, postForm, recorded, start, stopAll } from "./simulator.test.support.js";

afterEach(stopAll);

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

  it("are no others", async () => {
    const { url } = await start();
    expect((await fetch(`${url}/_simulator/nothing`)).status).toBe(404);
    expect((await fetch(`${url}/_simulator/bill`, { method: "POST" })).status).toBe(404);
  });
});
