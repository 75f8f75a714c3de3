import {
  attemptText,
  correctionText,
  intentText,
  outcomeText,
  refusalsText,
  requestText,
} from "./record-text.js";
import { intentOf, outcomeOf, requestOf } from "./records.test.support.js";

/** More than a float can tell from its neighbours. */
const large = 9_007_199_254_740_993n;

test("an intent's amount is a text, everything else stands as it was", () => {
  const record = intentOf("a", { estimateNanoUsd: large, prompt: 'a "hat"\n', size: "1024x1024" });
  expect(JSON.parse(intentText(record))).toEqual({ ...record, estimateNanoUsd: "9007199254740993" });
});

test("no price is no amount, which is not the same as nothing", () => {
  expect(JSON.parse(intentText(intentOf("a", { estimateNanoUsd: null })))).toHaveProperty(
    "estimateNanoUsd",
    null,
  );
  expect(JSON.parse(outcomeText(outcomeOf("a", { costNanoUsd: null })))).toHaveProperty("costNanoUsd", null);
  expect(JSON.parse(outcomeText(outcomeOf("a", { costNanoUsd: 0n })))).toHaveProperty("costNanoUsd", "0");
});

test("an outcome's cost and every part of it are texts", () => {
  const record = outcomeOf("a", {
    costNanoUsd: large,
    breakdown: { textInput: 1n, imageOutput: large - 1n },
  });
  expect(JSON.parse(outcomeText(record))).toEqual({
    ...record,
    costNanoUsd: "9007199254740993",
    breakdown: { textInput: "1", imageOutput: "9007199254740992" },
  });
});

test("an outcome without a breakdown has none", () => {
  const { breakdown: _, ...record } = outcomeOf("a");
  expect(JSON.parse(outcomeText(record))).not.toHaveProperty("breakdown");
});

test("an attempt's text holds both", () => {
  const text = attemptText(intentText(intentOf("a")), outcomeText(outcomeOf("a")));
  expect(JSON.parse(text)).toMatchObject({ intent: { n: 1 }, outcome: { costNanoUsd: "42120000" } });
});

test("requests, refusals and corrections", () => {
  const request = requestOf("r");
  expect(JSON.parse(requestText(request))).toEqual({ ...request, costNanoUsd: "42120000" });
  const refusals = { caller: "k", route: "/", status: 429, code: "c", count: 3, fromMs: 1, toMs: 2 };
  expect(JSON.parse(refusalsText(refusals))).toEqual(refusals);
  const correction = { attemptId: "a", revision: 1, atMs: 5, by: "ann", note: "by the invoice" };
  expect(JSON.parse(correctionText({ ...correction, costNanoUsd: 0n, differenceNanoUsd: -large }))).toEqual({
    ...correction,
    costNanoUsd: "0",
    differenceNanoUsd: "-9007199254740993",
  });
});
