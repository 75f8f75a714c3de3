import http from "node:http";
import https from "node:https";
import { once } from "node:events";
import type { Connections } from "./connections.js";

/** One HTTP request to an upstream. */
export interface UpstreamRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Buffer[];
  /** Ends the call, whatever it is waiting for. */
  readonly signal: AbortSignal;
}

/** The head of an upstream's answer, and its body to be read. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Ends with an error if the connection breaks before the announced end. */
  readonly body: AsyncIterable<Buffer>;
  /** Ends the call where its body is not wanted. */
  discard(): void;
}

/** Why a call brought no complete answer. `bodySent` tells whether the upstream may have got (and billed) the whole request. */
export class UpstreamCallError extends Error {
  override readonly name = "UpstreamCallError";

  constructor(
    readonly reason: "connection" | "cut",
    readonly bodySent: boolean,
    override readonly cause: unknown,
  ) {
    super(describe(cause), { cause });
  }
}

/** The proxy on the way to the upstream opens no tunnel. */
class ProxyRefusalError extends Error {
  override readonly name = "ProxyRefusalError";

  constructor(status: number) {
    super(`the proxy refused with status ${status}`);
  }
}

/**
 * Sends a request and waits for the head of its answer. No timeout of its own: the signal is the only one.
 * @throws UpstreamCallError, also from the body's iterator.
 */
export async function callUpstream(
  request: UpstreamRequest,
  connections: Connections,
): Promise<UpstreamAnswer> {
  const { url, headers, body, signal } = request;
  const length = body.reduce((sum, buffer) => sum + buffer.length, 0);
  const progress = { bodySent: false };
  try {
    const client = url.protocol === "https:" ? https : http;
    const outgoing = client.request(url, {
      method: "POST",
      headers: { ...headers, "content-length": String(length) },
      agent: connections.agentFor(url),
      signal,
    });
    outgoing.once("finish", () => {
      progress.bodySent = true;
    });
    // The agent would pass on a proxy's refusal as if it were the upstream's own answer.
    outgoing.once("proxyConnect", ({ statusCode }: { readonly statusCode: number }) => {
      if (statusCode !== 200) outgoing.destroy(new ProxyRefusalError(statusCode));
    });
    // An upstream may answer before it has read everything; the connection's end is then no error of this call.
    outgoing.on("error", () => undefined);
    outgoing.cork();
    for (const buffer of body) outgoing.write(buffer);
    outgoing.end();
    outgoing.uncork();
    const [answer] = (await once(outgoing, "response")) as [http.IncomingMessage];
    return {
      status: answer.statusCode ?? 0,
      headers: joined(answer.headers),
      body: readToEnd(answer),
      discard: () => answer.destroy(),
    };
  } catch (cause) {
    throw new UpstreamCallError(progress.bodySent ? "cut" : "connection", progress.bodySent, cause);
  }
}

async function* readToEnd(answer: http.IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw new UpstreamCallError("cut", true, cause);
  }
}

function joined(headers: http.IncomingHttpHeaders): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return result;
}

/** `ECONNREFUSED` says more than "connect ECONNREFUSED 10.1.2.3:443", and shows no address. */
function describe(cause: unknown): string {
  if (cause instanceof ProxyRefusalError) return cause.message;
  const code = (cause as { code?: unknown } | undefined)?.code;
  switch (code) {
    case "ECONNREFUSED":
      return "connection refused";
    case "ECONNRESET":
    case "EPIPE":
      return "connection reset";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "host not found";
    default:
      return typeof code === "string" ? `connection failed (${code})` : "connection failed";
  }
}
