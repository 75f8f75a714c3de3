import { type DirectoryReader, secretHash } from "@darkroom/accounts";
import type { GatewayError } from "../../errors.js";
import { invalid } from "./management-route.js";

/** The id of a key that somebody names: by itself, by its hash, or by its id. */
export async function findKeyId(
  { secrets, keys }: Pick<DirectoryReader, "secrets" | "keys">,
  named: string,
): Promise<string | undefined> {
  const hash = named.startsWith("sk-") ? secretHash(named) : named;
  return (await secrets.get(hash))?.keyId ?? (await keys.get(hash))?.keyId;
}

/** @throws GatewayError where there is none */
export async function keyIdOf(
  read: Pick<DirectoryReader, "secrets" | "keys">,
  named: string,
): Promise<string> {
  const found = await findKeyId(read, named);
  if (found === undefined) throw noSuchKey(named);
  return found;
}

/** Does not repeat the key. */
export function noSuchKey(named: string): GatewayError {
  return invalid(
    "key",
    named.startsWith("sk-") ? "There is no such key." : `There is no key '${named}'.`,
    404,
  );
}
