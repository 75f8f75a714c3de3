/**
 * Reads HTTP/1.1 messages, requests or responses, from the chunks of a socket and copies no body. Upstream and load
 * generator share a machine with the target that is measured, so they work on sockets: `node:http` costs several times this.
 *
 * It knows what the targets send: bodies with a length, and chunked ones with or without trailers.
 */
const endOfHead = Buffer.from("\r\n\r\n");
const nothing = Buffer.alloc(0);
const newline = 10;

/**
 * @typedef {object} MessageHandler
 * @property {(firstLine: string, headers: string) => void} onHead `headers` begins with a line break
 * @property {(bytes: Buffer) => void} onBody the bytes are valid during the call only
 * @property {() => void} onEnd
 */

export class HttpReader {
  #handler;
  /** What reads the next bytes; each returns those that it leaves. */
  #read = this.#readHead;
  /** The begun head or line. */
  #begun = nothing;
  #left = 0;
  #isChunked = false;

  /** @param {MessageHandler} handler */
  constructor(handler) {
    this.#handler = handler;
  }

  /** @param {Buffer} bytes */
  push(bytes) {
    let rest = bytes;
    while (rest.length > 0) rest = this.#read(rest);
  }

  #readHead(bytes) {
    const all = this.#withBegun(bytes);
    const end = all.indexOf(endOfHead);
    if (end < 0) return this.#keep(all);
    const head = all.toString("latin1", 0, end);
    const rest = all.subarray(end + endOfHead.length);
    if (/^HTTP\/1\.1 1\d\d/.test(head)) return rest;
    const lineEnd = head.indexOf("\r\n");
    const headers = lineEnd < 0 ? "" : head.slice(lineEnd);
    this.#handler.onHead(lineEnd < 0 ? head : head.slice(0, lineEnd), headers);
    this.#isChunked = /\r\ntransfer-encoding: *chunked/i.test(headers);
    this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(headers)?.[1] ?? 0);
    if (this.#isChunked) this.#read = this.#readChunkSize;
    else if (this.#left > 0) this.#read = this.#readBody;
    else this.#end();
    return rest;
  }

  #readBody(bytes) {
    const body = bytes.subarray(0, this.#left);
    this.#left -= body.length;
    this.#handler.onBody(body);
    if (this.#left === 0) {
      if (this.#isChunked) this.#read = this.#readChunkEnd;
      else this.#end();
    }
    return bytes.subarray(body.length);
  }

  #readChunkSize(bytes) {
    return this.#readLine(bytes, (line) => {
      this.#left = Number.parseInt(line, 16);
      if (Number.isNaN(this.#left)) throw new Error(`'${line}' is no size of a chunk`);
      this.#read = this.#left > 0 ? this.#readBody : this.#readTrailer;
    });
  }

  #readChunkEnd(bytes) {
    return this.#readLine(bytes, () => {
      this.#read = this.#readChunkSize;
    });
  }

  #readTrailer(bytes) {
    return this.#readLine(bytes, (line) => {
      if (line === "") this.#end();
    });
  }

  #readLine(bytes, take) {
    const all = this.#withBegun(bytes);
    const end = all.indexOf(newline);
    if (end < 0) return this.#keep(all);
    take(all.toString("latin1", 0, end).trimEnd());
    return all.subarray(end + 1);
  }

  #end() {
    this.#read = this.#readHead;
    this.#handler.onEnd();
  }

  #withBegun(bytes) {
    if (this.#begun.length === 0) return bytes;
    const all = Buffer.concat([this.#begun, bytes]);
    this.#begun = nothing;
    return all;
  }

  #keep(bytes) {
    this.#begun = Buffer.from(bytes);
    return nothing;
  }
}
