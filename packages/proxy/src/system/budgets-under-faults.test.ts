import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseUsd } from "@darkroom/cost-calculator";
import { BudgetedGateway, dollars } from "./budgeted-gateway.js";
import { editForm, errorOf } from "./edit-request.js";
import { type Answer, formType, send } from "./form-request.js";
import { KeptBooks } from "./kept-books.js";
import { modelEntries } from "./model-entry.js";
import { stopAll } from "./running-process.js";
import { type FaultRule, type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

/** Of how many edits at their dearest the budget is. */
const budgetOf = 80;
const clients = 12;
/** Of each client, before the gateway is killed and after. */
const editsEach = 8;

const faults: readonly FaultRule[] = [
  { probability: 0.08, fault: { kind: "status", status: 500 } },
  { probability: 0.05, fault: { kind: "status", status: 500, billed: true } },
  { probability: 0.05, fault: { kind: "reset", when: "after", billed: true } },
  { probability: 0.05, fault: { kind: "reset", when: "during" } },
  { probability: 0.05, fault: { kind: "cut" } },
  { probability: 0.05, fault: { kind: "malformed" } },
  { probability: 0.05, fault: { kind: "usage" } },
  { probability: 0.1, fault: { kind: "hang", billed: true } },
  { probability: 0.1, fault: { kind: "stream-error", billed: true } },
  { probability: 0.3, fault: { kind: "delay", ms: 60 } },
];

/** The same numbers for the same seed (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a refusal says of the budget, in nano-dollars. */
function amountsOf(refused: Answer): Record<"spent" | "reserved" | "limit" | "asked", bigint> {
  const { message } = errorOf(refused);
  const [, spent = "", reserved = "", limit = "", asked = ""] =
    /spent \$(\d+\.?\d*), reserved \$(\d+\.?\d*), limit \$(\d+\.?\d*), this edit at most \$(\d+(?:\.\d+)?)/.exec(
      message,
    ) ?? [];
  return {
    spent: parseUsd(spent),
    reserved: parseUsd(reserved),
    limit: parseUsd(limit),
    asked: parseUsd(asked),
  };
}

let simulator: RunningSimulator;
const folder = mkdtempSync(join(tmpdir(), "darkroom-budget-faults-"));
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});

