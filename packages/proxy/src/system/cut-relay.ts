import { once } from "node:events";
import net from "node:net";

/** Passes every byte on between a gateway and a store that it shares, until it is cut. */
export class CutRelay {
  readonly #server: net.Server;
  readonly #connections = new Set<net.Socket>();

  private constructor(private readonly storeUrl: string) {
    const { hostname, port } = new URL(storeUrl);
    this.#server = net.createServer((incoming) => {
      const outgoing = net.connect(Number(port), hostname);
      for (const socket of [incoming, outgoing]) {
        this.#connections.add(socket);
        socket.on("error", () => undefined);
      }
      incoming.pipe(outgoing).pipe(incoming);
      incoming.once("close", () => outgoing.destroy());
      outgoing.once("close", () => incoming.destroy());
    });
  }

  static async before(storeUrl: string): Promise<CutRelay> {
    const relay = new CutRelay(storeUrl);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  /** The store's, by way of the relay. */
  get url(): string {
    const url = new URL(this.storeUrl);
    url.port = String((this.#server.address() as net.AddressInfo).port);
    return url.href;
  }

  /** From now on nothing gets through. */
  cut(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
  }
}
