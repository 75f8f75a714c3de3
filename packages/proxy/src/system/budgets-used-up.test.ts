import { BudgetedGateway, dollars, isBudgetRefusal } from "./budgeted-gateway.js";
import type { Answer } from "./form-request.js";
import { modelEntries } from "./model-entry.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulator({ latency: { meanMs: 30, jitterMs: 20 } });
});
afterAll(stopAll);

test("of a budget 95 % are used before anybody is told not to come back, also where clients leave size and quality to the model", async () => {
  const entry = modelEntries(simulator.url);
  const gateway = await BudgetedGateway.start(simulator, [entry("edits", "one", simulatorKeys.one)], {
    router_settings: { queue_timeout: 30, num_retries: 0, max_queue: 1_000 },
  });
  const auto = { size: "auto", quality: "auto" };
  const limit = (await gateway.mostNanoUsd({ fields: auto })) * 25;
  const key = await gateway.newKey({ max_budget: dollars(limit) });
  let final: Answer | undefined;
  let billedThen = 0;
  const told: Answer[] = [];
  // More at once than the budget could reserve for.
  const client = async (): Promise<void> => {
    while (final === undefined) {
      const answer = await gateway.edit({ key, fields: auto });
      told.push(answer);
      if (answer.status === 200) continue;
      final ??= answer;
      billedThen ||= Number((await simulator.bill()).totals.overall.nanoUsd);
    }
  };
  await Promise.all(Array.from({ length: 40 }, client));
  expect(final && isBudgetRefusal(final)).toBe(true);
  expect(final?.headers["retry-after"]).toBeUndefined();
  expect(billedThen / limit).toBeGreaterThanOrEqual(0.95);
  expect(Number((await simulator.bill()).totals.overall.nanoUsd)).toBeLessThanOrEqual(limit);
  // Who had to wait for what others had reserved was served in the end.
  expect(
    told.filter(({ status, headers }) => status !== 200 && headers["retry-after"] !== undefined),
  ).toEqual([]);
}, 120_000);
