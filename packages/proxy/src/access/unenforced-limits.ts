import { type Payer, refusesRequests } from "@darkroom/accounts";
import { GatewayError } from "../errors.js";

/**
 * Refuses whoever has a budget or a rate limit: nothing here counts against these yet, and to serve them all the same would
 * spend what somebody has forbidden.
 * @throws GatewayError
 */
export function refuseUnenforced(payers: readonly Payer[]): void {
  const limited = payers.find(({ limits }) => refusesRequests(limits));
  if (limited === undefined) return;
  const { scope, id, alias } = limited;
  throw new GatewayError({
    status: 503,
    type: "server_error",
    code: "limits_not_enforced",
    message: `The ${scope} '${alias ?? id}' has a budget or a rate limit, which this version does not enforce yet: it is not served.`,
    shouldRetry: false,
  });
}
