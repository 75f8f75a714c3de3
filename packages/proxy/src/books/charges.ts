import { type Charge, type Payer, spendPeriodAt } from "@darkroom/accounts";
import { type Deployment, servedModel } from "@darkroom/router";

/**
 * Whom an attempt is charged to, for the quarter of an hour in which it was sent: the whole proxy, its provider and
 * deployment, and whoever pays for the request; each of these once more for the model group (of a wildcard: the model), since it
 * may have a budget for that alone.
 */
export function chargesOf(deployment: Deployment, atMs: number, payers: readonly Payer[]): Charge[] {
  const { id, provider = "openai" } = deployment;
  const model = servedModel(deployment);
  const period = spendPeriodAt(atMs);
  const meters = payers.filter(({ scope }) => scope !== "proxy").map(({ meter }) => meter);
  const all = ["proxy", `provider:${provider}`, `deployment:${id}`, ...meters];
  return [...all, ...meters.map((meter) => `${meter}/model:${model}`)].map((meter) => ({ meter, period }));
}
