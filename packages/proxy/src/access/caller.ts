import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { keyFromHeaders } from "@darkroom/accounts";

/**
 * Who asks, as SHA-256 in hexadecimal digits: of the key that was shown, else of the address that the request came from.
 *
 * @param keyHeaderName a header of the operator's choice that carries the key
 */
export function callerOf({ headers, socket }: IncomingMessage, keyHeaderName?: string): string {
  const key = keyFromHeaders(headers, keyHeaderName);
  return hash("sha256", key === undefined ? `address ${socket.remoteAddress ?? ""}` : `key ${key}`, "hex");
}
