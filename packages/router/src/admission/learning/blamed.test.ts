import { blamedFor } from "./blamed.js";
import type { ToldLimit, ToldResource } from "./rate-limit-headers.js";

const openAi = (type: string, unit: string) => ({
  type,
  code: "rate_limit_exceeded",
  message: `Rate limit reached in organization org-1 on ${unit}: Limit 5, Used 5, Requested 1. Please try again in 12s.`,
});

test.each<[string, unknown, [ToldResource, ToldLimit][], ToldResource[]]>([
  ["its type", openAi("images", "images per min (IPM)"), [["requests", { remaining: 0 }]], ["images"]],
  ["its message", openAi("rate_limit_error", "tokens per min (TPM)"), [], ["tokens"]],
  ["its message, of input images", openAi("x", "input-images per min"), [], ["input-images"]],
  [
    "its headers",
    { code: "429" },
    [
      ["requests", { remaining: 0 }],
      ["tokens", { remaining: 10 }],
    ],
    ["requests"],
  ],
  ["nothing", { code: "slow_down", message: "Slow down" }, [["tokens", { limit: 10 }]], []],
  ["no error at all", undefined, [], []],
  ["an error that is text", "images per min", [], []],
  ["a message that says so far behind", { message: `${"x".repeat(600)} images per min` }, [], []],
])("%s tells which limit a refusal is about", (_, error, told, expected) => {
  expect(blamedFor(error, new Map(told))).toEqual(expected);
});
