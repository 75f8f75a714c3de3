import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";

export interface KeptMasterKey {
  readonly key: string;
  /** Whether this call made the key; whoever started the gateway has then never seen it. */
  readonly created: boolean;
}

const fileName = "master-key";
const randomLength = 32;
const keyForm = /^sk-[\w-]{43}$/;

/**
 * The master key kept in a data folder, made on the first call. Folder and file belong to their owner alone
 * (modes 0700 and 0600, where the system has modes). Two processes that start together get the same key.
 *
 * @throws Error when the file does not hold a key as it was written; the message says what to do, never what it holds.
 */
export async function keptMasterKey(dataDirectory: string): Promise<KeptMasterKey> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const path = join(dataDirectory, fileName);
  const kept = await read(path);
  if (kept !== undefined) return { key: kept, created: false };

  const key = `sk-${randomBytes(randomLength).toString("base64url")}`;
  if (await writeOnce(path, key)) return { key, created: true };
  const winner = await read(path);
  if (winner === undefined)
    throw new Error(`The master key file ${path} appeared and vanished while starting`);
  return { key: winner, created: false };
}

async function read(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const key = text.trim();
  if (!keyForm.test(key)) {
    throw new Error(
      `The master key file ${path} is ${key === "" ? "empty" : "damaged"}. ` +
        "Restore it from a backup, or delete it to get a new key (clients that use the old one must then change theirs).",
    );
  }
  // A restored backup or a copy may have made it readable to others.
  await chmod(path, 0o600);
  return key;
}

/** Puts the complete file in place in one step, so that nobody ever reads half a key; false when one is there already. */
async function writeOnce(path: string, key: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    try {
      await file.writeFile(`${key}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

function codeOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}
