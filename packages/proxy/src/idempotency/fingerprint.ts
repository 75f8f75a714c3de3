import { type Hash, createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { JsonBody, type MultipartBody, type Part } from "@darkroom/router";

/** What besides the body decides where a request goes. */
export interface Route {
  /** From the path, the configuration or the body. */
  readonly model: string;
  readonly tags: readonly string[];
}

/** So much is hashed in one go, which takes a millisecond or two: then others have their turn. */
const turnBytes = 1024 * 1024;

/**
 * What two requests have in common that ask for the same edit: SHA-256 in hexadecimal digits. Of a form it covers each
 * part's name, file name, type and bytes, the gateway's own fields included, and not the boundary, which clients draw anew for
 * every try. Parts of one name count in their order; names do not, since OpenAI's client for Node prepares fields side by
 * side. A JSON body counts byte by byte.
 */
export async function fingerprintOf(body: MultipartBody | JsonBody, { model, tags }: Route): Promise<string> {
  const digest = createHash("sha256");
  if (body instanceof JsonBody) {
    digest.update(line("json", model, tags));
    await update(digest, body.content);
  } else {
    digest.update(line("form", model, tags));
    for (const part of byName(body.parts)) {
      const { name, fileName = null, contentType = null, content } = part;
      // The length says where the bytes end and the next line begins.
      digest.update(line(name, fileName, contentType, lengthOf(content)));
      await update(digest, content);
    }
  }
  return digest.digest("hex");
}

function line(...values: readonly unknown[]): string {
  return `${JSON.stringify(values)}\n`;
}

/** Sorting keeps the order of equals. */
function byName(parts: readonly Part[]): Part[] {
  return [...parts].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

function lengthOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

async function update(digest: Hash, buffers: readonly Buffer[]): Promise<void> {
  let bytesOfTurn = 0;
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length; at += turnBytes) {
      const piece = buffer.subarray(at, at + turnBytes);
      digest.update(piece);
      bytesOfTurn += piece.length;
      if (bytesOfTurn < turnBytes) continue;
      bytesOfTurn = 0;
      await setImmediate();
    }
  }
}
