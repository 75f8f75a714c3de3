import type { IncomingHttpHeaders } from "node:http";
import { type MasterKey, keyFromHeaders } from "@darkroom/accounts";
import { GatewayError } from "../errors.js";

/**
 * Asks for the gateway's key. Decides from the headers alone, so that nothing of a refused request's body is ever read
 * into memory.
 *
 * @param keyHeaderName a header of the operator's choice that carries the key
 * @throws GatewayError with status 401
 */
export function authenticate(
  headers: IncomingHttpHeaders,
  masterKey: MasterKey,
  keyHeaderName?: string,
): void {
  const key = keyFromHeaders(headers, keyHeaderName);
  if (key === undefined) {
    throw unauthorized("auth_error", "No API key was sent. Send it as `Authorization: Bearer sk-...`.");
  }
  if (!masterKey.matches(key)) throw unauthorized("invalid_api_key", "The API key is not known here.");
}

function unauthorized(code: string, message: string): GatewayError {
  return new GatewayError({
    status: 401,
    type: "auth_error",
    code,
    message: `Authentication Error, ${message}`,
  });
}
