import fc from "fast-check";
import type { OutcomeState } from "../../journal/records.js";
import { Applier } from "../applying/applier.js";
import { type LedgerStore, describeEachLedger } from "../applying/ledger-stores.test.support.js";
import { entry } from "../applying/opened-ledger.test.support.js";
import { removeTemporaryFolders, temporaryFolder } from "../../journal/journal-folder.test.support.js";
import { requestOf, startMs } from "../../journal/records.test.support.js";
import { attemptEntry, correctionOf } from "../journal-file.test.support.js";
import type { AttemptFilter } from "./filter.js";
import type { Page, PageRequest } from "./page.js";
import { Reports } from "./reports.js";
import type { LedgerAttempt } from "./rows.js";

afterAll(removeTemporaryFolders);

async function allOf<Row>(
  list: (page: PageRequest) => Promise<Page<Row>>,
  page: PageRequest,
): Promise<Row[]> {
  const { rows, next } = await list(page);
  return next === undefined ? [...rows] : [...rows, ...(await allOf(list, { ...page, after: next }))];
}

const attempt = fc.record({
  atMs: fc.integer({ min: startMs, max: startMs + 5 }),
  group: fc.constantFrom("edits", "others"),
  deploymentId: fc.constantFrom("one", "two"),
  caller: fc.option(fc.constantFrom("key-1", "key-2"), { nil: undefined }),
  requestId: fc.constantFrom("r1", "r2", "r3"),
  state: fc.constantFrom<OutcomeState>("certain", "uncertain", "failed"),
  costNanoUsd: fc.option(fc.bigInt({ min: 0n, max: 2n ** 56n })),
  images: fc.integer({ min: 0, max: 3 }),
  tokens: fc.option(fc.record({ textInput: fc.nat(1_000), imageOutput: fc.nat(5_000) }), { nil: undefined }),
});
type Drawn = typeof attempt extends fc.Arbitrary<infer Value> ? Value : never;

const filter: fc.Arbitrary<AttemptFilter> = fc.record(
  {
    sinceMs: fc.integer({ min: startMs, max: startMs + 6 }),
    untilMs: fc.integer({ min: startMs, max: startMs + 6 }),
    group: fc.constantFrom("edits", "others"),
    deploymentId: fc.constantFrom("one", "two"),
    state: fc.constantFrom<OutcomeState>("certain", "uncertain", "failed"),
    requestId: fc.constantFrom("r1", "r2"),
    caller: fc.constantFrom("key-1", "key-2"),
    succeeded: fc.boolean(),
  },
  { requiredKeys: [] },
);

function fitting(drawn: readonly Drawn[], wanted: AttemptFilter): { id: string; attempt: Drawn }[] {
  return drawn
    .map((one, index) => ({ id: `attempt-${index}`, attempt: one }))
    .filter(({ attempt: one }) => {
      const { sinceMs = 0, untilMs = Infinity, succeeded, ...exact } = wanted;
      const isInTime = one.atMs >= sinceMs && one.atMs < untilMs;
      const hasSucceeded = one.state === "certain";
      if (succeeded !== undefined && succeeded !== hasSucceeded) return false;
      return isInTime && Object.entries(exact).every(([name, value]) => one[name as keyof Drawn] === value);
    });
}

const total = (amounts: readonly (bigint | null)[]): bigint =>
  amounts.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n);

