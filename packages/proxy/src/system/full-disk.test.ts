import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatUsd } from "@darkroom/cost-calculator";
import { errorOf, sendEdit } from "./edit-request.js";
import { send } from "./form-request.js";
import { HoldingRelay } from "./holding-relay.js";
import { metricIs } from "./metrics-reading.js";
import { configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { startSimulator } from "./running-simulator.js";
import { SmallDisk, hasSmallDisk } from "./small-disk.js";
import { until } from "./until.js";

afterAll(stopAll);

const fields = { model: "edits", size: "1024x1024", quality: "low" };

if (hasSmallDisk) {
  test("on a full disk nothing is spent and everybody is told, what is paid goes out, and nothing of it is lost", async () => {
    const simulator = await startSimulator();
    const relay = await HoldingRelay.before(simulator);
    const disk = new SmallDisk(mkdtempSync(join(tmpdir(), "darkroom-small-disk-")));
    const gateway = await startGateway({
      config: configFor(relay, { groups: { edits: "gpt-image-1" } }),
      prefix: disk.prefix,
      arguments: ["--data-dir", disk.folder],
    });
    const edit = (): ReturnType<typeof sendEdit> => sendEdit(gateway.url, { fields });
    const told = async (path: string): Promise<{ status: number; json: Record<string, unknown> }> => {
      const { status, body } = await send(`${gateway.url}${path}`);
      return { status, json: JSON.parse(body.toString()) as Record<string, unknown> };
    };
    expect((await edit()).status).toBe(200);

    relay.holdAnswersAt("HTTP/1.1 200");
    const paid = edit();
    await until(() => relay.isHolding);
    disk.fill(gateway.running);
    const refused = await edit();
    expect(refused.status).toBe(503);
    expect(errorOf(refused).code).toBe("journal_unavailable");
    expect(await told("/health/readiness")).toMatchObject({
      status: 503,
      json: { status: "journal stopped", reason: "the disk is full" },
    });
    await metricIs(gateway, "darkroom_journal_writing", 0);
    await gateway.running.printed(/"level":50.*the disk is full.*the journal has stopped/);
    relay.letGo();
    expect((await paid).status).toBe(200);

    disk.free(gateway.running);
    await until(async () => (await told("/health/readiness")).status === 200);
    expect((await edit()).status).toBe(200);
    const { json } = await until(async () => {
      const sum = await told("/ledger/sum");
      return sum.json["rows"] === 3 && sum;
    });
    const bill = await simulator.bill();
    expect(bill.totals.overall.requests).toBe(3);
    expect(json).toMatchObject({
      certain_usd: formatUsd(BigInt(bill.totals.overall.nanoUsd)),
      uncertain_usd: "0",
    });
    await gateway.stop();
    relay.close();
    rmSync(disk.folder, { recursive: true });
  });
} else {
  test("without a small disk nothing can be shown here", () => expect(hasSmallDisk).toBe(false));
}
