const quote = 0x22;
const backslash = 0x5c;

/** Finds where a JSON string ends, over any number of chunks: a native search that crosses megabytes of base64 in no time. */
export class JsonStringEnd {
  /** The next byte stands behind a backslash. */
  #escaped = false;

  /**
   * @param from an index inside of the string
   * @returns the index of the quote that ends it, or -1 if it goes on in the next chunk
   */
  find(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at += 1;
    }
    for (;;) {
      const end = chunk.indexOf(quote, at);
      const last = end < 0 ? chunk.length : end;
      let backslashes = 0;
      while (last - backslashes - 1 >= at && chunk[last - backslashes - 1] === backslash) backslashes += 1;
      const isEscaped = backslashes % 2 === 1;
      if (end < 0) {
        this.#escaped = isEscaped;
        return -1;
      }
      if (!isEscaped) return end;
      at = end + 1;
    }
  }
}
