/**
 * A Redis that comes back empty, with gateways whose attempts are under way: how long it is until budgets pay again, and whether
 * meters are then what the books say.
 */
import { performance } from "node:perf_hooks";

const gatewayCount = 3;
const attemptNanoUsd = 42_120_000n;
const limit = 4_000_000_000_000_000n;

/**
 * @param reports of the PostgreSQL that has what was spent
 * @param payers each with a budget, whose period began at `beginMs`
 * @param openAttempts under way when Redis is lost, over all gateways
 * @returns seconds from when Redis answers again until the first budget pays, and until all do; and how often an edit was told to
 * come again, since its budget could not be looked up in time
 */
export async function measureEmptyRedis({ reports, payers, beginMs, openAttempts }) {
  const router = "../../packages/router/dist";
  const { RedisServer } = await import(`${router}/redis/redis-server.test.support.js`);
  const { RedisConnection, SharedAdmission } = await import(`${router}/index.js`);
  const { BudgetMeters } = await import("../../packages/proxy/dist/budgets/budget-meters.js");

  const window = { kind: "period", startMs: beginMs, endMs: Date.now() + 30 * 86_400_000 };
  const meters = payers.map((key) => ({ key, window, limit, isMoney: true }));
  const server = await RedisServer.start();
  const gateways = await Promise.all(
    Array.from({ length: gatewayCount }, async (_, index) => {
      const connection = new RedisConnection(server.settings);
      const journalId = `journal of ${index}`;
      const admission = new SharedAdmission(connection, { onFailure: "local-share", journalId });
      await admission.start(2_000);
      // All that is in the ledger is in it before: none of it is waited for.
      const ledger = { appliedThrough: 0, catchUp: async () => {}, journalId, reports };
      return { connection, admission, budgets: new BudgetMeters({ ledger }, admission, Date.now) };
    }),
  );

  let refusals = 0;
  /** Until its budget pays for it. */
  const paid = async ({ admission, budgets }, attemptId, meter) => {
    const charges = [{ meter, amount: attemptNanoUsd }];
    const asked = {
      attemptId,
      requestId: attemptId,
      requestCharges: [],
      candidates: [{ id: "one", charges }],
    };
    for (;;) {
      const answer = await admission.admit({ ...asked, note: "{}".padEnd(400) });
      if (answer.kind === "admitted") return performance.now();
      if (answer.kind === "refused") throw new Error(`${meter.key} is refused`);
      if (answer.kind === "unseeded")
        for (const unknown of answer.meters) {
          // Where too many ask at once, or Redis went away in between, an edit gets a 503 and is sent again.
          await budgets
            .spentOf({ meter: unknown, payer: { meter: unknown.key } })
            .then((spent) => admission.seed([{ meter: unknown, spent }]))
            .catch(() => (refusals += 1));
        }
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const each = (count, prefix) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        paid(gateways[index % gatewayCount], `${prefix} ${index}`, meters[index % meters.length]),
      ),
    );

  try {
    await each(openAttempts, "under way");
    await server.kill();
    await server.start();
    refusals = 0;
    const fromMs = performance.now();
    const paidAtMs = await each(meters.length, "afterwards");
    const uses = await gateways[0].admission.usage(meters);
    const open = (count, index) => BigInt(Math.floor((count - 1 - index) / meters.length) + 1);
    for (const [index, { used, reserved }] of uses.entries()) {
      const { nanoUsd } = await reports.spentIn(payers[index], { fromMs: beginMs });
      const expected = attemptNanoUsd * (open(openAttempts, index) + 1n);
      if (used !== nanoUsd || reserved !== expected)
        throw new Error(
          `${payers[index]} has ${used} + ${reserved}, and should have ${nanoUsd} + ${expected}`,
        );
    }
    const seconds = paidAtMs.map((atMs) => (atMs - fromMs) / 1000);
    return { firstSeconds: Math.min(...seconds), allSeconds: Math.max(...seconds), refusals };
  } finally {
    for (const { admission, connection } of gateways) {
      await admission.close();
      connection.close();
    }
    await server.stop();
  }
}
