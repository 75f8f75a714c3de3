import type { Change } from "./directory.js";
import { newSecret, secretHash, secretName } from "./key-secret.js";
import type { Authored, KeyRecord } from "./records.js";

/** What a key is made from. */
export type NewKey = Omit<KeyRecord, "keyId" | "hash" | "name" | keyof Authored>;

/** A key whose secret has just been made: it is shown now or never. */
export interface ShownKey {
  readonly key: KeyRecord;
  readonly secret: string;
}

/** What `createdAtMs` and its like are of a record that is made now. */
export function authoredNow({ by, nowMs }: Change): Authored {
  return { createdAtMs: nowMs, createdBy: by, updatedAtMs: nowMs, updatedBy: by };
}

/** What is different about a record that is changed now. */
export function changedNow({ by, nowMs }: Change): Pick<Authored, "updatedAtMs" | "updatedBy"> {
  return { updatedAtMs: nowMs, updatedBy: by };
}

/**
 * Makes a key.
 * @param secret of the caller's choice; absent: a new one
 * @throws ConflictError where there is a key with this secret or alias
 */
export async function createKey(change: Change, given: NewKey, secret = newSecret()): Promise<ShownKey> {
  const hash = secretHash(secret);
  const key: KeyRecord = {
    keyId: hash,
    hash,
    name: secretName(secret),
    ...given,
    ...authoredNow(change),
  };
  await change.secrets.add({ hash, keyId: hash });
  await change.keys.add(key);
  return { key, secret };
}

/**
 * Gives a key a new secret. All else stays: what it has spent, what is taken of its limits, and its id.
 * @param graceMs for so long the old secret is taken as well
 * @param secret of the caller's choice; absent: a new one
 * @throws NotFoundError; ConflictError where another key has this secret
 */
export async function rotateKey(
  change: Change,
  keyId: string,
  { graceMs = 0, secret = newSecret() }: { readonly graceMs?: number; readonly secret?: string | undefined },
): Promise<ShownKey> {
  const old = await change.keys.existing(keyId);
  const hash = secretHash(secret);
  for (const { hash: outlived, validUntilMs = Infinity } of await change.secrets.find({ keyId }))
    if (validUntilMs <= change.nowMs) await change.secrets.remove(outlived);
  if (graceMs > 0)
    await change.secrets.replace({ hash: old.hash, keyId, validUntilMs: change.nowMs + graceMs });
  else await change.secrets.remove(old.hash);
  await change.secrets.add({ hash, keyId });
  const key = { ...old, hash, name: secretName(secret), ...changedNow(change) };
  await change.keys.replace(key);
  return { key, secret };
}

/** Removes a key and all its secrets. @throws NotFoundError */
export async function deleteKey(change: Change, keyId: string): Promise<void> {
  for (const { hash } of await change.secrets.find({ keyId })) await change.secrets.remove(hash);
  await change.keys.remove(keyId);
}
