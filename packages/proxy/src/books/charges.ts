import { type Charge, type Payer, spendPeriodAt } from "@darkroom/accounts";
import type { Deployment } from "@darkroom/router";

/**
 * Whom an attempt is charged to, for the quarter of an hour in which it was sent: the whole proxy, its provider and
 * deployment, and whoever pays for the request; each of these once more for the model group, since it may have a budget for
 * that alone.
 */
export function chargesOf(
  { id, provider = "openai" }: Deployment,
  group: string,
  atMs: number,
  payers: readonly Payer[],
): Charge[] {
  const period = spendPeriodAt(atMs);
  const meters = payers.filter(({ scope }) => scope !== "proxy").map(({ meter }) => meter);
  const all = ["proxy", `provider:${provider}`, `deployment:${id}`, ...meters];
  return [...all, ...meters.map((meter) => `${meter}/model:${group}`)].map((meter) => ({ meter, period }));
}
