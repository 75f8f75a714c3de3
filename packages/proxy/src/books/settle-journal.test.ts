import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Journal } from "@darkroom/accounts";
import {
  LostReservations,
  type Meter,
  MultipartBody,
  RedisConnection,
  SharedAdmission,
  settingsFromRedisUrl,
} from "@darkroom/router";
import { StoreServer, describeWithStores } from "../system/store-servers.js";
import { intentOfReservation, reservationNote } from "./reservation-note.js";
import { settleJournal } from "./settle-journal.js";

const budget: Meter = {
  key: "team:red",
  window: { kind: "period", startMs: 0, endMs: 8_000_000_000_000 },
  limit: 1_000n,
  isMoney: true,
};
const body = MultipartBody.of([
  { name: "prompt", content: [Buffer.from("Add a red hat")] },
  { name: "image", fileName: "a.png", content: [Buffer.from("picture")] },
]);
const deployment = { id: "one", group: "edits", model: "gpt-image-1", apiBase: "", apiKey: "" };
const note = reservationNote(
  { id: "req_1", model: "edits", parameters: body.parameters, body },
  [deployment],
  {
    caller: "key-1",
    payers: [],
  },
);

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
    const connection = new RedisConnection({
      ...settingsFromRedisUrl(redis.url),
      keyPrefix: `test-${randomUUID()}`,
    });
    const admission = new SharedAdmission(connection, { onFailure: "deny", journalId: before.id });
    closing.push(async () => {
      await admission.close();
      connection.close();
    });
    await admission.start(5_000);
    await admission.seed([{ meter: budget, spent: 0n }]);
    const reservations = new LostReservations(connection);
    const admit = async (admittedAs: string, amount: bigint): Promise<void> => {
      const asked = { attemptId: admittedAs, requestId: "req_1", requestCharges: [], note };
      const candidates = [{ id: "one", charges: [{ meter: budget, amount }] }];
      expect(await admission.admit({ ...asked, candidates })).toMatchObject({ kind: "admitted" });
    };
    const intend = async (admittedAs: string): Promise<void> => {
      const { open } = await reservations.of(before.id, 0);
      const intent = intentOfReservation(open.find((one) => one.admittedAs === admittedAs)!);
      await before.intend(intent!);
    };
    /** As a gateway does that takes up its folder again. */
    const restart = async (): Promise<void> => {
      await before.close();
      const journal = await Journal.open({ folder });
      await settleJournal(
        { folder, journalId: journal.id, through: journal.committed },
        { admission, reservations },
      );
      await journal.close();
    };
    const meter = async () => {
      const [use] = await admission.usage([budget]);
      return [use?.used, use?.reserved];
    };
    return { admit, intend, restart, meter };
  };

  it("is spent where the journal knows the attempt, by whatever name it was admitted", async () => {
    const { admit, intend, restart, meter } = await begin();
    await admit("once", 60n);
    await admit("thrice+2", 30n);
    await intend("once");
    await intend("thrice+2");
    expect(await meter()).toEqual([0n, 90n]);
    await restart();
    expect(await meter()).toEqual([90n, 0n]);
  });

  it("is free again where its gateway died before the attempt was written down: it was never sent", async () => {
    const { admit, intend, restart, meter } = await begin();
    await admit("sent", 60n);
    await intend("sent");
    await admit("never sent", 500n);
    await restart();
    expect(await meter()).toEqual([60n, 0n]);
  });
});
