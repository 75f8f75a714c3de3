import { once } from "node:events";
import net from "node:net";

/** Passes every byte on between a gateway and its upstream, and may stop in the middle of either direction. */
export class HoldingRelay {
  readonly #server: net.Server;
  readonly #connections = new Set<net.Socket>();
  #requestBytes = Number.POSITIVE_INFINITY;
  #answerText: string | undefined;
  #isHolding = false;
  #letGo: () => void = () => undefined;

  private constructor(upstreamUrl: string) {
    const upstreamPort = Number(new URL(upstreamUrl).port);
    this.#server = net.createServer((incoming) =>
      this.#join(incoming, net.connect(upstreamPort, "127.0.0.1")),
    );
  }

  static async before({ url }: { readonly url: string }): Promise<HoldingRelay> {
    const relay = new HoldingRelay(url);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as net.AddressInfo).port)}`;
  }

  /** Whether something is held now. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** Of what gateways send on each connection, only so much is passed on. */
  holdRequestsAfter(bytes: number): void {
    this.#requestBytes = bytes;
  }

  /** Of what the upstream answers, only what comes before this is passed on. */
  holdAnswersAt(text: string): void {
    this.#answerText = text;
  }

  /** Passes on what is held of answers, and holds nothing any more. */
  letGo(): void {
    this.#answerText = undefined;
    this.#isHolding = false;
    this.#letGo();
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
  }

  #join(gateway: net.Socket, upstream: net.Socket): void {
    for (const socket of [gateway, upstream]) {
      this.#connections.add(socket);
      socket.on("error", () => undefined);
    }
    gateway.once("close", () => upstream.destroy());
    upstream.once("close", () => gateway.destroy());
    let left = this.#requestBytes;
    gateway.on("data", (bytes) => {
      upstream.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left > 0) return;
      gateway.pause();
      this.#isHolding = true;
    });
    let held = Buffer.alloc(0);
    const passOn = (length: number): void => {
      gateway.write(held.subarray(0, length));
      held = held.subarray(length);
    };
    upstream.on("data", (bytes) => {
      held = Buffer.concat([held, bytes]);
      const at = this.#answerText === undefined ? -1 : held.indexOf(this.#answerText);
      passOn(at < 0 ? held.length : at);
      if (at < 0) return;
      this.#isHolding = true;
      this.#letGo = () => passOn(held.length);
    });
  }
}
