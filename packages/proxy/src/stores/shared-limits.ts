import { type Directory, type Limits, refusesRequests } from "@darkroom/accounts";
import type { GatewayConfig } from "../config/index.js";
import { invalid } from "../routes/management/management-route.js";
import type { ManagementRoute } from "../routes/management/management-route.js";
import { StoresError } from "./stores-error.js";

/*
 * Redis without PostgreSQL: gateways share limits and nothing else. A key that one of them makes the others would not know,
 * and of a budget each would count its own spend.
 */

const instead =
  "Gateways that share a Redis keep these in a PostgreSQL: set DATABASE_URL, or leave out REDIS_URL for a gateway that is alone";

/** @throws StoresError where there are keys or budgets */
export async function checkSharedLimits({ accounts }: GatewayConfig, directory: Directory): Promise<void> {
  const { proxyLimits, customerLimits, providerLimits, deploymentLimits, customerBudgetId } = accounts;
  const limits = [proxyLimits, customerLimits, ...providerLimits.values(), ...deploymentLimits.values()];
  if (limits.some(hasBudget) || customerBudgetId !== undefined)
    throw new StoresError(`The configuration has budgets. ${instead}.`);
  const { keys, teams, users, members, tags, budgets, customers } = directory.read;
  for (const [name, kind] of Object.entries({ keys, teams, users, members, tags, budgets })) {
    const count = await kind.count({});
    if (count > 0) throw new StoresError(`The data folder's directory has ${name} (${count}). ${instead}.`);
  }
  // Those that were only seen are written down by themselves.
  const limited = (await customers.find({})).filter(
    ({ blocked, budgetId, limits: own }) => blocked || budgetId !== undefined || refusesRequests(own),
  );
  if (limited.length > 0)
    throw new StoresError(
      `The data folder's directory has customers with limits (${limited.length}). ${instead}.`,
    );
}

function hasBudget({ maxBudgetNanoUsd, budgetWindows = [], modelBudgets }: Limits): boolean {
  return (
    maxBudgetNanoUsd !== undefined || budgetWindows.length > 0 || Object.keys(modelBudgets ?? {}).length > 0
  );
}

/** Routes that would make what gateways could not share answer 400. */
export function withoutDirectory(routes: readonly ManagementRoute[]): readonly ManagementRoute[] {
  return routes.map((route) =>
    route.method === "get"
      ? route
      : {
          ...route,
          handle: () =>
            Promise.reject(invalid(undefined, `${route.paths[0]} is not possible here. ${instead}.`)),
        },
  );
}
