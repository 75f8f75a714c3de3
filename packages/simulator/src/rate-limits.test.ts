import { goDuration, RateLimits } from "./rate-limits.js";
import { goodForm, ManualClock, postForm, start, stopAll } from "./simulator.test.support.js";

afterEach(stopAll);

const limited = (limits: object, clock: ManualClock) => new RateLimits(new Map([["org", limits]]), clock);

describe("rate limits", () => {
  it("allow the limit within any 60 seconds, to the millisecond", () => {
    const clock = new ManualClock();
    const limits = limited({ requestsPerMinute: 2 }, clock);
    expect(limits.take("org", { requests: 1 })).toBeUndefined();
    clock.advance(20_000);
    expect(limits.take("org", { requests: 1 })).toBeUndefined();
    clock.advance(39_999);
    expect(limits.take("org", { requests: 1 })).toEqual({
      resource: "requests",
      limit: 2,
      used: 2,
      requested: 1,
      retryAfterMs: 1,
    });
    clock.advance(1);
    expect(limits.take("org", { requests: 1 })).toBeUndefined();
    expect(limits.take("org", { requests: 1 })?.retryAfterMs).toBe(20_000);
  });

  it("take all amounts or none", () => {
    const clock = new ManualClock();
    const limits = limited({ imagesPerMinute: 10, tokensPerMinute: 100 }, clock);
    expect(limits.take("org", { images: 4, tokens: 101 })).toMatchObject({
      resource: "tokens",
      retryAfterMs: 60_000,
    });
    expect(limits.headers("org")).toMatchObject({ "x-ratelimit-remaining-images": "10" });
    expect(limits.take("org", { images: 11 })).toMatchObject({ resource: "images", requested: 11 });
  });

  it("are apart for each organisation, with * for those not named, and none without", () => {
    const limits = new RateLimits(
      new Map([
        ["one", { requestsPerMinute: 1 }],
        ["*", { requestsPerMinute: 2 }],
      ]),
      new ManualClock(),
    );
    expect(limits.take("one", { requests: 1 })).toBeUndefined();
    expect(limits.take("one", { requests: 1 })).toBeDefined();
    for (const organization of ["two", "two", "three", "three"]) {
      expect(limits.take(organization, { requests: 1 })).toBeUndefined();
    }
    expect(limits.take("two", { requests: 1 })).toBeDefined();
    expect(limited({}, new ManualClock()).headers("org")).toEqual({});
  });

  it("tell limit, remainder and reset", () => {
    const clock = new ManualClock();
    const limits = limited({ requestsPerMinute: 5, imagesPerMinute: 8 }, clock);
    limits.take("org", { requests: 1, images: 3 });
    clock.advance(30_500);
    expect(limits.headers("org")).toEqual({
      "x-ratelimit-limit-requests": "5",
      "x-ratelimit-remaining-requests": "4",
      "x-ratelimit-reset-requests": "29.5s",
      "x-ratelimit-limit-images": "8",
      "x-ratelimit-remaining-images": "5",
      "x-ratelimit-reset-images": "29.5s",
    });
    clock.advance(60_000);
    expect(limits.headers("org")).toMatchObject({
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
});
