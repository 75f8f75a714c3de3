import fc from "fast-check";
import type { Call } from "./calls.js";
import { mostAtOnce, mostByOrganization, mostInWindow, utilisation } from "./windows.js";

const call = (arrivedAtMs: number, said: Partial<Call> = {}): Call => ({
  organization: "org",
  model: "gpt-image-1",
  arrivedAtMs,
  endedAtMs: arrivedAtMs + 1000,
  status: 200,
  images: 1,
  inputImages: 1,
  tokens: 100,
  ...said,
});

describe("the most in any window", () => {
  it("has two calls that are less than a window apart together, and no others", () => {
    expect(mostInWindow([call(0), call(59_999.9)], "requests")).toBe(2);
    expect(mostInWindow([call(0), call(60_000)], "requests")).toBe(1);
    expect(mostInWindow([], "requests")).toBe(0);
  });

  it("is found wherever it begins, in whatever order calls are told", () => {
    const calls = [call(90_000, { images: 4 }), call(31_000, { images: 3 }), call(0, { images: 5 })];
    expect(mostInWindow(calls, "images")).toBe(8);
    expect(mostInWindow(calls, "images", 59_000)).toBe(8);
    expect(mostInWindow(calls, "images", 1000)).toBe(5);
  });

  it("counts what was refused, and nothing that was not understood", () => {
    const calls = [
      call(0, { status: 429, images: 2 }),
      call(1, { status: null, images: null, tokens: null }),
    ];
    expect(
      ["requests", "images", "tokens"].map((counted) => mostInWindow(calls, counted as "images")),
    ).toEqual([2, 2, 100]);
  });

  it("is what trying every window finds", () => {
    const arrivals = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 4 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 20 }), (told, windowMs) => {
        const calls = told.map(([at, images]) => call(at, { images }));
        const windows = Array.from({ length: 51 }, (_, from) =>
          told.reduce((sum, [at, images]) => (at >= from && at < from + windowMs ? sum + images : sum), 0),
        );
        expect(mostInWindow(calls, "images", windowMs)).toBe(Math.max(...windows));
      }),
    );
  });
});

describe("the most at once", () => {
  it("counts from the headers to the end of the answer, and what has not ended", () => {
    const calls = [
      call(0, { endedAtMs: 10 }),
      call(5, { endedAtMs: null }),
      call(9, { endedAtMs: 20 }),
      call(500),
    ];
    expect(mostAtOnce(calls)).toBe(3);
  });

  it("does not count one that ends as the next arrives", () => {
    expect(mostAtOnce([call(10, { endedAtMs: 20 }), call(0, { endedAtMs: 10 })])).toBe(1);
    expect(mostAtOnce([])).toBe(0);
  });
});

it("organisations are apart", () => {
  const calls = [call(0), call(1, { organization: "other", images: 7 }), call(2)];
  expect(mostByOrganization(calls)).toEqual(
    new Map([
      ["org", { requests: 2, images: 2, inputImages: 2, tokens: 200, parallel: 2 }],
      ["other", { requests: 1, images: 7, inputImages: 1, tokens: 100, parallel: 1 }],
    ]),
  );
});

it("utilisation is what was served to what was allowed in the time", () => {
  const calls = [
    call(0),
    call(30_000),
    call(60_000, { images: 2 }),
    call(90_000, { status: 429 }),
    call(120_000),
  ];
  expect(utilisation(calls, "images", 4, { fromMs: 0, toMs: 120_000 })).toBe(0.5);
  expect(utilisation(calls, "requests", 2, { fromMs: 0, toMs: 60_000 })).toBe(1);
  expect(utilisation(calls, "requests", 1, { fromMs: 0, toMs: 1000 }, 1000)).toBe(1);
});
