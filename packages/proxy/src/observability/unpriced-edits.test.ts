import type { EditReport } from "@darkroom/router";
import { type Logger, pino } from "pino";
import { UnpricedEdits } from "./unpriced-edits.js";

let lines: string[];
let log: Logger;
beforeEach(() => {
  lines = [];
  log = pino({ base: null }, { write: (line: string) => lines.push(line) });
});

function report(model: string, cost: EditReport["cost"] = null, baseModel?: string): EditReport {
  return {
    requestId: "req_1",
    requestedModel: model,
    group: "*",
    deployment: {
      id: "one",
      group: "*",
      model,
      apiBase: "https://api.openai.com/v1",
      apiKey: "sk-secret",
      weight: 1,
      ...(baseModel !== undefined && { baseModel }),
    },
    attempts: [],
    retries: 0,
    fallbacks: 0,
    dropped: [],
    cost,
    images: 1,
    upstreamMs: 1,
    waitedMs: 0,
    waits: [],
  };
}

it("warns of each model once, with what to set and no secret", () => {
  const edits = new UnpricedEdits(log, []);
  for (const model of ["house-model", "house-model", "other-model", "house-model"]) edits.note(report(model));
  expect(lines.map((line) => /no price is known for ([\w-]+):.*base_model/.exec(line)?.[1])).toEqual([
    "house-model",
    "other-model",
  ]);
  expect(lines.join("")).not.toContain("sk-");
});

it("says nothing of edits with a cost, of those without an answer, and of models told of at the start", () => {
  const breakdown = { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: 0n, outputText: 0n };
  const edits = new UnpricedEdits(log, ["house-model", "base"]);
  edits.note(report("free", { nanoUsd: 0n, basis: "images", breakdown }));
  edits.note({ ...report("failed"), cost: undefined });
  edits.note({ ...report("refused"), deployment: undefined });
  edits.note(report("house-model"));
  edits.note(report("any", null, "base"));
  expect(lines).toEqual([]);
});

it("does not grow with the names that clients make up", () => {
  const edits = new UnpricedEdits(log, []);
  for (let number = 0; number < 1000; number++) edits.note(report(`model-${number}`));
  expect(lines).toHaveLength(100);
});
