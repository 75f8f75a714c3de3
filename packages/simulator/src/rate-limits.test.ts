import fc from "fast-check";
import { goDuration, type LimitsByName, RateLimits } from "./rate-limits.js";
import {
  addFault,
  goodForm,
  ManualClock,
  postForm,
  recorded,
  start,
  stopAll,
  until,
} from "./simulator.test.support.js";

afterEach(stopAll);

const limitsOf = (limits: LimitsByName, clock: ManualClock, windowMs = 60_000) =>
  new RateLimits(limits, clock, windowMs);
const limited = (limits: LimitsByName[string], clock: ManualClock) => limitsOf({ org: limits }, clock);

describe("rate limits", () => {
  it("allow the limit within any 60 seconds, to the millisecond", () => {
    const clock = new ManualClock();
    const limits = limited({ requestsPerMinute: 2 }, clock);
    const begin = () => limits.begin("org", clock.now());
    expect(begin()).toBeUndefined();
    clock.advance(20_000);
    expect(begin()).toBeUndefined();
    clock.advance(39_999);
    expect(begin()).toEqual({ resource: "requests", limit: 2, used: 2, requested: 1, retryAfterMs: 1 });
    clock.advance(1);
    expect(begin()).toBeUndefined();
    expect(begin()?.retryAfterMs).toBe(20_000);
  });

  it("take all amounts or none", () => {
    const clock = new ManualClock();
    const limits = limited({ imagesPerMinute: 10, inputImagesPerMinute: 8, tokensPerMinute: 100 }, clock);
    const take = (amounts: object) => limits.take("org", "model", amounts, clock.now());
    expect(take({ images: 4, tokens: 101 })).toMatchObject({ resource: "tokens", retryAfterMs: 60_000 });
    expect(take({ "input-images": 9 })).toMatchObject({ resource: "input-images", limit: 8, requested: 9 });
    expect(limits.headers("org", null)).toMatchObject({
      "x-ratelimit-remaining-images": "10",
      "x-ratelimit-remaining-input-images": "8",
    });
    expect(take({ images: 11 })).toMatchObject({ resource: "images", requested: 11 });
  });

  it("count a call when its headers arrived, though its body came later", () => {
    const clock = new ManualClock();
    const limits = limited({ imagesPerMinute: 10 }, clock);
    const take = (images: number, arrivedAtMs: number) =>
      limits.take("org", "model", { images }, arrivedAtMs);
    const slowAtMs = clock.now();
    clock.advance(50_000);
    expect(take(6, clock.now())).toBeUndefined();
    expect(take(5, slowAtMs)).toMatchObject({ used: 6 });
    expect(take(4, slowAtMs)).toBeUndefined();
    clock.advance(10_000);
    expect(take(5, clock.now())).toMatchObject({ used: 6 });
    expect(take(4, clock.now())).toBeUndefined();
    expect(take(1, slowAtMs + 5_000)).toMatchObject({ used: 14 - 4 });
  });

  it("count a moment's neighbours on both sides, window by window", () => {
    const clock = new ManualClock();
    const limits = limited({ imagesPerMinute: 10 }, clock);
    const startMs = clock.now();
    const take = (images: number, afterMs: number) =>
      limits.take("org", "model", { images }, startMs + afterMs);
    clock.advance(100_000);
    for (const [images, afterMs] of [
      [5, 0],
      [5, 90_000],
    ] as const) {
      expect(take(images, afterMs)).toBeUndefined();
    }
    // 45 s after the one and 45 s before the other, which no window holds together with it.
    expect(take(5, 45_000)).toBeUndefined();
    expect(take(1, 45_000)).toMatchObject({ used: 10 });
  });

  it("never admit what some window cannot hold, and whatever all can, in whatever order calls are understood", () => {
    const windowMs = 20;
    const arrivals = fc.array(
      fc.record({
        passMs: fc.integer({ min: 0, max: 15 }),
        lateMs: fc.integer({ min: 0, max: 25 }),
        images: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, (told) => {
        const clock = new ManualClock();
        const limits = limitsOf({ org: { imagesPerMinute: 6 } }, clock, windowMs);
        const startMs = clock.now();
        const taken: { atMs: number; images: number }[] = [];
        for (const { passMs, lateMs, images } of told) {
          clock.advance(passMs);
          const atMs = Math.max(startMs, clock.now() - lateMs);
          const next = [...taken, { atMs, images }];
          const most = Math.max(
            ...Array.from({ length: windowMs }, (_, back) => atMs - back).map((fromMs) =>
              next
                .filter((call) => call.atMs >= fromMs && call.atMs < fromMs + windowMs)
                .reduce((sum, call) => sum + call.images, 0),
            ),
          );
          const excess = limits.take("org", "model", { images }, atMs);
          expect(excess === undefined).toBe(most <= 6);
          if (excess === undefined) taken.push({ atMs, images });
        }
      }),
    );
  });

  it("are apart for each organisation, with * for those not named, and none without", () => {
    const clock = new ManualClock();
    const limits = limitsOf({ one: { requestsPerMinute: 1 }, "*": { requestsPerMinute: 2 } }, clock);
    const begin = (organization: string) => limits.begin(organization, clock.now());
    expect(begin("one")).toBeUndefined();
    expect(begin("one")).toBeDefined();
    for (const organization of ["two", "two", "three", "three"]) expect(begin(organization)).toBeUndefined();
    expect(begin("two")).toBeDefined();
    expect(limited({}, clock).headers("org", "model")).toEqual({});
  });

  it("are apart for each model, beside those of the organisation", () => {
    const clock = new ManualClock();
    const limits = limitsOf(
      { org: { imagesPerMinute: 5 }, "org/small": { imagesPerMinute: 2, requestsPerMinute: 9 } },
      clock,
    );
    const take = (model: string, images: number) => limits.take("org", model, { images }, clock.now());
    expect(take("small", 2)).toBeUndefined();
    expect(take("small", 1)).toMatchObject({ limit: 2, used: 2 });
    expect(take("large", 3)).toBeUndefined();
    expect(take("large", 1)).toMatchObject({ limit: 5, used: 5 });
    expect(limits.headers("org", "small")).toMatchObject({
      "x-ratelimit-limit-images": "2",
      "x-ratelimit-remaining-requests": "8",
    });
    expect(limits.headers("org", "large")).toMatchObject({ "x-ratelimit-limit-images": "5" });
  });

  it("have windows of any length", () => {
    const clock = new ManualClock();
    const limits = limitsOf({ org: { requestsPerMinute: 1 } }, clock, 2000);
    expect(limits.begin("org", clock.now())).toBeUndefined();
    expect(limits.begin("org", clock.now())?.retryAfterMs).toBe(2000);
    clock.advance(2000);
    expect(limits.begin("org", clock.now())).toBeUndefined();
  });

  it("of parallel requests count what is under way, and a refused one takes nothing", () => {
    const clock = new ManualClock();
    const limits = limited({ parallelRequests: 2, requestsPerMinute: 3 }, clock);
    const begin = () => limits.begin("org", clock.now());
    expect([begin(), begin()]).toEqual([undefined, undefined]);
    expect(begin()).toMatchObject({ resource: "parallel requests", limit: 2, used: 2 });
    limits.end("org");
    expect(begin()).toBeUndefined();
    limits.end("org");
    expect(begin()).toMatchObject({ resource: "requests" });
    limits.change({ org: { parallelRequests: 1 } });
    expect(begin()).toMatchObject({ limit: 1, used: 1 });
  });

  it("tell limit, remainder and reset", () => {
    const clock = new ManualClock();
    const limits = limited({ requestsPerMinute: 5, imagesPerMinute: 8 }, clock);
    limits.begin("org", clock.now());
    limits.take("org", "model", { images: 3 }, clock.now());
    clock.advance(30_500);
    expect(limits.headers("org", "model")).toEqual({
      "x-ratelimit-limit-requests": "5",
      "x-ratelimit-remaining-requests": "4",
      "x-ratelimit-reset-requests": "29.5s",
      "x-ratelimit-limit-images": "8",
      "x-ratelimit-remaining-images": "5",
      "x-ratelimit-reset-images": "29.5s",
    });
    clock.advance(60_000);
    expect(limits.headers("org", null)).toMatchObject({
      "x-ratelimit-remaining-images": "8",
      "x-ratelimit-reset-images": "0s",
    });
  });
});

describe("a Go duration", () => {
  it.each([
    [0, "0s"],
    [120, "120ms"],
    [1000, "1s"],
    [59_876, "59.876s"],
    [360_000, "6m0s"],
    [3_661_000, "1h1m1s"],
  ])("%i ms", (durationMs, written) => expect(goDuration(durationMs)).toBe(written));
});

describe("over HTTP", () => {
  it("two keys of one organisation share its limit, and a 429 says when to come back", async () => {
    const { url, clock } = await start({
      keys: { "sk-a": "org-x", "sk-b": "org-x", "sk-c": "org-y" },
      limits: { "org-x": { requestsPerMinute: 2 } },
    });
    expect((await postForm(url, goodForm, "sk-a")).status).toBe(200);
    clock.advance(10_000);
    expect((await postForm(url, goodForm, "sk-b")).status).toBe(200);
    clock.advance(10_500);
    const refused = await postForm(url, goodForm, "sk-a");
    expect(refused.status).toBe(429);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "retry-after": "40",
      "retry-after-ms": "39500",
      "x-ratelimit-limit-requests": "2",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "49.5s",
    });
    expect(await refused.json()).toEqual({
      error: {
        message:
          "Rate limit reached in organization org-x on requests per min (RPM): Limit 2, Used 2, Requested 1. Please try again in 39.5s.",
        type: "requests",
        param: null,
        code: "rate_limit_exceeded",
      },
    });
    const free = await postForm(url, goodForm, "sk-c");
    expect(free.status).toBe(200);
    expect(free.headers.has("x-ratelimit-limit-requests")).toBe(false);
    clock.advance(39_500);
    expect((await postForm(url, goodForm, "sk-a")).status).toBe(200);
  });

  it("images are counted by n and tokens by usage, and a refused edit is not billed", async () => {
    const { url, simulator } = await start({
      limits: {
        "org-one": { imagesPerMinute: 3, requestsPerMinute: 100 },
        "org-two": { tokensPerMinute: 1000 },
      },
    });
    expect((await postForm(url, [...goodForm, ["n", "2"]])).headers.get("x-ratelimit-remaining-images")).toBe(
      "1",
    );
    const tooMany = await postForm(url, [...goodForm, ["n", "2"]]);
    expect([tooMany.status, ((await tooMany.json()) as { error: { type: string } }).error.type]).toEqual([
      429,
      "images",
    ]);
    // 34 text + 194 image + 1056 output tokens
    const tooLong = await postForm(url, goodForm, "sk-simulator-two");
    expect([tooLong.status, ((await tooLong.json()) as { error: { type: string } }).error.type]).toEqual([
      429,
      "tokens",
    ]);
    expect(simulator.services.bill.lines).toHaveLength(1);
  });

  it("so many requests of an organisation may be under way at once, until their answers have ended", async () => {
    const { url, simulator } = await start({
      keys: { "sk-a": "org-x", "sk-b": "org-x" },
      limits: { "org-x": { parallelRequests: 1 } },
    });
    await addFault(url, { count: 1, fault: { kind: "hold" } });
    const held = postForm(url, goodForm, "sk-a");
    await until(() => simulator.services.holds.held === 1);
    const refused = await postForm(url, goodForm, "sk-b");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(((await refused.json()) as { error: { message: string } }).error.message).toBe(
      "Rate limit reached in organization org-x on concurrent requests: Limit 1, Used 1, Requested 1. Please try again in 1s.",
    );
    simulator.services.holds.release();
    expect((await held).status).toBe(200);
    await until(async () => (await recorded(url))[0]?.endedAtMs !== null);
    expect((await postForm(url, goodForm, "sk-b")).status).toBe(200);
  });
});
