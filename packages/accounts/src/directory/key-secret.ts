import { hash, randomBytes } from "node:crypto";

/** A new secret of a virtual key. */
export function newSecret(): string {
  return `sk-${randomBytes(24).toString("base64url")}`;
}

/** What is kept of a secret, in hexadecimal. */
export function secretHash(secret: string): string {
  return hash("sha256", secret, "hex");
}

/** How a key is shown to people: its last four characters, as LiteLLM does. */
export function secretName(secret: string): string {
  return `sk-...${secret.slice(-4)}`;
}
