import { removeTemporaryFolders } from "../../journal/journal-folder.test.support.js";
import { Applier } from "../applying/applier.js";
import { describeEachLedger } from "../applying/ledger-stores.test.support.js";
import { entry } from "../applying/opened-ledger.test.support.js";
import { attemptEntry } from "../journal-file.test.support.js";

afterAll(removeTemporaryFolders);

describeEachLedger((open) => {
  it("tells those who asked without a virtual key, each once", async () => {
    const store = await open();
    const keyId = "0123456789abcdef".padEnd(64, "0");
    const asked = [
      ["key-0123456789abcdef", `key:${keyId}`],
      ["key-0123456789abcdef", `key:${keyId}`],
      ["key-0123456789abcde0", "proxy"],
      ["key-fedcba9876543210", "proxy"],
      ["key-fedcba9876543210", "proxy"],
      ["address-127.0.0.1", "proxy"],
      [undefined, "proxy"],
    ] as const;
    const applier = await Applier.open(store.connect(), "journal");
    await applier.apply(
      asked.map(([caller, meter], index) =>
        entry(
          index + 1,
          "outcome",
          attemptEntry(`attempt-${index}`, {
            caller: caller as never,
            charges: [{ meter, period: "2026-01" }],
          }),
        ),
      ),
    );
    expect(await store.reports().keylessCallers()).toEqual([
      "address-127.0.0.1",
      "key-0123456789abcde0",
      "key-fedcba9876543210",
    ]);
    await store.close();
  });

  it("tells nobody where nobody asked", async () => {
    const store = await open();
    expect(await store.reports().keylessCallers()).toEqual([]);
    await store.close();
  });
});
