import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Principal, keyFromHeaders } from "@darkroom/accounts";

/** Enough to tell a gateway's callers apart, and too little to find a key by. */
const shownDigits = 16;

/**
 * Who asks, without a secret: the beginning of a virtual key's id, which stays when its secret is changed; else of the
 * SHA-256 of the key that was shown, else the address.
 * @param keyHeaderName a header of the operator's choice that carries the key
 */
export function callerOf(
  { account }: Principal,
  headers: IncomingHttpHeaders,
  address: string | undefined,
  keyHeaderName?: string,
): string {
  if (account !== undefined) return `key-${account.key.keyId.slice(0, shownDigits)}`;
  const key = keyFromHeaders(headers, keyHeaderName);
  if (key === undefined) return `address-${address ?? "unknown"}`;
  return `key-${hash("sha256", key, "hex").slice(0, shownDigits)}`;
}
