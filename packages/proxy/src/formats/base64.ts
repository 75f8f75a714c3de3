/**
 * The bytes that a JSON string in base64 stands for, piece by piece, cut wherever. Some encoders write its characters as escapes
 * (`\\/`, `\\u002B`), some break it into lines (`\\n`).
 */
export function* decodedPieces(pieces: Iterable<Buffer>): Generator<Buffer> {
  let rest = "";
  for (const piece of pieces) {
    let text = rest + piece.toString("latin1");
    let cut = "";
    if (text.includes("\\")) {
      // The rest of an escape may be in the next piece.
      [cut] = /\\(u[\da-f]{0,3})?$/i.exec(text) ?? [""];
      text = unescaped(text.slice(0, text.length - cut.length));
    }
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole) + cut;
    if (whole > 0) yield Buffer.from(text.slice(0, whole), "base64");
  }
  if (rest !== "") yield Buffer.from(rest, "base64");
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([\da-f]{4})|[nrt])?/gi, (_escape, code?: string) =>
    code === undefined ? "" : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** How many bytes a string in base64 stands for, at most. */
export function decodedBytes(pieces: readonly Buffer[]): number {
  return Math.ceil((pieces.reduce((sum, { length }) => sum + length, 0) * 3) / 4);
}

/** Encodes bytes in base64 as they come. */
export class Base64Encoder {
  #rest: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): Buffer {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const whole = all.length - (all.length % 3);
    this.#rest = Buffer.from(all.subarray(whole));
    return Buffer.from(all.toString("base64", 0, whole), "latin1");
  }

  /** What is left, padded. */
  end(): Buffer {
    return Buffer.from(this.#rest.toString("base64"), "latin1");
  }
}
