import { removeTemporaryFolders, temporaryFolder } from "../../journal/journal-folder.test.support.js";
import { startMs } from "../../journal/records.test.support.js";
import { JournalFile, attemptEntry } from "../journal-file.test.support.js";
import { Ledger } from "../ledger.js";

const idempotency = { key: "hash of caller and key", fingerprint: "hash of the body" };
const endedMs = startMs + 12_000;

let journal: JournalFile;
let ledger: Ledger;
beforeAll(async () => {
  const folder = temporaryFolder();
  journal = new JournalFile(folder);
  journal.append("outcome", attemptEntry("one", { idempotency }));
  journal.append("outcome", attemptEntry("without a key"));
  const uncertain = { atMs: endedMs + 1, state: "uncertain", costNanoUsd: null } as const;
  journal.append("recovered", attemptEntry("two", { idempotency }, uncertain));
  ledger = await Ledger.open({
    folder,
    journal: {
      id: "journal-1",
      committed: journal.committed,
      prune: () => undefined,
      correct: () => Promise.reject(new Error("nothing is corrected")),
      carry: () => Promise.reject(new Error("nothing is corrected")),
    },
  });
  await ledger.catchUp();
});
afterAll(async () => {
  await ledger.close();
  journal.close();
  removeTemporaryFolders();
});

const one = {
  requestId: "request-of-one",
  idempotency,
  atMs: endedMs,
  state: "certain",
  costNanoUsd: 42_120_000n,
};
const two = { ...one, requestId: "request-of-two", atMs: endedMs + 1, state: "uncertain", costNanoUsd: null };

it("lists the attempts of requests with a key, by when they ended", async () => {
  expect(await ledger.reports.keyedAttempts(endedMs)).toEqual([one, two]);
  expect(await ledger.reports.keyedAttempts(endedMs + 1)).toEqual([two]);
  expect(await ledger.reports.keyedAttempts(endedMs + 2)).toEqual([]);
});

it("hashes are in no other list", async () => {
  const { attempts } = (await ledger.reports.explain("request-of-one"))!;
  expect(attempts).toHaveLength(1);
  expect(JSON.stringify(Object.entries(attempts[0]!).map(String))).not.toContain("hash");
});