describeEachLedger((open) => {
  const stores: LedgerStore[] = [];

  afterAll(async () => {
    for (const store of stores) await store.close();
  });

  /** The reports of a ledger with these entries. */
  async function reportsOf(
    entries: readonly (readonly [kind: string, record: object | string])[],
  ): Promise<Reports> {
    const store = await open();
    stores.push(store);
    const applier = await Applier.open(store.connect(), "journal-1");
    await applier.apply(entries.map(([kind, record], index) => entry(index + 1, kind, record)));
    return store.reports();
  }

  it("lists and sums up exactly what fits, whatever there is and is asked for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(attempt, { maxLength: 25 }),
        filter,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom("newest" as const, "oldest" as const),
        async (drawn, wanted, limit, order) => {
          const reports = await reportsOf(
            drawn.map(({ state, costNanoUsd, images, tokens, caller, ...intent }, index) => [
              "outcome",
              attemptEntry(
                `attempt-${index}`,
                { ...intent, ...(caller === undefined ? { caller: undefined as never } : { caller }) },
                {
                  state,
                  costNanoUsd,
                  images,
                  ...(tokens === undefined ? { tokens: undefined as never } : { tokens }),
                },
              ),
            ]),
          );
          const expected = fitting(drawn, wanted).sort((a, b) => a.attempt.atMs - b.attempt.atMs);
          if (order === "newest") expected.reverse();
          const listed = await allOf((page) => reports.attempts(wanted, page), { limit, order });
          expect(listed.map(({ attemptId }) => attemptId).toSorted()).toEqual(
            expected.map(({ id }) => id).toSorted(),
          );
          expect(listed.map(({ atMs }) => atMs)).toEqual(expected.map(({ attempt: { atMs } }) => atMs));

          expect(await reports.count(wanted)).toBe(expected.length);

          const states = (state: OutcomeState): Drawn[] =>
            expected.map(({ attempt: one }) => one).filter((one) => one.state === state);
          const sum = await reports.sum(wanted);
          expect(sum).toMatchObject({
            rows: expected.length,
            certainRows: states("certain").length,
            uncertainRows: states("uncertain").length,
            failedRows: states("failed").length,
            unpricedRows: expected.filter(
              ({ attempt: one }) => one.state !== "failed" && one.costNanoUsd === null,
            ).length,
            certainNanoUsd: total([...states("certain"), ...states("failed")].map((one) => one.costNanoUsd)),
            uncertainNanoUsd: total(states("uncertain").map((one) => one.costNanoUsd)),
            images: expected.reduce((images, { attempt: one }) => images + one.images, 0),
            requests: new Set(expected.map(({ attempt: one }) => one.requestId)).size,
          });
          const withTokens = expected.filter(({ attempt: one }) => one.tokens !== undefined);
          const tokensOf = (kind: "textInput" | "imageOutput"): number =>
            withTokens.reduce((count, { attempt: one }) => count + one.tokens![kind], 0);
          expect(sum.tokens).toEqual(
            withTokens.length === 0
              ? {}
              : { textInput: tokensOf("textInput"), imageOutput: tokensOf("imageOutput") },
          );

          const parts = await reports.sumBy(wanted, "group");
          expect(parts.map(({ key }) => key).toSorted()).toEqual(
            [...new Set(expected.map(({ attempt: one }) => one.group))].toSorted(),
          );
          expect(total(parts.map(({ certainNanoUsd }) => certainNanoUsd))).toBe(sum.certainNanoUsd);
          expect(parts.reduce((rows, part) => rows + part.rows, 0)).toBe(sum.rows);
          await reports.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives rows back as they were written, but never a prompt", async () => {
    const reports = await reportsOf([
      ["outcome", attemptEntry("a", { prompt: "a secret hat", stream: true })],
    ]);
    const [row] = (await reports.attempts({}, { limit: 1 })).rows as [LedgerAttempt];
    expect(row).toMatchObject({
      attemptId: "a",
      stream: true,
      caller: "key-1",
      charges: [{ meter: "team:red", period: "2026-01" }],
      breakdown: { textInput: 120_000n, imageInput: 2_000_000n, imageOutput: 40_000_000n },
      tokens: { textInput: 24, imageInput: 200, imageOutput: 1_000 },
    });
    const everything = [row, await reports.attempt("a"), await reports.explain("request-of-a")];
    expect(
      JSON.stringify(everything, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    ).not.toContain("hat");
    await reports.close();
  });

  it("sums up the dearest first", async () => {
    const reports = await reportsOf([
      ["outcome", attemptEntry("a", { deploymentId: "cheap" }, { costNanoUsd: 1n })],
      ["outcome", attemptEntry("b", { deploymentId: "dear" }, { costNanoUsd: 5n })],
      ["outcome", attemptEntry("c", { deploymentId: "unsure" }, { costNanoUsd: 3n, state: "uncertain" })],
    ]);
    const parts = await reports.sumBy({}, "deployment");
    expect(parts.map(({ key }) => key)).toEqual(["dear", "unsure", "cheap"]);
    expect((await reports.sumBy({}, "model")).map(({ key, rows }) => [key, rows])).toEqual([
      ["gpt-image-1", 3],
    ]);
    await reports.close();
  });

  it("explains a request by its attempts in their order, with their corrections", async () => {
    const reports = await reportsOf([
      ["outcome", attemptEntry("later", { requestId: "r", retry: 1, atMs: startMs + 1 })],
      [
        "outcome",
        attemptEntry("a", { requestId: "r" }, { state: "uncertain", costNanoUsd: 5n, reason: "reset" }),
      ],
      ["correction", correctionOf("a", { costNanoUsd: 2n, differenceNanoUsd: -3n })],
      ["request", requestOf("r", { attempts: 2, retries: 1 })],
      ["outcome", attemptEntry("of another")],
    ]);
    expect(await reports.explain("r")).toMatchObject({
      request: { requestId: "r", state: "ended", status: 200, waitedMs: 3, upstreamMs: 12_000, attempts: 2 },
      attempts: [
        {
          attemptId: "a",
          reason: "reset",
          costNanoUsd: 2n,
          corrections: [{ revision: 1, note: "by the invoice" }],
        },
        { attemptId: "later", corrections: [] },
      ],
    });
    expect(await reports.explain("nothing")).toBeUndefined();
    await reports.close();
  });

  it("explains a request for which nothing was sent", async () => {
    const reports = await reportsOf([
      ["request", requestOf("r", { status: 429, attempts: 0, error: "rate_limit_exceeded" })],
    ]);
    expect(await reports.explain("r")).toMatchObject({ request: { status: 429 }, attempts: [] });
    await reports.close();
  });

  it("lists requests by what fits", async () => {
    const reports = await reportsOf([
      ["request", requestOf("early", { startedAtMs: startMs })],
      ["request", requestOf("late", { startedAtMs: startMs + 10, caller: "key-2" })],
      ["outcome", attemptEntry("a", { requestId: "running", atMs: startMs + 20 })],
    ]);
    const ids = async (wanted: object): Promise<string[]> =>
      (await reports.requests(wanted, { limit: 10 })).rows.map(({ requestId }) => requestId);
    expect(await ids({})).toEqual(["running", "late", "early"]);
    expect(await ids({ untilMs: startMs + 10 })).toEqual(["early"]);
    expect(await ids({ caller: "key-2" })).toEqual(["late"]);
    expect(await ids({ state: "running" })).toEqual(["running"]);
    await reports.close();
  });

  it("tells the spend of a meter, of a period, of all", async () => {
    const charges = [
      { meter: "team:red", period: "2026-01" },
      { meter: "team:red", period: "2026-02" },
      { meter: "key:1", period: "2026-01" },
    ];
    const reports = await reportsOf([
      ["outcome", attemptEntry("a", { charges }, { costNanoUsd: 2n ** 53n + 1n })],
    ]);
    const found = async (of: object): Promise<string[]> =>
      (await reports.spend(of)).map(({ meter, period }) => `${meter} ${period}`);
    expect(await found({})).toEqual(["key:1 2026-01", "team:red 2026-01", "team:red 2026-02"]);
    expect(await found({ meter: "team:red" })).toEqual(["team:red 2026-01", "team:red 2026-02"]);
    expect(await found({ meter: "team:red", period: "2026-02" })).toEqual(["team:red 2026-02"]);
    expect((await reports.spend({ meter: "key:1" }))[0]?.certainNanoUsd).toBe(2n ** 53n + 1n);
    await reports.close();
  });

  it("counts what was set aside", async () => {
    const reports = await reportsOf([
      ["outcome", "{"],
      ["outcome", attemptEntry("a")],
    ]);
    expect(await reports.setAside()).toBe(1);
    await reports.close();
  });

  it("refuses a page that never was", async () => {
    const reports = await reportsOf([]);
    await expect(reports.attempts({}, { limit: 1, after: "1; DROP TABLE attempts" })).rejects.toThrow(
      "after is not the end of a page",
    );
    await reports.close();
  });
});

it("refuses a folder without a ledger", () => {
  expect(() => Reports.ofFolder(temporaryFolder())).toThrow(/ledger\.sqlite cannot be read/);
});
