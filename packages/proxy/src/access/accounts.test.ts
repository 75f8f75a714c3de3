import type { Principal } from "@darkroom/accounts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccountSettings, defaults } from "../config/gateway-config.js";
import { Accounts } from "./accounts.js";

let folder: string;
let accounts: Accounts;
const open = async (settings: Partial<AccountSettings>) => {
  accounts = await Accounts.open(folder, { accounts: { ...defaults.accounts, ...settings } });
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "darkroom-accounts-"));
});
afterEach(async () => {
  await accounts.close();
  rmSync(folder, { recursive: true });
});

const operator: Principal = { role: "admin", name: "the gateway's key" };

/** The limits of whoever pays for an edit of a customer, by scope. */
async function limitsFor(customer: string) {
  const { payers } = await accounts.chargedFor(
    operator,
    { "x-litellm-customer-id": customer },
    () => undefined,
    [],
  );
  return Object.fromEntries(payers.map(({ scope, limits }) => [scope, limits]));
}

const ofOne = { maxBudgetNanoUsd: 1_000_000_000n };

it("charges the budgets that the config gives the proxy and its customers", async () => {
  await open({ proxyLimits: { maxBudgetNanoUsd: 7n, budgetDuration: "1d" }, customerLimits: ofOne });
  expect(await limitsFor("zoe")).toEqual({
    customer: ofOne,
    proxy: { maxBudgetNanoUsd: 7n, budgetDuration: "1d" },
  });
  expect(await accounts.remarks()).toEqual([]);
});

it("gives customers the reusable budget that the config names, also one that is made later", async () => {
  await open({ customerLimits: ofOne, customerBudgetId: "standard" });
  expect(await accounts.remarks()).toEqual([
    'max_end_user_budget_id names the budget "standard", which there is none of: until it is made, by /budget/new, it limits no customer',
  ]);
  expect(await limitsFor("zoe")).toMatchObject({ customer: ofOne });
  const limits = { maxBudgetNanoUsd: 5n, rpm: 3 };
  await accounts.directory.change("test", ({ budgets, by, nowMs }) =>
    budgets.add({
      budgetId: "standard",
      limits,
      createdBy: by,
      createdAtMs: nowMs,
      updatedBy: by,
      updatedAtMs: nowMs,
    }),
  );
  expect(await limitsFor("zoe")).toMatchObject({ customer: limits });
  expect(await accounts.remarks()).toEqual([]);
});
