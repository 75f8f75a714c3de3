import { SqliteStatements } from "../../database/sqlite-statements.js";
import { removeTemporaryFolders, temporaryFolder } from "../../journal/journal-folder.test.support.js";
import { requestOf, startMs } from "../../journal/records.test.support.js";
import { asJson, attemptEntry, correctionOf, refusalsOf } from "../journal-file.test.support.js";
import { Applier } from "./applier.js";
import { type LedgerStore, describeEachLedger } from "./ledger-stores.test.support.js";
import { entry, openedLedger } from "./opened-ledger.test.support.js";

afterAll(removeTemporaryFolders);

describeEachLedger((open) => {
  let store: LedgerStore;
  let applier: Applier;

  beforeEach(async () => {
    store = await open();
    applier = await Applier.open(store.connect(), "journal-1");
  });

  afterEach(() => store.close());

  const rows = (sql: string): Promise<unknown[]> => store.rows(sql);

  it("writes an attempt with all that is known of it", async () => {
    const answered = { size: "1024x1024", quality: "high", durationMs: 11_999.6, upstreamRequestId: "req_a" };
    expect(await applier.apply([entry(1, "outcome", attemptEntry("a", {}, answered))])).toEqual([]);
    expect(await rows("SELECT * FROM attempts")).toEqual([
      {
        number: 1n,
        attempt_id: "a",
        journal: 1n,
        sequence: 1n,
        request_id: "request-of-a",
        at_ms: BigInt(startMs),
        ended_at_ms: BigInt(startMs + 12_000),
        caller: "key-1",
        requested_model: "edits",
        model_group: "edits",
        deployment_id: "edits-one",
        provider: "openai",
        model: "gpt-image-1",
        retry: 0n,
        fallback: 0n,
        idempotency_key: null,
        idempotency_fingerprint: null,
        size: "1024x1024",
        quality: "high",
        n: 1n,
        stream: 0n,
        input_images: 1n,
        prompt_bytes: 13n,
        prompt: null,
        charges: '[{"meter":"team:red","period":"2026-01"}]',
        estimate_nano_usd: 250_000_000n,
        price_version: "2026-01-01",
        state: "certain",
        cost_nano_usd: 42_120_000n,
        breakdown: '{"textInput":"120000","imageInput":"2000000","imageOutput":"40000000"}',
        basis: "usage",
        tokens: '{"textInput":24,"imageInput":200,"imageOutput":1000}',
        images: 1n,
        duration_ms: 12_000n,
        status: 200n,
        error_class: null,
        reason: null,
        upstream_request_id: "req_a",
        revision: 0n,
      },
    ]);
    expect(applier.appliedThrough).toBe(1);
  });

  it("keeps the spend of every meter and period with the rows", async () => {
    const charges = [
      { meter: "team:red", period: "2026-01" },
      { meter: "key:1", period: "2026-01-05" },
    ];
    await applier.apply([
      entry(1, "outcome", attemptEntry("a", { charges }, { costNanoUsd: 2n ** 53n + 1n })),
      entry(
        2,
        "outcome",
        attemptEntry("b", { charges: charges.slice(0, 1) }, { costNanoUsd: 2n ** 53n + 1n }),
      ),
      entry(3, "recovered", attemptEntry("c", { charges }, { state: "uncertain", costNanoUsd: 7n })),
      entry(4, "outcome", attemptEntry("d", { charges }, { state: "failed", costNanoUsd: 0n })),
      entry(5, "outcome", attemptEntry("e", { charges }, { costNanoUsd: null })),
    ]);
    expect(await store.keptSpend()).toEqual([
      {
        meter: "key:1",
        period: "2026-01-05",
        certain_nano_usd: 2n ** 53n + 1n,
        uncertain_nano_usd: 7n,
        attempts: 4n,
      },
      {
        meter: "team:red",
        period: "2026-01",
        certain_nano_usd: 2n ** 54n + 2n,
        uncertain_nano_usd: 7n,
        attempts: 5n,
      },
    ]);
    expect(await store.keptSpend()).toEqual(await store.spendOfRows());
    expect(applier.uncertain).toEqual({ attempts: 1, nanoUsd: 7n });
  });

  it("changes nothing for an attempt that is there already, whichever journal brings it", async () => {
    await applier.apply([entry(1, "outcome", attemptEntry("a"))]);
    const other = await Applier.open(store.connect(), "journal-2");
    await other.apply([
      entry(1, "outcome", attemptEntry("a", {}, { costNanoUsd: 1n })),
      entry(2, "outcome", attemptEntry("b")),
    ]);
    expect(await rows("SELECT attempt_id, journal, cost_nano_usd FROM attempts")).toEqual([
      { attempt_id: "a", journal: 1n, cost_nano_usd: 42_120_000n },
      { attempt_id: "b", journal: 2n, cost_nano_usd: 42_120_000n },
    ]);
    expect(await rows("SELECT attempts FROM requests ORDER BY request_id")).toEqual([
      { attempts: 1n },
      { attempts: 1n },
    ]);
    expect(await store.keptSpend()).toEqual(await store.spendOfRows());
    expect(await rows("SELECT id, applied_through FROM journals")).toEqual([
      { id: "journal-1", applied_through: 1n },
      { id: "journal-2", applied_through: 2n },
    ]);
  });

  it("goes on behind its mark", async () => {
    await applier.apply([entry(1, "refusals", refusalsOf()), entry(2, "refusals", refusalsOf())]);
    expect((await Applier.open(store.connect(), "journal-1")).appliedThrough).toBe(2);
    expect((await Applier.open(store.connect(), "another")).appliedThrough).toBe(0);
  });

  describe("a request", () => {
    const request = () =>
      rows("SELECT request_id, state, status, attempts, retries, fallbacks, images FROM requests");

    it("is there as soon as one of its attempts is, and completed by its own record", async () => {
      const requestId = "r";
      await applier.apply([
        entry(1, "outcome", attemptEntry("a", { requestId }, { state: "failed", costNanoUsd: 0n })),
        entry(2, "outcome", attemptEntry("b", { requestId, retry: 1 })),
        entry(
          3,
          "outcome",
          attemptEntry("c", { requestId, group: "others", deploymentId: "o", fallback: 1 }),
        ),
      ]);
      const running = {
        request_id: "r",
        state: "running",
        status: null,
        attempts: 3n,
        retries: 1n,
        fallbacks: 1n,
      };
      expect(await request()).toEqual([{ ...running, images: 0n }]);
      expect(await rows("SELECT model_group, deployment_id FROM requests")).toEqual([
        { model_group: "others", deployment_id: "o" },
      ]);
      await applier.apply([entry(4, "request", requestOf("r", { attempts: 3, retries: 1, fallbacks: 1 }))]);
      expect(await request()).toEqual([{ ...running, state: "ended", status: 200n, images: 1n }]);
    });

    it("that has ended is not changed by an attempt that ends later, as behind a client that has gone", async () => {
      await applier.apply([
        entry(1, "request", requestOf("r", { status: 499, attempts: 1 })),
        entry(2, "outcome", attemptEntry("a", { requestId: "r" })),
      ]);
      expect(await request()).toMatchObject([{ state: "ended", status: 499n, attempts: 1n }]);
    });

    it("whose gateway has ended is interrupted, unless its record is there", async () => {
      await applier.apply([
        entry(1, "outcome", attemptEntry("a", { requestId: "ended" })),
        entry(2, "request", requestOf("ended")),
        entry(3, "outcome", attemptEntry("b", { requestId: "cut" })),
      ]);
      await applier.interruptRequests();
      await applier.apply([entry(4, "outcome", attemptEntry("c", { requestId: "new" }))]);
      expect(await rows("SELECT request_id, state FROM requests ORDER BY number")).toEqual([
        { request_id: "ended", state: "ended" },
        { request_id: "cut", state: "interrupted" },
        { request_id: "new", state: "running" },
      ]);
    });
  });

  it("writes refusals folded together", async () => {
    await applier.apply([entry(1, "refusals", refusalsOf({ count: 12 }))]);
    expect(await rows("SELECT caller, status, code, count FROM refusals")).toEqual([
      { caller: "key-1", status: 429n, code: "rate_limit_exceeded", count: 12n },
    ]);
  });

  describe("a correction", () => {
    beforeEach(async () => {
      await applier.apply([
        entry(1, "outcome", attemptEntry("a", {}, { state: "uncertain", costNanoUsd: 250n })),
      ]);
    });

    const correction = (revision: number, costNanoUsd: bigint, differenceNanoUsd: bigint): object =>
      correctionOf("a", { revision, costNanoUsd, differenceNanoUsd });
    const attempt = () => rows("SELECT state, cost_nano_usd, revision FROM attempts");

    it("makes the attempt certain, moves its spend, and is kept", async () => {
      await applier.apply([entry(2, "correction", correction(1, 100n, -150n))]);
      expect(await attempt()).toEqual([{ state: "certain", cost_nano_usd: 100n, revision: 1n }]);
      expect(await store.keptSpend()).toMatchObject([
        { certain_nano_usd: 100n, uncertain_nano_usd: 0n, attempts: 1n },
      ]);
      expect(applier.uncertain).toEqual({ attempts: 0, nanoUsd: 0n });
      await applier.apply([entry(3, "correction", correction(2, 120n, 20n))]);
      expect(await attempt()).toEqual([{ state: "certain", cost_nano_usd: 120n, revision: 2n }]);
      expect(await store.keptSpend()).toEqual(await store.spendOfRows());
      expect(
        await rows("SELECT revision, cost_nano_usd, difference_nano_usd, settled_by, note FROM corrections"),
      ).toEqual([
        {
          revision: 1n,
          cost_nano_usd: 100n,
          difference_nano_usd: -150n,
          settled_by: "ann",
          note: "by the invoice",
        },
        {
          revision: 2n,
          cost_nano_usd: 120n,
          difference_nano_usd: 20n,
          settled_by: "ann",
          note: "by the invoice",
        },
      ]);
    });

    it("that is there already changes nothing", async () => {
      await applier.apply([entry(2, "correction", correction(1, 100n, -150n))]);
      await (await Applier.open(store.connect(), "journal-2")).apply([
        entry(1, "correction", correction(1, 90n, -160n)),
      ]);
      expect(await attempt()).toEqual([{ state: "certain", cost_nano_usd: 100n, revision: 1n }]);
      expect(await store.keptSpend()).toEqual(await store.spendOfRows());
    });

    it.each([
      [
        "of a revision too far ahead",
        correction(2, 100n, -150n),
        "correction.revision is not 1, the next one",
      ],
      [
        "of another difference",
        correction(1, 100n, 5n),
        "correction.differenceNanoUsd is not what the cost changes by",
      ],
      ["of no attempt", correctionOf("z"), "correction.attemptId is of no attempt"],
    ])("%s is set aside", async (_, record, reason) => {
      expect(await applier.apply([entry(2, "correction", record)])).toEqual([
        { sequence: 2, kind: "correction", reason },
      ]);
      expect(await attempt()).toEqual([{ state: "uncertain", cost_nano_usd: 250n, revision: 0n }]);
      expect(await store.keptSpend()).toEqual(await store.spendOfRows());
      expect(await rows("SELECT settled_by FROM corrections")).toEqual([]);
    });
  });

  describe("an entry that cannot be applied", () => {
    it("is set aside word for word, and those behind it are applied", async () => {
      const entries = [
        entry(1, "outcome", attemptEntry("a")),
        entry(2, "outcome", '{"intent": {"attemptId": "b", "cut'),
        entry(3, "payment", "{}"),
        entry(4, "outcome", attemptEntry("c")),
      ];
      expect(await applier.apply(entries)).toEqual([
        { sequence: 2, kind: "outcome", reason: "the record is not JSON" },
        { sequence: 3, kind: "payment", reason: "'payment' is no kind of entry that is known here" },
      ]);
      expect(await rows("SELECT sequence, record FROM set_aside")).toEqual([
        { sequence: 2n, record: '{"intent": {"attemptId": "b", "cut' },
        { sequence: 3n, record: "{}" },
      ]);
      expect(await rows("SELECT attempt_id FROM attempts")).toEqual([
        { attempt_id: "a" },
        { attempt_id: "c" },
      ]);
      expect(applier.appliedThrough).toBe(4);
    });

    it("since the database does not take it is found among the others", async () => {
      // Ten such amounts for one meter are more than 64 bits hold.
      const most = 10n ** 18n - 1n;
      const entries = Array.from({ length: 12 }, (_, index) =>
        entry(index + 1, "outcome", attemptEntry(`attempt-${index}`, {}, { costNanoUsd: most })),
      );
      const setAside = await applier.apply(entries);
      expect(setAside.map(({ sequence }) => sequence)).toEqual([10, 11, 12]);
      expect(await rows("SELECT sum(cost_nano_usd) AS sum FROM attempts")).toEqual([{ sum: most * 9n }]);
      expect(await store.keptSpend()).toEqual(await store.spendOfRows());
      expect(await rows("SELECT record FROM set_aside WHERE sequence = 10")).toEqual([
        { record: asJson(attemptEntry("attempt-9", {}, { costNanoUsd: most })) },
      ]);
    });
  });
});

it("applies nothing of a batch that cannot be written, and all of it later", async () => {
  const database = openedLedger(temporaryFolder());
  const applier = await Applier.open(new SqliteStatements(database), "journal-1");
  const rows = (sql: string): unknown[] => database.prepare(sql).all();
  const batch = Array.from({ length: 200 }, (_, index) =>
    entry(index + 1, "outcome", attemptEntry(`attempt-${index}`)),
  );
  database.pragma("max_page_count = 40");
  await expect(applier.apply(batch)).rejects.toThrow("database or disk is full");
  expect(applier.appliedThrough).toBe(0);
  expect(rows("SELECT count(*) AS count FROM attempts")).toEqual([{ count: 0n }]);
  database.pragma("max_page_count = 4000");
  expect(await applier.apply(batch)).toEqual([]);
  expect(rows("SELECT count(*) AS count FROM attempts")).toEqual([{ count: 200n }]);
  database.close();
});
