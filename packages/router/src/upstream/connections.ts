import http from "node:http";
import https from "node:https";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";

/**
 * An agent's `timeout` closes its idle connections only; a call in flight is not touched by it. Shorter than the 60 s of
 * common load balancers, so that it is rarely the upstream that closes first, just when a request is sent.
 */
const idleConnectionMs = 45_000;

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The pools of kept-alive connections to upstreams. `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are honoured
 * (upper or lower case); this machine itself is never reached through a proxy.
 */
export class Connections {
  readonly #options = {
    keepAlive: true,
    timeout: idleConnectionMs,
    scheduling: "lifo",
    maxFreeSockets: 256,
  } as const;
  readonly #direct = {
    "http:": new http.Agent({ ...this.#options }),
    "https:": new https.Agent({ ...this.#options }),
  };
  readonly #throughProxy = new Map<string, HttpsProxyAgent<string>>();

  agentFor(url: URL): http.Agent {
    const proxy = loopback.test(url.hostname) ? "" : getProxyForUrl(url.href);
    if (proxy === "") return url.protocol === "https:" ? this.#direct["https:"] : this.#direct["http:"];
    let agent = this.#throughProxy.get(proxy);
    if (agent === undefined) {
      agent = new HttpsProxyAgent(proxy, { ...this.#options });
      this.#throughProxy.set(proxy, agent);
    }
    return agent;
  }

  close(): void {
    for (const agent of [...Object.values(this.#direct), ...this.#throughProxy.values()]) agent.destroy();
  }
}
