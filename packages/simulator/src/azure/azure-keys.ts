import type { IncomingMessage } from "node:http";
import type { Account } from "../exchange.js";
import type { Services } from "../services.js";
import type { Refusal } from "../validation/refusal.js";
import { azureRefusals } from "./azure-refusals.js";

/** Finds whose key a request carries in `api-key`, or whose token in `Authorization: Bearer`. A key counts more. */
export function identifyAtAzure(
  request: IncomingMessage,
  { configuration: { keys }, entraTokens }: Services,
): { readonly account: Account } | { readonly refusal: Refusal; readonly key: string | null } {
  const key = request.headers["api-key"];
  if (typeof key === "string") {
    const organization = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (organization === undefined) return { refusal: azureRefusals.wrongKey(), key };
    return { account: { key, organization } };
  }
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) return { refusal: azureRefusals.wrongKey(), key: null };
  const application = entraTokens.ownerOf(token);
  if (application === undefined) return { refusal: azureRefusals.wrongToken(), key: null };
  return { account: { key: application.clientId, organization: application.organization } };
}
