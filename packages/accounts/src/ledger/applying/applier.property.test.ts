import fc from "fast-check";
import { SqliteStatements } from "../../database/sqlite-statements.js";
import type { OutcomeState } from "../../journal/records.js";
import { removeTemporaryFolders, temporaryFolder } from "../../journal/journal-folder.test.support.js";
import { requestOf } from "../../journal/records.test.support.js";
import { attemptEntry, correctionOf, refusalsOf } from "../journal-file.test.support.js";
import { Applier } from "./applier.js";
import {
  daysOfRows,
  entry,
  keptDays,
  keptSpend,
  openedLedger,
  spendOfRows,
} from "./opened-ledger.test.support.js";
import type { JournalEntry } from "./read-entry.js";

afterAll(removeTemporaryFolders);

/** What a journal may come to hold, in any order; ids are few, so that the same attempt comes again and again. */
const id = fc.integer({ min: 0, max: 9 }).map((number) => `attempt-${number}`);
const amount = fc.bigInt({ min: 0n, max: 2n ** 55n });
const charges = fc.subarray([
  { meter: "team:red", period: "2026-01" },
  { meter: "team:red", period: "2026-02" },
  { meter: "key:1", period: "2026-01-05" },
  { meter: "key:1/model:edits", period: "2026-01-05" },
  { meter: "proxy", period: "2026-01-05" },
]);

interface Attempted {
  readonly kind: "outcome" | "recovered";
  readonly attemptId: string;
  readonly state: OutcomeState;
  readonly costNanoUsd: bigint | null;
  readonly charges: readonly { meter: string; period: string }[];
}

type Happening =
  | Attempted
  | {
      readonly kind: "correction";
      readonly attemptId: string;
      readonly costNanoUsd: bigint;
      readonly revisionsAhead: number;
    }
  | { readonly kind: "request" | "refusals" | "nonsense" };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constantFrom("outcome" as const, "recovered" as const),
      attemptId: id,
      state: fc.constantFrom("certain" as const, "uncertain" as const, "failed" as const),
      costNanoUsd: fc.option(amount),
      charges,
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("correction" as const),
      attemptId: id,
      costNanoUsd: amount,
      revisionsAhead: fc.constantFrom(1, 1, 1, 0, 2),
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom("request" as const, "refusals" as const, "nonsense" as const),
    }),
    weight: 1,
  },
);

/** The books as they must be: one attempt once, corrected by the next revision alone. */
class Model {
  readonly attempts = new Map<string, { state: OutcomeState; cost: bigint | null; revision: number }>();

  /** @returns the entry that the happening leaves in the journal */
  note(sequence: number, happened: Happening): JournalEntry {
    switch (happened.kind) {
      case "outcome":
      case "recovered": {
        const { kind, attemptId, state, costNanoUsd } = happened;
        if (!this.attempts.has(attemptId))
          this.attempts.set(attemptId, { state, cost: costNanoUsd, revision: 0 });
        return entry(
          sequence,
          kind,
          attemptEntry(attemptId, { charges: happened.charges }, { state, costNanoUsd }),
        );
      }
      case "correction": {
        const { attemptId, costNanoUsd, revisionsAhead } = happened;
        const attempt = this.attempts.get(attemptId);
        const revision = (attempt?.revision ?? 0) + revisionsAhead;
        const differenceNanoUsd = costNanoUsd - (attempt?.cost ?? 0n);
        if (attempt !== undefined && revisionsAhead === 1)
          this.attempts.set(attemptId, { state: "certain", cost: costNanoUsd, revision });
        return entry(
          sequence,
          "correction",
          correctionOf(attemptId, { revision, costNanoUsd, differenceNanoUsd }),
        );
      }
      case "request":
        return entry(sequence, "request", requestOf("r"));
      case "refusals":
        return entry(sequence, "refusals", refusalsOf());
      case "nonsense":
        return entry(sequence, "outcome", '{"intent":');
    }
  }
}

it("has every attempt once and the spend of exactly these, however entries are cut into batches and applied again", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 60 }),
      fc.array(fc.record({ length: fc.integer({ min: 1, max: 15 }), restarts: fc.boolean() }), {
        minLength: 60,
        maxLength: 60,
      }),
      async (happenings, batches) => {
        const model = new Model();
        const entries = happenings.map((happened, index) => model.note(index + 1, happened));
        const database = openedLedger(temporaryFolder());
        const statements = new SqliteStatements(database);
        let applier = await Applier.open(statements, "journal-1");
        for (const { length, restarts } of batches) {
          if (restarts) applier = await Applier.open(statements, "journal-1");
          await applier.apply(entries.slice(applier.appliedThrough, applier.appliedThrough + length));
          expect(keptSpend(database)).toEqual(spendOfRows(database));
        }
        // The same once more, as another journal would bring it: whatever has an id is there already.
        await (await Applier.open(statements, "journal-2")).apply(
          entries.filter(({ kind }) => kind === "outcome" || kind === "recovered"),
        );
        expect(keptSpend(database)).toEqual(spendOfRows(database));
        expect(keptDays(database)).toEqual(daysOfRows(database));

        const rows = database
          .prepare("SELECT attempt_id, state, cost_nano_usd, revision FROM attempts ORDER BY attempt_id")
          .all();
        expect(rows).toEqual(
          [...model.attempts]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([attemptId, { state, cost, revision }]) => ({
              attempt_id: attemptId,
              state,
              cost_nano_usd: cost,
              revision: BigInt(revision),
            })),
        );
        const uncertain = [...model.attempts.values()].filter(({ state }) => state === "uncertain");
        expect(applier.uncertain).toEqual({
          attempts: uncertain.length,
          nanoUsd: uncertain.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n),
        });
        database.close();
      },
    ),
    { numRuns: 60 },
  );
});
