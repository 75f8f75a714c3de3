import { randomBytes } from "node:crypto";
import { type SecretKind, keptSecret } from "./kept-secret.js";

export interface KeptMasterKey {
  readonly key: string;
  /** Whether this call made the key; whoever started the gateway has then never seen it. */
  readonly created: boolean;
}

const masterKey: SecretKind = {
  fileName: "master-key",
  name: "master key",
  form: /^sk-[\w-]{43}$/,
  ifReplaced: "clients that use the old one must then change theirs",
  make: () => `sk-${randomBytes(32).toString("base64url")}`,
};

/**
 * The master key kept in a data folder, made on the first call.
 * @throws Error when the file does not hold a key as it was written; the message says what to do, never what it holds.
 */
export async function keptMasterKey(dataDirectory: string): Promise<KeptMasterKey> {
  const { secret, created } = await keptSecret(dataDirectory, masterKey);
  return { key: secret, created };
}
