import { describeWithPostgres } from "../../database/postgres/describe-with-postgres.test.support.js";
import { preparePostgres } from "../../database/postgres/open-postgres.js";
import { PostgresServer } from "../../database/postgres/postgres-server.test.support.js";
import { PostgresStatements } from "../../database/postgres/postgres-statements.js";
import { removeTemporaryFolders } from "../../journal/journal-folder.test.support.js";
import { intentOf, startMs } from "../../journal/records.test.support.js";
import { asJson, attemptEntry, correctionOf } from "../journal-file.test.support.js";
import { Applier } from "./applier.js";
import { type LedgerStore, describeEachLedger } from "./ledger-stores.test.support.js";
import { enterInto, enterLostAttempts } from "./lost-attempts.js";
import { entry } from "./opened-ledger.test.support.js";

afterAll(removeTemporaryFolders);

const nowMs = startMs + 3_600_000;
const estimateNanoUsd = 250_000_000n;
const costNanoUsd = 42_120_000n;

describeEachLedger((open) => {
  let store: LedgerStore;

  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  const enter = (...ids: string[]) =>
    enterInto(
      store.connect(),
      "lost",
      ids.map((id) => intentOf(id)),
      nowMs,
    );
  const applier = () => Applier.open(store.connect(), "lost");
  const attempts = () =>
    store.rows("SELECT attempt_id, state, cost_nano_usd, revision, images FROM attempts ORDER BY attempt_id");
  const days = () =>
    store.rows(
      "SELECT scope, id, certain_nano_usd, uncertain_nano_usd, attempts, succeeded, images FROM daily_spend",
    );
  const row = (id: string, state: string, cost: bigint, revision = 0n, images = 0n) => ({
    attempt_id: id,
    state,
    cost_nano_usd: cost,
    revision,
    images,
  });
  const day = (given: object) => ({
    ...{ scope: "team", id: "red", certain_nano_usd: 0n, uncertain_nano_usd: 0n },
    ...{ attempts: 1n, succeeded: 0n, images: 0n },
    ...given,
  });
  const expectSums = async (): Promise<void> =>
    expect(await store.keptSpend()).toEqual(await store.spendOfRows());

  it("enters attempts of a lost journal as uncertain, once, and says what they are charged at", async () => {
    expect(await enter("a", "b")).toEqual({
      entered: ["a", "b"],
      costs: new Map([
        ["a", estimateNanoUsd],
        ["b", estimateNanoUsd],
      ]),
    });
    expect(await enter("b", "a")).toMatchObject({ entered: [] });
    expect(await attempts()).toEqual([
      row("a", "uncertain", estimateNanoUsd),
      row("b", "uncertain", estimateNanoUsd),
    ]);
    expect(await store.rows("SELECT sequence, error_class, reason FROM attempts LIMIT 1")).toEqual([
      { sequence: 0n, error_class: "gateway_lost", reason: "the gateway and its journal were lost" },
    ]);
    expect(await store.rows("SELECT request_id, state FROM requests ORDER BY request_id")).toEqual([
      { request_id: "request-of-a", state: "interrupted" },
      { request_id: "request-of-b", state: "interrupted" },
    ]);
    expect(await days()).toEqual([day({ uncertain_nano_usd: 2n * estimateNanoUsd, attempts: 2n })]);
    await expectSums();
  });

  it("leaves what the journal has shipped as it is, and says what it cost", async () => {
    const shipped = await applier();
    await shipped.apply([entry(1, "outcome", attemptEntry("a"))]);
    const { entered, costs } = await enter("a", "b");
    expect([entered, costs.get("a")]).toEqual([["b"], costNanoUsd]);
    expect(await attempts()).toEqual([
      row("a", "certain", costNanoUsd, 0n, 1n),
      row("b", "uncertain", estimateNanoUsd),
    ]);
    await expectSums();
  });

  it("is corrected to the outcome that its journal has after all, once", async () => {
    await enter("a", "b", "c");
    const outcomes = [
      entry(1, "outcome", attemptEntry("a")),
      entry(2, "outcome", attemptEntry("b", {}, { state: "failed", costNanoUsd: 0n, images: 0 })),
      entry(3, "request", asJson({})),
    ];
    const first = await applier();
    await enter("d");
    await first.apply([...outcomes, entry(4, "outcome", attemptEntry("d"))]);
    expect(first.uncertain).toEqual({ attempts: 1, nanoUsd: estimateNanoUsd });
    const again = await applier();
    expect(again.uncertain).toEqual({ attempts: 1, nanoUsd: estimateNanoUsd });
    await again.apply([entry(5, "outcome", attemptEntry("a"))]);
    expect(await attempts()).toEqual([
      row("a", "certain", costNanoUsd, 1n, 1n),
      row("b", "failed", 0n, 1n),
      row("c", "uncertain", estimateNanoUsd),
      row("d", "certain", costNanoUsd, 1n, 1n),
    ]);
    expect(await days()).toEqual([
      day({
        certain_nano_usd: 2n * costNanoUsd,
        uncertain_nano_usd: estimateNanoUsd,
        ...{ attempts: 4n, succeeded: 2n, images: 2n },
      }),
    ]);
    expect(
      await store.rows(
        "SELECT attempt_id, revision, difference_nano_usd, settled_by FROM corrections WHERE attempt_id < 'd' ORDER BY attempt_id",
      ),
    ).toEqual([
      {
        attempt_id: "a",
        revision: 1n,
        difference_nano_usd: costNanoUsd - estimateNanoUsd,
        settled_by: "its journal",
      },
      { attempt_id: "b", revision: 1n, difference_nano_usd: -estimateNanoUsd, settled_by: "its journal" },
    ]);
    await expectSums();
    // Once it is known, it is not lost again.
    expect(await enter("a")).toEqual({ entered: [], costs: new Map([["a", costNanoUsd]]) });
  });

  it("moves to whom and when the journal says it is charged to", async () => {
    await enter("a");
    const charges = [{ meter: "team:blue", period: "2026-02" }];
    await (await applier()).apply([
      entry(1, "outcome", attemptEntry("a", { charges, group: "others", atMs: startMs + 86_400_000 })),
    ]);
    expect((await store.keptSpend()).filter((one) => (one as { attempts: bigint }).attempts > 0n)).toEqual(
      await store.spendOfRows(),
    );
    expect(await store.spendOfRows()).toMatchObject([
      { meter: "team:blue", period: "2026-02", certain_nano_usd: costNanoUsd },
    ]);
    expect(await days()).toEqual(
      expect.arrayContaining([
        day({ attempts: 0n }),
        day({ id: "blue", certain_nano_usd: costNanoUsd, succeeded: 1n, images: 1n }),
      ]),
    );
  });

  it("keeps what a person has said of it, unless the upstream itself has told", async () => {
    await enter("a", "b");
    const word = (id: string) =>
      correctionOf(id, { costNanoUsd: 10n, differenceNanoUsd: 10n - estimateNanoUsd });
    const person = await Applier.open(store.connect(), "of another");
    await person.apply([entry(1, "correction", word("a")), entry(2, "correction", word("b"))]);
    await (await applier()).apply([
      entry(1, "recovered", attemptEntry("a", {}, { state: "uncertain", costNanoUsd: estimateNanoUsd })),
      entry(2, "outcome", attemptEntry("b")),
    ]);
    expect(await attempts()).toEqual([
      row("a", "certain", 10n, 1n),
      row("b", "certain", costNanoUsd, 2n, 1n),
    ]);
    await expectSums();
  });
});

