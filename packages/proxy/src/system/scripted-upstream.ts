import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it arrived: every byte of its body. */
export interface ArrivedRequest {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Script = (response: http.ServerResponse, number: number) => Promise<void> | void;

/** An upstream that a test plays by hand: for answers whose moments matter, and bodies wanted byte by byte. */
export class ScriptedUpstream {
  readonly arrived: ArrivedRequest[] = [];
  readonly #server: http.Server;

  /** @param answer called with each request's answer and its number, from 0, once the whole request has arrived */
  constructor(answer: Script) {
    this.#server = http.createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (bytes: Buffer) => pieces.push(bytes));
      request.once("end", () => {
        const number = this.arrived.push({ headers: request.headers, body: Buffer.concat(pieces) }) - 1;
        void answer(response, number);
      });
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    // A test that failed half-way must not keep the test run alive.
    this.#server.unref();
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
