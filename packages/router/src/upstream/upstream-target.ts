import http from "node:http";
import https from "node:https";
import type { Deployment } from "../deployments/deployment.js";
import { openai } from "../providers/openai.js";
import type { Connections } from "./connections.js";

/** Where a deployment's edits go and the headers that all of them carry: worked out once, since nothing of it changes. */
export interface UpstreamTarget {
  readonly client: typeof http | typeof https;
  readonly options: http.RequestOptions;
  /** Names and values in turn, as Node sends them. */
  readonly headers: readonly string[];
  /** The names in lower case, which a request cannot set for itself. */
  readonly names: ReadonlySet<string>;
}

/** The targets of deployments, as they are first asked for. */
export class UpstreamTargets {
  readonly #targets = new WeakMap<Deployment, UpstreamTarget>();

  constructor(private readonly connections: Connections) {}

  targetOf(deployment: Deployment): UpstreamTarget {
    let target = this.#targets.get(deployment);
    if (target === undefined) {
      target = this.#workOut(deployment);
      this.#targets.set(deployment, target);
    }
    return target;
  }

  #workOut(deployment: Deployment): UpstreamTarget {
    const url = openai.editUrl(deployment);
    const headers: Record<string, string> = {
      host: url.host,
      "user-agent": "darkroom",
      accept: "*/*",
      // The answer is passed on as it comes and read on the way: compressed, it could not be priced.
      "accept-encoding": "identity",
      ...lowerCased(deployment.extraHeaders),
      ...openai.headers(deployment),
    };
    return {
      client: url.protocol === "https:" ? https : http,
      options: {
        method: "POST",
        protocol: url.protocol,
        hostname: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        agent: this.connections.agentFor(url),
      },
      headers: Object.entries(headers).flat(),
      names: new Set([...Object.keys(headers), "content-type", "content-length"]),
    };
  }
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