describeWithPostgres("attempts of a lost journal, in PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());

  it("are entered once by two who do so at the same time as the journal is applied", async () => {
    const settings = server.settings("at_once");
    await preparePostgres(settings);
    const ids = Array.from({ length: 40 }, (_, index) => `a${index}`);
    const intents = ids.map((id) => intentOf(id));
    const outcomes = ids.map((id, index) => entry(index + 1, "outcome", attemptEntry(id)));
    const database = new PostgresStatements(settings);
    const late = await Applier.open(database, "lost");
    // Who is told to try again does so, as gateways do.
    const applied = async (): Promise<void> => {
      while (late.appliedThrough < ids.length) await late.apply(outcomes);
    };
    await Promise.all([
      enterLostAttempts(settings, "lost", intents, nowMs),
      applied(),
      enterLostAttempts(settings, "lost", [...intents].reverse(), nowMs),
    ]);
    await database.close();
    const expected = { attempts: "40", certain: String(40n * costNanoUsd), uncertain: "0" };
    const sums =
      "sum(attempts) AS attempts, sum(certain_nano_usd) AS certain, sum(uncertain_nano_usd) AS uncertain";
    for (const table of ["spend", "daily_spend"])
      expect(await server.query(`SELECT ${sums} FROM ${settings.schema}.${table}`)).toMatchObject([expected]);
    expect(
      await server.query(`SELECT count(*) FROM ${settings.schema}.attempts WHERE state = 'certain'`),
    ).toMatchObject([{ count: "40" }]);
  });
});
