import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { InvalidRequestError } from "@darkroom/router";

/** As clients write it, and as errors name it. */
export const keyHeader = "Idempotency-Key";

const printable = /^[\x20-\x7e]{1,255}$/;

/**
 * The key that a client gave its request, so that it is never paid twice.
 * @throws InvalidRequestError naming the header
 */
export function idempotencyKeyFrom(headers: IncomingHttpHeaders): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && printable.test(key)) return key;
  throw new InvalidRequestError(
    `Invalid value for the header '${keyHeader}': expected 1 to 255 printable ASCII characters.`,
    { field: keyHeader, code: "invalid_idempotency_key" },
  );
}

/** What a caller's key is remembered by: two callers with the same key have nothing to do with each other. */
export function keyOfCaller(caller: string, key: string): string {
  return hash("sha256", `${caller}\n${key}`, "hex");
}
