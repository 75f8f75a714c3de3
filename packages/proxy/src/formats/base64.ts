/**
 * The bytes that a JSON string in base64 stands for, piece by piece, cut wherever. Escapes are passed over: some encoders
 * write `\\/`, some break the text into lines (`\\n`).
 */
export function* decodedPieces(pieces: Iterable<Buffer>): Generator<Buffer> {
  let rest = "";
  for (const piece of pieces) {
    let text = rest + piece.toString("latin1");
    // What follows the backslash may be in the next piece.
    const isCut = text.endsWith("\\");
    if (text.includes("\\")) text = text.replace(/\\[nrt]?/g, "");
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole) + (isCut ? "\\" : "");
    if (whole > 0) yield Buffer.from(text.slice(0, whole), "base64");
  }
  if (rest !== "") yield Buffer.from(rest, "base64");
}

/** How many bytes so much base64 stands for, at most. */
export function decodedBytes(base64Bytes: number): number {
  return Math.ceil((base64Bytes * 3) / 4);
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
