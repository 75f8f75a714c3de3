import http from "node:http";
import https from "node:https";
import type { Deployment } from "../deployments/deployment.js";
import type { EntraApplication } from "../providers/entra/credential.js";
import { issueToken } from "../providers/entra/issue-token.js";
import { TokenCache } from "../providers/entra/token-cache.js";
import { providerOf } from "../providers/providers.js";
import type { CallLimit } from "./call-limit.js";
import type { Connections } from "./connections.js";

/** Where a deployment's edits go and the headers that all of them carry: worked out once, since nothing of it changes. */
export interface UpstreamTarget {
  readonly client: typeof http | typeof https;
  readonly options: http.RequestOptions;
  /** Names and values in turn, as Node sends them. */
  readonly headers: readonly string[];
  /** The names in lower case, which a request cannot set for itself. */
  readonly names: ReadonlySet<string>;
  /** How many calls may be under way there. */
  readonly limit: CallLimit;
  /** What is to be sent as `authorization: Bearer …`, where it changes with time. */
  readonly token: TokenCache | undefined;
}

/** The targets of deployments, as they are first asked for. */
export class UpstreamTargets {
  readonly #targets = new WeakMap<Deployment, UpstreamTarget>();
  /** By application and the proxy that leads to its issuer: deployments share what they can. */
  readonly #tokens = new Map<string, TokenCache>();

  constructor(
    private readonly connections: Connections,
    private readonly nowMs: () => number,
  ) {}

  targetOf(deployment: Deployment): UpstreamTarget {
    let target = this.#targets.get(deployment);
    if (target === undefined) {
      target = this.#workOut(deployment);
      this.#targets.set(deployment, target);
    }
    return target;
  }

  #workOut(deployment: Deployment): UpstreamTarget {
    const provider = providerOf(deployment);
    const url = provider.editUrl(deployment);
    const token = this.#tokenOf(deployment);
    const headers: Record<string, string> = {
      host: url.host,
      "user-agent": "darkroom",
      accept: "*/*",
      // The answer is passed on as it comes and read on the way: compressed, it could not be priced.
      "accept-encoding": "identity",
      ...lowerCased(deployment.extraHeaders),
      ...provider.headers(deployment),
    };
    return {
      client: url.protocol === "https:" ? https : http,
      options: {
        method: "POST",
        protocol: url.protocol,
        hostname: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        agent: this.connections.agentFor(url, deployment.outboundProxy),
      },
      headers: Object.entries(headers).flat(),
      names: new Set([
        ...Object.keys(headers),
        "content-type",
        "content-length",
        ...(token === undefined ? [] : ["authorization"]),
      ]),
      limit: this.connections.limitFor(url, deployment),
      token,
    };
  }

  #tokenOf({ apiKey, entra, outboundProxy }: Deployment): TokenCache | undefined {
    if (apiKey !== undefined || entra === undefined || "token" in entra) return undefined;
    const key = JSON.stringify([entra, outboundProxy]);
    let token = this.#tokens.get(key);
    if (token === undefined) {
      token = this.#tokenCache(entra, outboundProxy);
      this.#tokens.set(key, token);
    }
    return token;
  }

  #tokenCache(application: EntraApplication, outboundProxy: string | null | undefined): TokenCache {
    const agentFor = (url: URL) => this.connections.agentFor(url, outboundProxy);
    return new TokenCache(() => issueToken(application, agentFor), this.nowMs);
  }
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