test.each([1, 2, 3])(
  "whatever breaks, no more is billed than the budget, and nothing that fits is refused (%d)",
  async (seed) => {
    simulator = await startSimulator({ seed });
    const entry = modelEntries(simulator.url);
    const start = () =>
      BudgetedGateway.start(
        simulator,
        [
          entry("edits", "one", simulatorKeys.one),
          entry("edits", "two", simulatorKeys.two),
          entry("spare", "three", simulatorKeys.two, { model: "openai/gpt-image-1.5" }),
        ],
        {
          router_settings: {
            queue_timeout: 0,
            num_retries: 2,
            disable_cooldowns: true,
            retry_budget_percent: 100,
            fallbacks: [{ edits: ["spare"] }],
          },
        },
        { arguments: ["--data-dir", join(folder, String(seed))] },
      );
    let gateway = await start();
    const limit = (await gateway.mostNanoUsd()) * budgetOf;
    const { team_id } = await gateway.admin("/team/new", { max_budget: dollars(limit) });
    const key = await gateway.newKey({ team_id });
    const random = numbersFrom(seed);
    const told: Answer[] = [];

    const editOnce = async (): Promise<void> => {
      const isStream = random() < 0.3;
      const leavesAfterMs = random() < 0.15 ? random() * 80 : undefined;
      const fields = {
        model: "edits",
        size: "1024x1024",
        quality: random() < 0.5 ? "low" : "medium",
        n: random() < 0.2 ? "2" : "1",
        timeout: "0.5",
        ...(isStream && { stream: "true", partial_images: "1" }),
      };
      const client = new AbortController();
      if (leavesAfterMs !== undefined) setTimeout(() => client.abort(), leavesAfterMs).unref();
      const headers = { "content-type": formType, authorization: `Bearer ${key}` };
      const { url } = gateway.gateway;
      await send(`${url}/v1/images/edits`, {
        method: "POST",
        headers,
        body: editForm({ fields }),
        signal: client.signal,
      })
        .then((answer) => told.push(answer))
        .catch(() => undefined);
    };
    const allEdit = () =>
      Promise.all(
        Array.from({ length: clients }, async () => {
          for (let count = 0; count < editsEach; count += 1) await editOnce();
        }),
      );

    await simulator.setFaults(...faults);
    const running = allEdit();
    await until(() => told.length > clients * 3);
    gateway.gateway.process.kill("SIGKILL");
    await running;
    gateway = await start();
    await allEdit();
    await simulator.setFaults();
    const last = await until(async () => {
      const answer = await gateway.edit({ key, fields: { quality: "medium" } });
      told.push(answer);
      return answer.status === 429 && answer.headers["retry-after"] === undefined && answer;
    });

    const refused = told.filter(({ status, body }) => status === 429 && body.includes("budget_exceeded"));
    for (const answer of refused) {
      const { spent, reserved, limit: told, asked } = amountsOf(answer);
      expect(told).toBe(BigInt(limit));
      expect(spent + reserved).toBeLessThanOrEqual(told);
      expect(spent + reserved + asked).toBeGreaterThan(told);
      // Only what is truly spent is refused for good.
      expect(answer.headers["retry-after"] === undefined).toBe(spent + asked > told);
    }
    // How many depends on how many are in time.
    expect(told.some(({ status }) => status === 200)).toBe(true);

    // The ledger and whoever sends the bill agree with what the budget has counted.
    await until(async () => {
      const again = await gateway.edit({ key, fields: { quality: "medium" } });
      return amountsOf(again).reserved === 0n;
    });
    const { spent } = amountsOf(await gateway.edit({ key, fields: { quality: "medium" } }));
    // The ledger is a moment behind.
    await until(async () => {
      const { team_info } = (await gateway.admin(`/team/info?team_id=${String(team_id)}`)) as {
        team_info: { spend: number };
      };
      return BigInt(Math.round(team_info.spend * 1e9)) === spent;
    });
    const billed = BigInt((await simulator.bill()).totals.overall.nanoUsd);
    expect(billed).toBeLessThanOrEqual(spent);
    expect(spent).toBeLessThanOrEqual(BigInt(limit));
    expect(last.status).toBe(429);
    await gateway.gateway.stop();
    await simulator.stop();
  },
  120_000,
);

test("what a person settles is given back to the budget at once", async () => {
  simulator = await startSimulator();
  const entry = modelEntries(simulator.url);
  const gateway = await BudgetedGateway.start(simulator, [entry("edits", "one", simulatorKeys.one)], {
    router_settings: { queue_timeout: 0, num_retries: 0, disable_cooldowns: true },
  });
  const most = await gateway.mostNanoUsd();
  const key = await gateway.newKey({ max_budget: dollars(Math.round(1.5 * most)) });
  await simulator.setFaults({ fault: { kind: "cut" } });
  expect((await gateway.edit({ key })).status).toBe(502);
  await simulator.setFaults();
  const refused = await gateway.edit({ key });
  expect(refused.status).toBe(429);
  expect(amountsOf(refused)).toMatchObject({ spent: BigInt(most), reserved: 0n });

  const [lost] = await new KeptBooks(gateway.gateway).attempts(1);
  const settlement = { attempt_id: lost?.attemptId, cost_usd: "0", note: "not on the bill" };
  expect(await gateway.admin("/ledger/settle", settlement)).toMatchObject({ state: "certain" });
  expect((await gateway.edit({ key })).status).toBe(200);
  await gateway.gateway.stop();
});
