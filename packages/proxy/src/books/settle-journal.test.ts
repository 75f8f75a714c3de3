import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Journal } from "@darkroom/accounts";
import { StoreServer, describeWithStores } from "../system/store-servers.js";
import { intentOfReservation } from "./reservation-note.js";
import { ReservedMoney, ownNamesIn } from "./reserved-money.test.support.js";
import { settleJournal } from "./settle-journal.js";

describeWithStores("what a journal's attempts have reserved", () => {
  let redis: StoreServer;
  const closing: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    redis = await StoreServer.redis();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => redis.stop());

  const begin = async () => {
    const folder = mkdtempSync(join(tmpdir(), "darkroom-settle-"));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const before = await Journal.open({ folder });
    const money = await ReservedMoney.of(ownNamesIn(redis.url), before.id);
    closing.push(() => money.close());
    const intend = async (admittedAs: string): Promise<void> => {
      const { open } = await money.reservations.of(before.id, 0);
      const intent = intentOfReservation(open.find((one) => one.admittedAs === admittedAs)!);
      await before.intend(intent!);
    };
    /** As a gateway does that takes up its folder again. */
    const restart = async (): Promise<void> => {
      await before.close();
      const journal = await Journal.open({ folder });
      await settleJournal({ folder, journalId: journal.id, through: journal.committed }, money);
      await journal.close();
    };
    return { money, intend, restart };
  };

  it("is spent where the journal knows the attempt, by whatever name it was admitted", async () => {
    const { money, intend, restart } = await begin();
    await money.reserve("once", 60n);
    await money.reserve("thrice+2", 30n);
    await intend("once");
    await intend("thrice+2");
    expect(await money.meter()).toEqual([0n, 90n]);
    await restart();
    expect(await money.meter()).toEqual([90n, 0n]);
  });

  it("is free again where its gateway died before the attempt was written down: it was never sent", async () => {
    const { money, intend, restart } = await begin();
    await money.reserve("sent", 60n);
    await intend("sent");
    await money.reserve("never sent", 500n);
    await restart();
    expect(await money.meter()).toEqual([60n, 0n]);
  });
});
