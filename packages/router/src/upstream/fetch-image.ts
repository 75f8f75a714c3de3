import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Deployment } from "../deployments/deployment.js";
import { imageType, imageTypeLength } from "../body/image-type.js";
import { Connections } from "./connections.js";
import { isPublicAddress, isPublicName } from "./public-address.js";
import { ProxyRefusalError } from "./tunnel-agent.js";

/** An image that could not be had. The message is fit for a header and a log: it shows nothing of the URL. */
export class FetchImageError extends Error {
  override readonly name = "FetchImageError";
}

/** What limits the fetching of one image. */
export interface FetchLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** Who says where an image is. */
export type ImageSource = Pick<Deployment, "apiBase" | "outboundProxy">;

/** Fetches images from where upstreams say they are. */
export class ImageFetcher {
  readonly #connections = new Connections();

  constructor(
    private readonly limits: FetchLimits,
    private readonly lookup: typeof dns.lookup = dns.lookup,
  ) {}

  /**
   * Fetches an image: over HTTP(S) and the deployment's proxy if it has one, following no redirect, with no key, and never
   * from this machine or a private network, unless the URL has the upstream's own scheme, host and port. Through a proxy it is
   * the proxy that looks names up.
   * @param source the deployment that named the URL
   * @param take gets the bytes as they come; nothing more comes while it waits
   * @throws FetchImageError, the signal's reason, or what `take` throws
   */
  async fetch(
    text: string,
    source: ImageSource,
    signal: AbortSignal,
    take: (bytes: Buffer) => Promise<void> | undefined,
  ): Promise<void> {
    const url = urlOfWeb(text);
    const timeout = AbortSignal.timeout(this.limits.timeoutMs);
    const either = AbortSignal.any([signal, timeout]);
    try {
      await this.#read(await this.#open(url, source, either), take);
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw new FetchImageError("it did not come in time");
      throw error;
    }
  }

  close(): void {
    this.#connections.close();
  }

  async #read(
    answer: http.IncomingMessage,
    take: (bytes: Buffer) => Promise<void> | undefined,
  ): Promise<void> {
    try {
      if (answer.statusCode !== 200) throw new FetchImageError(`status ${String(answer.statusCode)}`);
      let bytes = 0;
      let start = Buffer.alloc(0);
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > this.limits.maxBytes) throw new FetchImageError("it is too large");
        if (start.length < imageTypeLength) {
          start = Buffer.concat([start, chunk.subarray(0, imageTypeLength)]);
          if (start.length >= imageTypeLength && imageType(start) === undefined) throw noImage();
        }
        await take(chunk);
      }
      if (start.length < imageTypeLength) throw noImage();
    } catch (error) {
      throw isBroken(error) ? new FetchImageError("the connection broke") : error;
    } finally {
      answer.destroy();
    }
  }

  async #open(
    url: URL,
    { apiBase, outboundProxy }: ImageSource,
    signal: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const isUpstream = url.origin === new URL(apiBase).origin;
    if (!isUpstream && !mayBePublic(url)) throw notPublic();
    return new Promise((resolve, reject) => {
      const request = (url.protocol === "https:" ? https : http).get(url, {
        signal,
        agent: this.#connections.agentFor(url, outboundProxy),
        // A connection is never kept: to which address it leads is decided for each image anew.
        headers: { "user-agent": "darkroom", "accept-encoding": "identity", connection: "close" },
        ...(isUpstream ? {} : { lookup: this.#publicOnly }),
      });
      request.once("response", resolve);
      request.once("error", (error) => {
        if (error instanceof ProxyRefusalError) reject(new FetchImageError(error.message));
        else reject(isBroken(error) ? new FetchImageError("its host cannot be reached") : error);
      });
    });
  }

  /** The name is looked up once, and what is checked here is what is connected to. */
  readonly #publicOnly: LookupFunction = (hostname, options, callback) => {
    this.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
        return callback(notPublic(), "", 0);
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** @throws FetchImageError */
function urlOfWeb(text: string): URL {
  if (!URL.canParse(text)) throw new FetchImageError("its URL is none");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new FetchImageError("its URL is not of the web");
  return url;
}

/** As far as the URL alone tells; an address that stands in it is never looked up. */
function mayBePublic({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return isIP(address) === 0 ? isPublicName(hostname) : isPublicAddress(address);
}

function notPublic(): FetchImageError {
  return new FetchImageError("its host is not public");
}

function noImage(): FetchImageError {
  return new FetchImageError("what is there is no image");
}

/** An error of the system, which may show addresses. */
function isBroken(error: unknown): boolean {
  return typeof (error as { readonly code?: unknown } | undefined)?.code === "string";
}
