import { BudgetCalendar, type Limits } from "@darkroom/accounts";
import { type Charge, RedisConnection, SharedAdmission } from "@darkroom/router";
import { EditAccount } from "./edit-account.js";
import { budgetOfScope } from "./scopes.test.support.js";
import { deployment, estimate } from "./opened-budgets.test.support.js";

/**
 * A gateway in a process of its own, as far as its budgets are concerned: asks for so many edits at once, tells how many were
 * admitted, and settles none. Arguments: Redis' port, its own name, whose budget, what pays for how many, how many times.
 */
const [port, name = "", scope = "", fits, count] = process.argv.slice(2);
const estimateNanoUsd = 41_230_001n;
const { payers, deploymentLimits, providerLimits } = budgetOfScope(
  scope,
  estimateNanoUsd * BigInt(fits ?? 0) + 1n,
);
const connection = new RedisConnection({
  topology: { kind: "single", host: "127.0.0.1", port: Number(port) },
});
const admission = new SharedAdmission(connection, { onFailure: "local-share" }, {});
const state = await admission.start(5000);
if (state.kind === "degraded") throw new Error(state.reason);
const rules = {
  calendar: new BudgetCalendar(),
  meters: { spentOf: () => Promise.resolve(0n) } as never,
  status: 429,
  unpriced: "refuse",
  deploymentLimits: new Map<string, Limits>(deploymentLimits),
  providerLimits: new Map<string, Limits>(providerLimits),
  groupOf: (model: string): string => model,
  nowMs: Date.now,
} as const;

async function isAdmitted(attemptId: string): Promise<boolean> {
  const account = new EditAccount(payers, "edits", "edits", rules, () => []);
  for (;;) {
    const planned = { deployment, estimate: estimate(estimateNanoUsd), nowMs: Date.now() };
    const charges = account.callCharges(planned) as readonly Charge[];
    const candidates = [{ id: deployment.id, charges }];
    const answer = await admission.admit({ attemptId, requestId: attemptId, requestCharges: [], candidates });
    if (answer.kind === "admitted" || answer.kind === "refused") return answer.kind === "admitted";
    if (answer.kind === "unavailable") throw new Error(answer.reason);
    if (answer.kind === "wrong period") continue;
    for (const meter of answer.meters) await admission.seed([{ meter, spent: await account.spentOf(meter) }]);
  }
}

const asked = Array.from({ length: Number(count) }, (_, index) =>
  isAdmitted(`${scope} ${name} ${String(index)}`),
);
console.log((await Promise.all(asked)).filter((admitted) => admitted).length);
await admission.close();
connection.close();
