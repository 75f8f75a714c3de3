import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import tls from "node:tls";
import type { Certificate } from "./certificate.js";
import type { RunningSimulator } from "./running-simulator.js";

/** Ends TLS and passes on what was in it to a simulator, which speaks plain HTTP. */
export class Relay {
  private constructor(
    private readonly server: tls.Server,
    readonly certificate: string,
  ) {}

  static async before({ url }: RunningSimulator, { certificate, key }: Certificate): Promise<Relay> {
    const server = tls.createServer({ cert: certificate, key }, (incoming) => {
      join(incoming, net.connect(Number(new URL(url).port), "127.0.0.1"));
    });
    // A client that does not trust the certificate says so by breaking the connection off.
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Relay(server, certificate);
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  close(): void {
    this.server.close();
  }
}

/** A proxy as companies have it: it alone knows where the names are, and opens tunnels to them (`CONNECT`). */
export class OutboundProxy {
  /** What was asked of it: `CONNECT upstream.test:443`. */
  readonly asked: string[] = [];
  readonly authorizations: (string | undefined)[] = [];

  private constructor(
    private readonly server: http.Server,
    ports: Readonly<Record<string, number>>,
  ) {
    server.on("connect", (request, client: net.Socket) => {
      const target = request.url ?? "";
      this.asked.push(`CONNECT ${target}`);
      this.authorizations.push(request.headers["proxy-authorization"]);
      const port = ports[target];
      if (port === undefined) {
        client.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 8\r\n\r\nno route");
        return;
      }
      const upstream = net.connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        join(client, upstream);
      });
    });
    server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      this.asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
      response.writeHead(501).end();
    });
  }

  static async listen(ports: Readonly<Record<string, number>>): Promise<OutboundProxy> {
    const server = http.createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new OutboundProxy(server, ports);
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
  }

  forget(): void {
    this.asked.length = 0;
    this.authorizations.length = 0;
  }

  close(): void {
    this.server.close();
  }
}

/** Passes everything on, both ways, until one side ends. */
function join(one: net.Socket, other: net.Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}
