import { type Call, CallLog } from "./call-log.js";
import { goodForm, postForm, start, stopAll } from "./simulator.test.support.js";

afterEach(stopAll);

const callsIn = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Call);

const listed = (log: CallLog) => callsIn([...log.lines()].join(""));

describe("the log of calls", () => {
  it("tells what is known of each, and null of what is not", () => {
    const log = new CallLog(10);
    const [first, second] = [log.begin("org-one", 1000.125), log.begin("org-two", 1001.5)];
    log.understood(first, "gpt-image-2", 4, 2, 9000);
    log.end(first, 1500.75, 200);
    const nothing = {
      model: null,
      endedAtMs: null,
      status: null,
      images: null,
      inputImages: null,
      tokens: null,
    };
    expect(listed(log)).toEqual([
      {
        organization: "org-one",
        model: "gpt-image-2",
        arrivedAtMs: 1000.125,
        endedAtMs: 1500.75,
        status: 200,
        images: 4,
        inputImages: 2,
        tokens: 9000,
      },
      { ...nothing, organization: "org-two", arrivedAtMs: 1001.5 },
    ]);
    log.end(second, 2000, null);
    expect(listed(log)[1]).toEqual({
      ...nothing,
      organization: "org-two",
      arrivedAtMs: 1001.5,
      endedAtMs: 2000,
    });
  });

  it("grows up to its capacity and keeps the last calls, in their order", () => {
    const log = new CallLog(2500);
    const first = log.begin("org", 0);
    for (let at = 1; at < 4000; at += 1) log.end(log.begin("org", at), at + 0.5, 200);
    log.end(first, 9999, 500);
    const calls = listed(log);
    expect(calls.map(({ arrivedAtMs }) => arrivedAtMs)).toEqual(
      Array.from({ length: 2500 }, (_, at) => at + 1500),
    );
    expect(
      calls.every(({ arrivedAtMs, endedAtMs, status }) => endedAtMs === arrivedAtMs + 0.5 && status === 200),
    ).toBe(true);
    expect(log.dropped).toBe(1500);
  });

  it("forgets, also what is still under way", () => {
    const log = new CallLog(10);
    const early = log.begin("org", 1);
    log.clear();
    log.end(early, 2, 200);
    expect(listed(log)).toEqual([]);
    log.begin("org", 3);
    expect(listed(log)).toMatchObject([{ arrivedAtMs: 3, endedAtMs: null }]);
  });

  it("has every edit that arrived, refused ones too, and is told as lines of JSON", async () => {
    const { url, clock } = await start({ limits: { "org-one": { imagesPerMinute: 2 } } });
    await (await postForm(url, [...goodForm, ["n", "2"]])).arrayBuffer();
    clock.advance(10);
    expect((await postForm(url, goodForm)).status).toBe(429);
    expect((await postForm(url, [...goodForm, ["n", "99"]])).status).toBe(400);
    expect((await postForm(url, goodForm, "sk-nobody")).status).toBe(401);
    const answer = await fetch(`${url}/_simulator/calls`);
    expect(answer.headers.get("x-simulator-dropped")).toBe("0");
    const arrivedAtMs = Date.parse("2026-11-23T12:00:00.000Z");
    // 34 text + 194 image + 1056 output tokens for each picture
    expect(callsIn(await answer.text())).toMatchObject([
      {
        organization: "org-one",
        arrivedAtMs,
        status: 200,
        images: 2,
        inputImages: 1,
        tokens: 228 + 2 * 1056,
      },
      { arrivedAtMs: arrivedAtMs + 10, status: 429, images: 1, tokens: 228 + 1056 },
      { status: 400, images: null, tokens: null },
    ]);
    await fetch(`${url}/_simulator/calls`, { method: "DELETE" });
    expect(await (await fetch(`${url}/_simulator/calls`)).text()).toBe("");
  });
});
