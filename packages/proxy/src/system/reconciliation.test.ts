import type { LoggedRequest } from "./reconciliation/gateway-log.js";
import { bothSidesOf } from "./reconciliation/both-sides.js";
import { type BothSides, reconcile } from "./reconciliation/reconciliation.js";
import { lostCallsOf, reportOf } from "./reconciliation/report.js";
import type { ToldEdit } from "./reconciliation/told-edits.js";
import { models, variedEdits } from "./reconciliation/varied-edits.js";
import { stopAll } from "./running-process.js";
import type { BillLine } from "./running-simulator.js";

/** `scripts/reconcile-bill.mjs` does the same with thousands. */
const edits = variedEdits(0, 400);
let sides: BothSides;

beforeAll(async () => {
  sides = await bothSidesOf({ seed: 0, edits, concurrency: 8 });
});
afterAll(stopAll);

test("what clients are told is what is billed, and what was lost explains the rest", () => {
  const found = reconcile(sides);
  expect(found.differences).toEqual([]);
  expect(found.differenceNanoUsd).toBe(0n);
  expect(found.toldNanoUsd + found.lostNanoUsd).toBe(found.billedNanoUsd);
  expect(reportOf(found)).toContain("Every call agrees.");
  expect(lostCallsOf(found)).toHaveLength(found.lost.length);
});

test("the edits are of every kind", () => {
  expect(new Set(sides.bill.lines.map(({ model }) => model))).toEqual(new Set(models));
  const lost = new Set(reconcile(sides).lost.map(({ fault }) => fault));
  expect(lost).toEqual(new Set(["cut", "hang", "malformed", "reset", "status", "stream-error"]));
  const answered = sides.told.filter(({ nanoUsd }) => nanoUsd !== undefined);
  const has = (holds: (told: ToldEdit) => boolean): boolean => answered.some(holds);
  expect({
    streams: has(({ isStream, images }) => isStream && images > 1),
    partials: has(({ edit }) => Number(edit.fields["partial_images"]) > 1),
    json: has(({ edit }) => edit.body === "json" && edit.masked),
    files: has(({ edit }) => edit.pictures.some(({ type }) => type === "file")),
    masks: has(({ edit }) => edit.masked),
    many: has(({ images }) => images > 4),
    fidelity: has(({ edit }) => edit.fields["input_fidelity"] === "high"),
    fallback: has(({ edit, group }) => edit.group !== group),
    withoutUsage: has(({ edit }) => edit.mishap?.kind === "usage"),
    retried: has(({ edit }) => edit.mishap?.kind === "lost"),
  }).toEqual({
    streams: true,
    partials: true,
    json: true,
    files: true,
    masks: true,
    many: true,
    fidelity: true,
    fallback: true,
    withoutUsage: true,
    retried: true,
  });
});

test("a seed gives the same edits, and the first ones of more", () => {
  expect(variedEdits(7, 50)).toEqual(variedEdits(7, 80).slice(0, 50));
  expect(variedEdits(7, 50)).not.toEqual(variedEdits(8, 50));
});

describe("a difference is found, and named", () => {
  const differences = (changed: Partial<BothSides>): string[] => [
    ...reconcile({ ...sides, ...changed }).differences,
  ];
  /** An edit that was answered whole, its line of the bill and its line of the log. */
  const sample = (): { told: ToldEdit; line: BillLine; logged: LoggedRequest } => {
    const told = sides.told.find((one) => !one.isStream && one.nanoUsd !== undefined);
    const line = sides.bill.lines.find(({ requestId }) => requestId === told?.upstreamRequestId);
    const logged = sides.logged.get(told?.requestId ?? "");
    if (told === undefined || line === undefined || logged === undefined) throw new Error("no sample");
    return { told, line, logged };
  };
  const withTold = (changed: ToldEdit): readonly ToldEdit[] =>
    sides.told.map((one) => (one.requestId === changed.requestId ? changed : one));
  const withLines = (lines: readonly BillLine[]): BothSides["bill"] => ({ ...sides.bill, lines });

  test("a client that is told a nano-dollar more", () => {
    const { told } = sample();
    const found = differences({ told: withTold({ ...told, nanoUsd: (told.nanoUsd ?? 0n) + 1n }) });
    expect(found).toEqual([
      expect.stringContaining(`${told.edit.id} (`),
      expect.stringMatching(/told \d+, billed \d+/),
      "the totals differ by -1 nano-dollars",
      expect.stringContaining("darkroom_spend_usd_total of"),
    ]);
  });

  test("a line with a nano-dollar more", () => {
    const { line } = sample();
    const more = { ...line, nanoUsd: String(BigInt(line.nanoUsd) + 1n) };
    const lines = sides.bill.lines.map((one) => (one === line ? more : one));
    expect(differences({ bill: withLines(lines) })).toEqual([expect.stringMatching(/told \d+, billed \d+/)]);
  });

  test("a line that is missing", () => {
    const { line } = sample();
    const lines = sides.bill.lines.filter((one) => one !== line);
    expect(differences({ bill: withLines(lines) })).toEqual([expect.stringContaining("was billed")]);
  });

  test("a line that nobody was told of, though nothing went wrong", () => {
    const { line } = sample();
    const lines = [...sides.bill.lines, { ...line, requestId: "req_other" }];
    expect(differences({ bill: withLines(lines) })[0]).toMatch(/^req_other,.* not told, without a fault$/);
  });

  test("a lost answer of which the gateway knows nothing", () => {
    const logged = new Map([...sides.logged].map(([id, one]) => [id, { ...one, failedAttempts: [] }]));
    const found = differences({ logged });
    expect(found).toHaveLength(reconcile(sides).lost.length);
    expect(found[0]).toContain("has no failed attempt for it");
  });

  test("pictures without a cost", () => {
    const { told } = sample();
    const found = differences({ told: withTold({ ...told, nanoUsd: undefined }) });
    expect(found.join("\n")).toContain("pictures and no cost");
  });

  test("a log, a metric and a total that say something else", () => {
    const { told, logged } = sample();
    const log = new Map(sides.logged).set(told.requestId, { ...logged, nanoUsd: 1n });
    expect(differences({ logged: log })).toEqual([expect.stringMatching(/told \d+, logged 1$/)]);
    const metrics = new Map(sides.metrics).set("gpt-image-2", 0.5);
    expect(differences({ metrics })).toEqual([expect.stringContaining("gpt-image-2: counted 500000000")]);
    const { overall } = sides.bill.totals;
    const totals = { ...sides.bill.totals, overall: { ...overall, nanoUsd: `${overall.nanoUsd}0` } };
    expect(differences({ bill: { ...sides.bill, totals } })).toEqual([
      expect.stringContaining("the totals differ by"),
    ]);
  });

  test("a run in which hardly anything was answered", () => {
    const told = sides.told.filter(({ nanoUsd }) => nanoUsd === undefined);
    expect(differences({ told }).join("\n")).toContain("edits were answered");
  });
});
