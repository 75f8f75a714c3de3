import { removeTemporaryFolders } from "../../journal/journal-folder.test.support.js";
import { requestOf } from "../../journal/records.test.support.js";
import { attemptEntry } from "../journal-file.test.support.js";
import { Applier } from "./applier.js";
import { type LedgerStore, describeEachLedger } from "./ledger-stores.test.support.js";
import { entry } from "./opened-ledger.test.support.js";

afterAll(removeTemporaryFolders);

describeEachLedger((open) => {
  let store: LedgerStore;
  let applier: Applier;

  beforeEach(async () => {
    store = await open();
    applier = await Applier.open(store.connect(), "journal-1");
  });

  afterEach(() => store.close());

  it.each([1, 2, 3, 4, 7])(
    "comes to the same rows with %d entries in a batch, whatever comes twice",
    async (length) => {
      const requestId = "r";
      const failed = attemptEntry("a", { requestId }, { state: "failed", costNanoUsd: 0n });
      const retried = attemptEntry("b", { requestId, retry: 1 });
      const entries = [
        entry(1, "outcome", failed),
        entry(2, "outcome", failed),
        entry(3, "outcome", retried),
        entry(4, "outcome", attemptEntry("c", { requestId: "other" })),
        entry(5, "request", requestOf("r", { attempts: 2, retries: 1 })),
        entry(6, "outcome", retried),
        entry(7, "outcome", attemptEntry("d", { requestId, fallback: 1 })),
      ];
      for (let from = 0; from < entries.length; from += length)
        await applier.apply(entries.slice(from, from + length));
      const ended = { state: "ended", status: 200n, attempts: 2n, retries: 1n, fallbacks: 0n, images: 1n };
      const running = {
        state: "running",
        status: null,
        attempts: 1n,
        retries: 0n,
        fallbacks: 0n,
        images: 0n,
      };
      const told = await store.rows(
        "SELECT request_id, state, status, attempts, retries, fallbacks, images FROM requests ORDER BY request_id",
      );
      expect(told).toEqual([
        { request_id: "other", ...running },
        { request_id: "r", ...ended },
      ]);
      expect(await store.rows("SELECT attempt_id FROM attempts ORDER BY number")).toEqual(
        ["a", "b", "c", "d"].map((id) => ({ attempt_id: id })),
      );
      expect(await store.keptSpend()).toEqual(await store.spendOfRows());
    },
  );
});
