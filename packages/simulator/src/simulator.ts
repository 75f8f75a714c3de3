import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isAzurePath } from "./azure/azure-route.js";
import { EntraTokens } from "./azure/entra-tokens.js";
import { Bill } from "./bill/bill.js";
import { CallLog } from "./call-log.js";
import type { Clock } from "./clock.js";
import type { Configuration } from "./configuration.js";
import { DrawingPainter } from "./drawing/drawing-painter.js";
import { PreparedPainter } from "./drawing/prepared-painter.js";
import type { Exchange } from "./exchange.js";
import { FaultList } from "./faults/fault-list.js";
import { Holds } from "./faults/holds.js";
import { ImageFiles } from "./image-files.js";
import { KnownFiles } from "./known-files.js";
import { seededRandom, seedOf } from "./random.js";
import { RateLimits } from "./rate-limits.js";
import { Recorder } from "./record.js";
import { route } from "./routes.js";
import type { Services } from "./services.js";

/** Where lines go: one for each finished request, and one for each failure of the simulator itself. */
export interface Log {
  request(line: string): void;
  failure(line: string): void;
}

/** The HTTP server with everything behind it. Bare `node:http`, since the faults need the socket itself. */
export class Simulator {
  readonly services: Services;
  readonly #server: Server;

  constructor(
    private readonly configuration: Configuration,
    clock: Clock,
    private readonly log: Log,
  ) {
    const { seed } = configuration;
    const faults = new FaultList(seededRandom(seedOf(seed, "faults")));
    faults.add(configuration.faults);
    this.services = {
      configuration,
      clock,
      random: seededRandom(seedOf(seed, "latency")),
      painter: configuration.draw ? new DrawingPainter(seed) : new PreparedPainter(configuration.answerBytes),
      rateLimits: new RateLimits(configuration.limits, clock, configuration.windowSeconds * 1000),
      faults,
      holds: new Holds(),
      bill: new Bill(),
      recorder: new Recorder(configuration.recordedRequests),
      calls: new CallLog(configuration.recordedCalls),
      imageFiles: new ImageFiles(clock),
      entraTokens: new EntraTokens(configuration.azure.tokenLifetimeSeconds, clock),
      knownFiles: new KnownFiles(configuration.files),
    };
    this.#server = createServer({ noDelay: true }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.log.failure(
          `the simulator itself failed: ${error instanceof Error ? error.stack : String(error)}`,
        );
        request.socket.destroy();
      });
    });
    // A simulated upload may be slow and a hang lasts for ever: no deadline of Node's own may end them. Idle
    // connections stay open longer than any client keeps them, so that none is closed under a request.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 10 * 60 * 1000;
  }

  /** Listens and resolves to the URL. */
  listen(): Promise<string> {
    const { host, port } = this.configuration;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        const address = this.#server.address() as AddressInfo;
        const shownHost = address.family === "IPv6" ? `[${address.address}]` : address.address;
        resolve(`http://${shownHost}:${address.port}`);
      });
    });
  }

  /** Ends at once: open connections are closed, whatever they wait for. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, recorder } = this.services;
    const url = new URL(request.url ?? "/", "http://simulator");
    const startedAtMs = clock.now();
    const exchange = newExchange(request, response, url.pathname, startedAtMs);
    // A client may leave at any time; what is then still written goes nowhere.
    response.on("error", () => undefined);
    request.on("error", () => undefined);
    if (!exchange.path.startsWith("/_simulator/")) {
      recorder.add(exchange.record);
      response.on("close", () => {
        exchange.record.endedAtMs = clock.now();
        this.log.request(logLine(exchange, exchange.record.endedAtMs));
      });
    }
    await route(exchange, url.searchParams, this.services);
  }
}

function newExchange(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  startedAtMs: number,
): Exchange {
  const requestId = `req_${randomBytes(16).toString("hex")}`;
  const contentLength = request.headers["content-length"];
  return {
    request,
    response,
    path,
    service: isAzurePath(path) ? "azure" : "openai",
    requestId,
    startedAtMs,
    record: {
      requestId,
      time: new Date(startedAtMs).toISOString(),
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      contentLength: contentLength === undefined ? null : Number(contentLength),
      arrivedAtMs: startedAtMs,
      endedAtMs: null,
      key: null,
      organization: null,
      model: null,
      images: null,
      tokens: null,
      bodyLength: 0,
      parts: null,
      json: null,
      fault: null,
      status: null,
      billed: false,
    },
  };
}

function logLine({ request, record, startedAtMs, requestId }: Exchange, nowMs: number): string {
  const fault = record.fault === null ? "" : ` fault=${record.fault}`;
  return `${request.method ?? ""} ${request.url ?? ""} ${record.status ?? "no answer"}${fault} ${Math.round(nowMs - startedAtMs)}ms ${requestId}`;
}
