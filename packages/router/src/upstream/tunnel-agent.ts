import http from "node:http";
import https from "node:https";
import { unescape } from "node:querystring";
import type { Duplex } from "node:stream";
import tls from "node:tls";

/** A proxy that has not opened a tunnel by then never will; the attempt may have been given up long before. */
const openWithinMs = 30_000;

/** The proxy on the way to the upstream opens no tunnel. */
export class ProxyRefusalError extends Error {
  override readonly name = "ProxyRefusalError";

  constructor(reason: string) {
    super(`the proxy ${reason}`);
  }
}

/** Where a connection is to go, as an agent hears of it. */
type Destination = http.ClientRequestArgs & tls.ConnectionOptions;

type Opened = (error: Error | null, connection?: Duplex) => void;

/**
 * An agent whose connections go through a proxy, by a tunnel (`CONNECT`) for every kind of upstream: so the proxy sees no more
 * of an edit than where it goes, and its refusal cannot be taken for the upstream's.
 * @param isSecure whether TLS is spoken with the upstream, inside the tunnel
 */
export function createTunnelAgent(proxy: URL, isSecure: boolean, options: http.AgentOptions): http.Agent {
  const agent = isSecure ? new https.Agent(options) : new http.Agent(options);
  return Object.assign(agent, {
    createConnection(destination: Destination, opened: Opened): void {
      openTunnel(proxy, destination, (error, tunnel) => {
        if (tunnel === undefined) return opened(error);
        opened(null, isSecure ? tls.connect({ ...destination, socket: tunnel }) : tunnel);
      });
    },
  });
}

function openTunnel(proxy: URL, { host, port }: Destination, opened: Opened): void {
  const name = host?.includes(":") ? `[${host}]` : (host ?? "");
  const address = `${name}:${String(port)}`;
  const request = (proxy.protocol === "https:" ? https : http).request({
    method: "CONNECT",
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: proxy.port,
    path: address,
    headers: { host: address, ...authorizationFor(proxy) },
    agent: false,
  });
  const timer = setTimeout(() => {
    request.destroy(new ProxyRefusalError(`opened no tunnel within ${String(openWithinMs / 1000)} s`));
  }, openWithinMs);
  const finish: Opened = (error, tunnel) => {
    clearTimeout(timer);
    opened(error, tunnel);
  };
  request.once("error", finish);
  request.once("connect", ({ statusCode = 0 }, tunnel: Duplex) => {
    if (statusCode === 200) return finish(null, tunnel);
    tunnel.destroy();
    finish(new ProxyRefusalError(`refused with status ${String(statusCode)}`));
  });
  request.end();
}

function authorizationFor({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const credentials = `${unescape(username)}:${unescape(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}
