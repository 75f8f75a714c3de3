import { type KeyAccount, type Limits, type Payer, type Scope, payersOf } from "@darkroom/accounts";

/** Who pays for an edit, one of them with a budget. */
export interface BudgetOfScope {
  readonly payers: readonly Payer[];
  readonly deploymentLimits: ReadonlyMap<string, Limits>;
  readonly providerLimits: ReadonlyMap<string, Limits>;
}

/** Whose budgets there are. */
export const scopes: readonly (Scope | "model" | "windows")[] = [
  "key",
  "team",
  "member",
  "user",
  "customer",
  "tag",
  "provider",
  "deployment",
  "proxy",
  "model",
  "windows",
];

/** Everybody who may pay for an edit, and a budget for one of them; `model` and `windows` are a key's. */
export function budgetOfScope(scope: string, nanoUsd: bigint): BudgetOfScope {
  const budget: Limits = { maxBudgetNanoUsd: nanoUsd, budgetDuration: "30d" };
  const of = (other: Scope): Limits => (other === scope ? budget : {});
  const ofKey: Limits =
    scope === "model"
      ? { modelBudgets: { edits: { limitNanoUsd: nanoUsd, duration: "30d" } } }
      : scope === "windows"
        ? {
            budgetWindows: ["24h", "30d", "1mo"].map((duration, index) => ({
              duration,
              limitNanoUsd: nanoUsd * BigInt(index + 1),
            })),
          }
        : of("key");
  const key = { keyId: "k", userId: "u", ...(scope !== "user" && { teamId: "t" }) };
  const limits = { key: ofKey, team: of("team"), member: of("member"), user: of("user") };
  return {
    payers: payersOf({ key, limits } as KeyAccount, {
      customer: { id: "c", blocked: false, limits: of("customer") },
      tags: [{ id: "x", blocked: false, limits: of("tag") }],
      proxyLimits: of("proxy"),
    }),
    deploymentLimits: new Map([["first", of("deployment")]]),
    providerLimits: new Map([["openai", of("provider")]]),
  };
}
