/** One connection of the load generator: sends the upload again and again and compares every answer byte for byte. */
import net from "node:net";
import { HttpReader } from "./http-reader.mjs";

/** Every connection reads into it, since what is read is compared at once and not kept. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);

/**
 * @typedef {object} Answer
 * @property {number} dueAtMs when it was to be sent, which in an open loop may be before it was
 * @property {number} firstByteAtMs of the body
 * @property {number} endedAtMs
 * @property {string | undefined} fault what is wrong with it
 */

export class ClientConnection {
  #request;
  #expected;
  #owner;
  #socket;
  /** Undefined between two requests. */
  #dueAtMs;
  #status = 0;
  #firstByteAtMs;
  #offset = 0;
  #isRight = true;
  #wrongBytes = "";
  #lastFault;

  /**
   * @param {{ port: number, request: Buffer[], expected: Buffer }} exchange
   * @param {{ onFree: (connection: ClientConnection) => void, onAnswer: (answer: Answer) => void,
   *   onClosed: (connection: ClientConnection) => void }} owner
   */
  constructor({ port, request, expected }, owner) {
    this.#request = request;
    this.#expected = expected;
    this.#owner = owner;
    const reader = new HttpReader({
      onHead: (line) => this.#begin(line),
      onBody: (bytes) => this.#compare(bytes),
      onEnd: () => this.#end(),
    });
    const read = (length, buffer) => {
      reader.push(buffer.subarray(0, length));
      return true;
    };
    this.#socket = net.connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: readBuffer, callback: read },
    });
    this.#socket.once("connect", () => owner.onFree(this));
    this.#socket.on("error", (error) => (this.#lastFault = error.message));
    this.#socket.once("close", () => this.#closed());
  }

  get isBusy() {
    return this.#dueAtMs !== undefined;
  }

  send(dueAtMs) {
    this.#dueAtMs = dueAtMs;
    this.#firstByteAtMs = undefined;
    this.#offset = 0;
    this.#isRight = true;
    this.#wrongBytes = "";
    this.#socket.cork();
    for (const piece of this.#request) this.#socket.write(piece);
    this.#socket.uncork();
  }

  close(reason) {
    this.#lastFault ??= reason;
    this.#socket.destroy();
  }

  #begin(line) {
    this.#status = Number(line.split(" ")[1]);
  }

  #compare(bytes) {
    this.#firstByteAtMs ??= performance.now();
    const end = this.#offset + bytes.length;
    if (
      this.#isRight &&
      (end > this.#expected.length || bytes.compare(this.#expected, this.#offset, end) !== 0)
    ) {
      this.#isRight = false;
      this.#wrongBytes = JSON.stringify(bytes.toString("latin1", 0, 80));
    }
    this.#offset = end;
  }

  #end() {
    const isWhole = this.#status === 200 && this.#isRight && this.#offset === this.#expected.length;
    const told = `status ${this.#status}, ${this.#offset} bytes, the first wrong ones in ${this.#wrongBytes || "none"}`;
    this.#answered(isWhole ? undefined : told);
    if (!this.#socket.destroyed) this.#owner.onFree(this);
  }

  #answered(fault) {
    const endedAtMs = performance.now();
    const dueAtMs = this.#dueAtMs;
    this.#dueAtMs = undefined;
    this.#owner.onAnswer({ dueAtMs, firstByteAtMs: this.#firstByteAtMs ?? endedAtMs, endedAtMs, fault });
  }

  #closed() {
    const fault = this.#lastFault ?? "the connection was closed";
    if (this.isBusy) this.#answered(`no whole answer: ${fault}`);
    this.#owner.onClosed(this);
  }
}
