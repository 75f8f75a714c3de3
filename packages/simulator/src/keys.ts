import type { IncomingMessage } from "node:http";
import type { Account } from "./exchange.js";
import type { Refusal } from "./validation/refusal.js";
import { refusals } from "./validation/refusals.js";

/** Finds whose key a request carries, in `Authorization: Bearer`. */
export function identify(
  request: IncomingMessage,
  keys: Readonly<Record<string, string>>,
): { readonly account: Account } | { readonly refusal: Refusal; readonly key: string | null } {
  const key = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (key === undefined) return { refusal: refusals.missingKey(), key: null };
  const organization = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (organization === undefined) return { refusal: refusals.wrongKey(masked(key)), key };
  return { account: { key, organization } };
}

/** A key as OpenAI tells it back: its first and last characters only. */
function masked(key: string): string {
  return key.length <= 12
    ? "*".repeat(key.length)
    : `${key.slice(0, 8)}${"*".repeat(key.length - 12)}${key.slice(-4)}`;
}
