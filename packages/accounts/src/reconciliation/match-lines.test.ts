import { matchLines } from "./match-lines.js";

const attempt = (attemptId: string, given: object = {}) => ({
  ...{ attemptId, fromMs: 0, untilMs: 100, model: "gpt-image-1", leastNanoUsd: 0n, mostNanoUsd: 50n },
  ...given,
});
const line = (requestId: string, given: object = {}) => ({
  ...{ requestId, atMs: 50, model: "gpt-image-1", nanoUsd: 40n },
  ...given,
});

const pairs = (...given: Parameters<typeof matchLines>) =>
  Object.fromEntries(
    [...matchLines(...given)].map(
      ([
        id,
        {
          line: { requestId },
        },
      ]) => [id, requestId],
    ),
  );

test.each([
  ["charged before it was sent", { atMs: -1 }],
  ["charged after it ended", { atMs: 101 }],
  ["of another model", { model: "gpt-image-1.5" }],
  ["for more than it may have cost", { nanoUsd: 51n }],
])("a line %s is not its", (_, given) => {
  expect(pairs([attempt("a")], [line("l", given)])).toEqual({});
});

test("a dated snapshot is the model itself, and an attempt without a bound takes any amount", () => {
  expect(
    pairs(
      [attempt("a", { mostNanoUsd: null })],
      [line("l", { model: "gpt-image-1-2026-01-01", nanoUsd: 9_999n })],
    ),
  ).toEqual({
    a: "l",
  });
});

test("as many attempts get a line as can, and each line goes to one", () => {
  // The first line would do for both; only the first attempt can take the second.
  const attempts = [attempt("a", { untilMs: 90 }), attempt("b", { mostNanoUsd: 45n })];
  const lines = [line("l1", { atMs: 10, nanoUsd: 45n }), line("l2", { atMs: 20, nanoUsd: 50n })];
  expect(pairs(attempts, lines)).toEqual({ a: "l2", b: "l1" });
  expect(matchLines(attempts, lines).get("a")?.candidates).toBe(2);
});
