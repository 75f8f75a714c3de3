import type { KeyAccount } from "../authentication/key-account.js";
import type { Limits } from "../budgets/limits.js";
import { meterOf } from "./meters.js";
import type { NamedPayer } from "./named-payers.js";
import type { Payer } from "./payer.js";

/** Whoever a request names to be charged as well, with what holds for them. */
export interface RequestPayers {
  readonly customer?: NamedPayer;
  readonly tags?: readonly NamedPayer[];
  /** Of all edits of this gateway together. */
  readonly proxyLimits?: Limits;
}

/**
 * Who is charged for a request, wherever it is sent: the key; its team, the team's organization and the member, else its user;
 * then the customer, the tags and the whole proxy. A team's key is not charged to its owner's own budget.
 *
 * @param account of a virtual key; the operator's own key has none
 */
export function payersOf(account: KeyAccount | undefined, named: RequestPayers): readonly Payer[] {
  const { customer, tags = [], proxyLimits = {} } = named;
  return [
    ...(account === undefined ? [] : payersOfAccount(account)),
    ...(customer === undefined
      ? []
      : [payer("customer", customer.id, meterOf.customer(customer.id), customer.limits, customer.alias)]),
    ...unique(tags).map(({ id, limits }) => payer("tag", id, meterOf.tag(id), limits)),
    payer("proxy", "", meterOf.proxy, proxyLimits),
  ];
}

/** Who is charged for one attempt beside them: a budget of these chooses another deployment, and refuses nobody. */
export function payersOfDeployment(
  { id, provider }: { readonly id: string; readonly provider: string },
  {
    deployment = {},
    provider: ofProvider = {},
  }: { readonly deployment?: Limits; readonly provider?: Limits },
): readonly Payer[] {
  return [
    payer("provider", provider, meterOf.provider(provider), ofProvider),
    payer("deployment", id, meterOf.deployment(id), deployment),
  ];
}

function payersOfAccount({ key, team, organization, user, limits }: KeyAccount): readonly Payer[] {
  const own = payer("key", key.keyId, meterOf.key(key.keyId), limits.key, key.alias ?? key.name);
  if (key.teamId !== undefined) {
    const all = [own, payer("team", key.teamId, meterOf.team(key.teamId), limits.team, team?.alias)];
    if (team?.organizationId !== undefined) {
      const id = team.organizationId;
      all.push(payer("organization", id, meterOf.organization(id), limits.organization, organization?.alias));
    }
    if (key.userId === undefined) return all;
    const meter = meterOf.member(key.teamId, key.userId);
    return [...all, payer("member", key.userId, meter, limits.member)];
  }
  if (key.userId === undefined) return [own];
  return [own, payer("user", key.userId, meterOf.user(key.userId), limits.user, user?.alias)];
}

function payer(scope: Payer["scope"], id: string, meter: string, limits: Limits, alias?: string): Payer {
  return { scope, id, meter, limits, ...(alias !== undefined && { alias }) };
}

/** A tag that is named twice is charged once. */
function unique(tags: readonly NamedPayer[]): readonly NamedPayer[] {
  return [...new Map(tags.map((tag) => [tag.id, tag])).values()];
}
