import { backoffMs, retryAfterMs } from "./backoff.js";

const nowMs = Date.parse("2026-11-23T12:00:00Z");

describe("retry-after", () => {
  test.each([
    [{ "retry-after": "2" }, 2000],
    [{ "retry-after": "0.25" }, 250],
    [{ "retry-after-ms": "120.5", "retry-after": "9" }, 120.5],
    [{ "retry-after": "Mon, 23 Nov 2026 12:00:05 GMT" }, 5000],
    [{ "retry-after": "Mon, 23 Nov 2026 11:59:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after-ms": "Infinity", "retry-after": "Infinity" }, undefined],
    [{}, undefined],
  ])("%j is %s ms", (headers, expected) => {
    expect(retryAfterMs(headers, nowMs)).toBe(expected);
  });
});

describe("the wait before the same deployment", () => {
  test("is a random share of a wait that doubles up to 8 s", () => {
    const longest = [0, 1, 2, 3, 4, 9].map((retry) => backoffMs(retry, 0, () => 1));
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(backoffMs(3, 0, () => 0)).toBe(0);
  });

  test("is never shorter than what the upstream asked for", () => {
    expect(backoffMs(0, 3000, () => 0.5)).toBe(3000);
  });
});
