import http from "node:http";
import https from "node:https";
import { getProxyForUrl } from "proxy-from-env";
import type { Deployment } from "../deployments/deployment.js";
import { CallLimit } from "./call-limit.js";
import { createTunnelAgent } from "./tunnel-agent.js";

/** How many connections to upstreams there may be, and how long one that nobody uses is kept. */
export interface ConnectionSettings {
  /** Calls of one host under way at once, each on a connection of its own; further ones wait until their deadline. */
  readonly maxPerHost?: number;
  /** Connections of one host that are kept for further calls. */
  readonly maxIdlePerHost?: number;
  /** How long they are kept. Should be shorter than the upstream's own time, so that it is rarely the upstream that closes first. */
  readonly idleMs?: number;
}

/**
 * As many per host as OpenAI's own client for Python allows (1000). Common load balancers close an idle connection after 60 s:
 * 45 s are shorter.
 */
export const defaultConnectionSettings = { maxPerHost: 1000, maxIdlePerHost: 256, idleMs: 45_000 } as const;

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The pools of kept-alive connections to upstreams. Where a deployment has no proxy of its own, `HTTPS_PROXY`, `HTTP_PROXY`,
 * `ALL_PROXY` and `NO_PROXY` are honoured (upper or lower case); these never keep this machine from reaching itself.
 */
export class Connections {
  readonly #settings: Required<ConnectionSettings>;
  /** By protocol and proxy. */
  readonly #agents = new Map<string, http.Agent>();
  /** By host, or by deployment where it has a limit of its own. */
  readonly #limits = new Map<string, CallLimit>();

  constructor(settings: ConnectionSettings = {}) {
    this.#settings = { ...defaultConnectionSettings, ...settings };
  }

  /** @param ownProxy the deployment's: null for none, undefined for that of the environment */
  agentFor(url: URL, ownProxy?: string | null): http.Agent {
    const proxy = ownProxy === undefined ? proxyOfEnvironment(url) : (ownProxy ?? "");
    const key = `${url.protocol} ${proxy}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = this.#createAgent(url.protocol === "https:", proxy);
      this.#agents.set(key, agent);
    }
    return agent;
  }

  limitFor({ host }: URL, { id, maxConnections }: Pick<Deployment, "id" | "maxConnections">): CallLimit {
    const key = maxConnections === undefined ? `host ${host}` : `deployment ${id}`;
    let limit = this.#limits.get(key);
    if (limit === undefined) {
      limit = new CallLimit(maxConnections ?? this.#settings.maxPerHost);
      this.#limits.set(key, limit);
    }
    return limit;
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #createAgent(isSecure: boolean, proxy: string): http.Agent {
    const { maxIdlePerHost, idleMs } = this.#settings;
    // An agent's `timeout` closes its idle connections only; a call in flight is not touched by it.
    const options: http.AgentOptions = {
      keepAlive: true,
      timeout: idleMs,
      scheduling: "lifo",
      maxFreeSockets: maxIdlePerHost,
    };
    if (proxy !== "") return createTunnelAgent(new URL(proxy), isSecure, options);
    return isSecure ? new https.Agent(options) : new http.Agent(options);
  }
}

function proxyOfEnvironment(url: URL): string {
  return loopback.test(url.hostname) ? "" : getProxyForUrl(url.href);
}
