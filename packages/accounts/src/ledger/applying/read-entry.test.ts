import fc from "fast-check";
import { requestOf } from "../../journal/records.test.support.js";
import { asJson, attemptEntry, correctionOf, refusalsOf } from "../journal-file.test.support.js";
import { UnreadableEntryError } from "./fields.js";
import { readEntry } from "./read-entry.js";

const entries: readonly (readonly [kind: string, record: object])[] = [
  ["outcome", attemptEntry("a")],
  ["recovered", attemptEntry("a", {}, { state: "uncertain", costNanoUsd: null })],
  ["request", requestOf("r", { error: "rate_limit", replayOf: "q" })],
  ["refusals", refusalsOf()],
  ["correction", correctionOf("a", { differenceNanoUsd: -5n })],
];

const read = (kind: string, record: string): unknown => readEntry({ sequence: 1, kind, record });

it("reads amounts exactly, and what was answered before what was asked for", () => {
  const change = readEntry({
    sequence: 1,
    kind: "outcome",
    record: asJson(
      attemptEntry(
        "a",
        { estimateNanoUsd: 2n ** 53n + 1n },
        { costNanoUsd: 10n ** 18n - 1n, size: "1024x1024", durationMs: 11_999.6 },
      ),
    ),
  });
  expect(change).toMatchObject({
    kind: "attempt",
    attempt: {
      estimateNanoUsd: 2n ** 53n + 1n,
      costNanoUsd: 10n ** 18n - 1n,
      size: "1024x1024",
      durationMs: 12_000,
      stream: 0,
      breakdown: '{"textInput":"120000","imageInput":"2000000","imageOutput":"40000000"}',
    },
    charges: [{ meter: "team:red", period: "2026-01" }],
  });
});

it.each([
  ["outcome", { costNanoUsd: 5 }, "outcome.outcome.costNanoUsd is not a text of nano-dollars"],
  ["outcome", { costNanoUsd: "-5" }, "outcome.outcome.costNanoUsd is not an amount from 0"],
  ["outcome", { costNanoUsd: undefined }, "outcome.outcome.costNanoUsd is not a text of nano-dollars"],
  ["outcome", { costNanoUsd: "1e9" }, "outcome.outcome.costNanoUsd is not a text of nano-dollars"],
  ["outcome", { state: "paid" }, "outcome.outcome.state is not one of certain, uncertain, failed"],
  ["outcome", { attemptId: "b" }, "outcome.attemptId is not that of the intent"],
  ["outcome", { tokens: [1] }, "outcome.outcome.tokens is no object"],
  ["outcome", { images: 1.5 }, "outcome.outcome.images is not a whole number from 0"],
  ["outcome", { size: true }, "outcome.outcome.size is not a text"],
])("refuses an %s with %j", (kind, given, message) => {
  expect(() => read(kind, asJson(attemptEntry("a", {}, given as object)))).toThrow(
    new UnreadableEntryError(message),
  );
});

it.each([
  ["outcome", '{"intent":', "the record is not JSON"],
  ["outcome", "null", "outcome is no object"],
  ["outcome", "{}", "outcome.intent is no object"],
  ["payment", "{}", "'payment' is no kind of entry that is known here"],
])("refuses %s with the text %s", (kind, record, message) => {
  expect(() => read(kind, record)).toThrow(new UnreadableEntryError(message));
});

it("lets nothing through that cannot be bound to a statement, whatever stands in place of a field", () => {
  const paths = entries.flatMap(([kind, record]) =>
    pathsOf(JSON.parse(asJson(record))).map((path) => ({ kind, record: asJson(record), path })),
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), ({ kind, record, path }, value) => {
      let change: unknown;
      try {
        change = read(kind, JSON.stringify(replaced(JSON.parse(record), path, value)));
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableEntryError);
        return;
      }
      const [, values] = Object.entries(change as object)[1]! as [string, object];
      for (const one of Object.values(values)) expect(isBindable(one)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

function isBindable(value: unknown): boolean {
  return value === null || ["string", "bigint"].includes(typeof value) || Number.isSafeInteger(value);
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [[]];
  return Object.entries(value).flatMap(([name, inner]) => [
    [name],
    ...pathsOf(inner).map((rest) => [name, ...rest]),
  ]);
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const inner = (value as Record<string, unknown>)[name];
  const changed = replaced(inner, rest, by);
  return Array.isArray(value)
    ? value.map((item: unknown, index) => (String(index) === name ? changed : item))
    : { ...(value as object), [name]: changed };
}
