import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";

/** A secret that a gateway makes for itself and keeps. */
export interface SecretKind {
  readonly fileName: string;
  /** How it is called in errors. */
  readonly name: string;
  readonly form: RegExp;
  /** What a new one changes for others, to be told where the old one is lost. */
  readonly ifReplaced: string;
  make(): string;
}

export interface KeptSecret {
  readonly secret: string;
  /** Whether this call made it. */
  readonly created: boolean;
}

/**
 * A secret kept in a data folder, made on the first call. Folder and file belong to their owner alone (modes 0700 and 0600,
 * where the system has modes). Two processes that start together get the same one.
 *
 * @throws Error when the file does not hold it as it was written; the message says what to do, never what it holds.
 */
export async function keptSecret(dataDirectory: string, kind: SecretKind): Promise<KeptSecret> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const path = join(dataDirectory, kind.fileName);
  const kept = await read(path, kind);
  if (kept !== undefined) return { secret: kept, created: false };

  const secret = kind.make();
  if (await writeOnce(path, secret)) return { secret, created: true };
  const winner = await read(path, kind);
  if (winner === undefined)
    throw new Error(`The ${kind.name} file ${path} appeared and vanished while starting`);
  return { secret: winner, created: false };
}

async function read(path: string, { name, form, ifReplaced }: SecretKind): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const secret = text.trim();
  if (!form.test(secret)) {
    throw new Error(
      `The ${name} file ${path} is ${secret === "" ? "empty" : "damaged"}. ` +
        `Restore it from a backup, or delete it to get a new key (${ifReplaced}).`,
    );
  }
  // A restored backup or a copy may have made it readable to others.
  await chmod(path, 0o600);
  return secret;
}

/** Puts the complete file in place in one step, so that nobody ever reads half of it; false when one is there already. */
async function writeOnce(path: string, secret: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    try {
      await file.writeFile(`${secret}\n`);
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
