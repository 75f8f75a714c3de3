import { createHash } from "node:crypto";
import { providerOf } from "../providers/providers.js";
import type { Deployment } from "./deployment.js";

type Named = readonly (string | undefined)[];

/** What tells the account of a deployment's calls from others: whose credential it is, and at which organisation. */
export function accountOf({ apiKey, entra, organization }: Deployment): Named {
  if (entra === undefined) return ["key", apiKey, organization];
  return "token" in entra
    ? ["token", entra.token, organization]
    : ["application", entra.tenantId, entra.clientId, organization];
}

/**
 * A short name for account, server and model together, the same at every gateway. Of a key it holds 48 bits of a hash
 * over all of these, from which no key of an upstream can be found.
 */
export function fingerprintOf(deployment: Deployment): string {
  const { origin, pathname } = providerOf(deployment).editUrl(deployment);
  const named = [...accountOf(deployment), `${origin}${pathname}`, deployment.model];
  return createHash("sha256").update(JSON.stringify(named)).digest("hex").slice(0, 12);
}
