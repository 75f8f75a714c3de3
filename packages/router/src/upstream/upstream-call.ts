import type http from "node:http";
import type { Stop } from "../retries/stop.js";
import type { MemoryLease } from "../memory/memory-lease.js";
import { ProxyRefusalError } from "./tunnel-agent.js";
import type { UpstreamTarget } from "./upstream-target.js";

/** One HTTP request to an upstream. */
export interface UpstreamRequest {
  readonly target: UpstreamTarget;
  /** Where the target has one. */
  readonly token: string | undefined;
  readonly contentType: string;
  /** The client's own headers that go along, names in lower case. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly body: readonly Buffer[];
  /** Where the body lies. It is held for as long as the connection may send from it, which can be longer than the answer takes. */
  readonly memory: MemoryLease | undefined;
  /** Ends the call, whatever it is waiting for. */
  readonly stop: Stop;
}

/** The head of an upstream's answer, and its body to be read. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Whether the whole request is sent by now: an upstream may answer before. */
  wasBodySent(): boolean;
  /**
   * Hands over the body as it comes, and no more of it while `take` waits.
   * @throws UpstreamCallError if the connection breaks before the announced end; what `take` throws
   */
  read(take: (chunk: Buffer) => Promise<void> | undefined): Promise<void>;
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

/**
 * Sends a request and waits for the head of its answer. No timeout of its own: only `stop` ends it.
 * @throws UpstreamCallError
 */
export async function callUpstream(request: UpstreamRequest): Promise<UpstreamAnswer> {
  const { target, body, memory, stop } = request;
  stop.isUnderWay = true;
  if (stop.failure !== undefined) throw new UpstreamCallError("connection", false, undefined);
  return new Promise((resolve, reject) => {
    let bodySent = false;
    const outgoing = target.client.request({ ...target.options, headers: headersOf(request) });
    // An upstream may answer before it has read everything; the connection's end is then no error of this call.
    outgoing.on("error", (cause) => {
      reject(new UpstreamCallError(bodySent ? "cut" : "connection", bodySent, cause));
    });
    const letGo = memory?.hold();
    outgoing.once("finish", () => {
      // A request that is destroyed, or whose connection breaks at a write, says so as well, however little was sent.
      const { socket } = outgoing;
      if (socket === null || socket.destroyed || socket.errored !== null) return;
      bodySent = true;
      letGo?.();
    });
    if (letGo !== undefined) outgoing.once("close", letGo);
    outgoing.once("response", (answer) => {
      // Nobody waits for an upstream to read on what it has answered already.
      answer.once("end", () => {
        if (!bodySent) outgoing.destroy();
      });
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        // No getter: V8 makes a hidden class for each object that has one of its own.
        wasBodySent: () => bodySent,
        read: (take) => readToEnd(answer, take),
        discard: () => answer.destroy(),
      });
    });
    stop.listen(() => {
      outgoing.destroy();
      // As long as it has no connection, a request that is destroyed says nothing of its end.
      if (outgoing.socket !== null) return;
      letGo?.();
      reject(new UpstreamCallError("connection", false, undefined));
    });
    outgoing.cork();
    for (const buffer of body) outgoing.write(buffer);
    outgoing.end();
    outgoing.uncork();
  });
}

/** A flat list, which Node sends as it is: as an object, every header would be checked, kept and looked up on its own. */
function headersOf({ target, token, contentType, headers, body }: UpstreamRequest): string[] {
  const length = body.reduce((sum, buffer) => sum + buffer.length, 0);
  const list = [...target.headers, "content-type", contentType, "content-length", String(length)];
  if (token !== undefined) list.push("authorization", `Bearer ${token}`);
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !target.names.has(name)) list.push(name, value);
  }
  return list;
}

async function readToEnd(
  answer: http.IncomingMessage,
  take: (chunk: Buffer) => Promise<void> | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let taking: Promise<void> | undefined;
    const fail = (error: unknown): void => {
      reject(error);
      answer.destroy();
    };
    const broken = (cause?: unknown): void => {
      if (!answer.complete) fail(new UpstreamCallError("cut", true, cause));
    };
    answer.on("data", (chunk: Buffer) => {
      try {
        const wait = take(chunk);
        if (wait === undefined) return;
        answer.pause();
        taking = wait.then(() => void answer.resume());
        taking.catch(fail);
      } catch (error) {
        fail(error);
      }
    });
    // Of what had been buffered the end is told with the last chunk, though that has the answer paused.
    answer.once("end", () => {
      resolve(taking);
    });
    answer.once("error", broken);
    answer.once("close", broken);
    if (answer.destroyed) broken();
  });
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
