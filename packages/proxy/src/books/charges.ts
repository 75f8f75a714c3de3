import { type Charge, type Payer, spendPeriodAt } from "@darkroom/accounts";
import { type Deployment, servedModel } from "@darkroom/router";

/**
 * Whom an attempt is charged to, for the quarter of an hour in which it was sent: the whole proxy, its provider and
 * deployment, and whoever pays for the request; each of these once more for the model group (of a wildcard: the model), since it
 * may have a budget for that alone.
 * @param meters of those who pay for the request
 */
export function chargesOf(
  deployment: Pick<Deployment, "id" | "provider" | "group" | "asked">,
  atMs: number,
  meters: readonly string[],
): Charge[] {
  const { id, provider = "openai" } = deployment;
  const model = servedModel(deployment);
  const period = spendPeriodAt(atMs);
  const all = ["proxy", `provider:${provider}`, `deployment:${id}`, ...meters];
  return [...all, ...meters.map((meter) => `${meter}/model:${model}`)].map((meter) => ({ meter, period }));
}

/** Those who pay for a request; the whole proxy pays for all of them. */
export function metersOf(payers: readonly Payer[]): string[] {
  return payers.filter(({ scope }) => scope !== "proxy").map(({ meter }) => meter);
}
