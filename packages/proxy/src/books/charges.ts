import { type Charge, type Payer, spendPeriodAt } from "@darkroom/accounts";

/**
 * Whom an attempt is charged to, for the quarter of an hour in which it was sent: the whole proxy, its provider and
 * deployment, and whoever pays for the request; each of these once more for the model group, since it may have a budget for
 * that alone.
 * @param meters of those who pay for the request
 */
export function chargesOf(
  { id, provider = "openai" }: { readonly id: string; readonly provider?: string | undefined },
  group: string,
  atMs: number,
  meters: readonly string[],
): Charge[] {
  const period = spendPeriodAt(atMs);
  const all = ["proxy", `provider:${provider}`, `deployment:${id}`, ...meters];
  return [...all, ...meters.map((meter) => `${meter}/model:${group}`)].map((meter) => ({ meter, period }));
}

/** Those who pay for a request; the whole proxy pays for all of them. */
export function metersOf(payers: readonly Payer[]): string[] {
  return payers.filter(({ scope }) => scope !== "proxy").map(({ meter }) => meter);
}
