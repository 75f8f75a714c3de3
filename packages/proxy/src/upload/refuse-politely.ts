import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { systemTimers, type Timers } from "@darkroom/router";

/** A complete answer. */
export interface Refusal {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** How long a refused client is listened to. */
export interface LingeringLimits {
  /** In all. */
  readonly totalMs: number;
  /** Without a byte from it. */
  readonly silenceMs: number;
  readonly bytes: number;
}

export const defaultLingeringLimits: LingeringLimits = {
  totalMs: 30_000,
  silenceMs: 5_000,
  bytes: 256 * 1024 * 1024,
};

/**
 * Answers a request whose body may not have been read, so that the client sees the answer. A server that closes
 * a connection on which data is still coming in resets it, and a reset destroys the answer in the client's own
 * receive buffer before it is read. So the whole answer goes out at once, with its length and `connection:
 * close`; what the client still sends is read and thrown away, within limits; only then the connection is closed.
 * @returns when the answer is out and the body dealt with
 */
export async function refusePolitely(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Refusal,
  limits: LingeringLimits = defaultLingeringLimits,
  timers: Timers = systemTimers,
): Promise<void> {
  const head = { ...headers, "content-length": body.length };
  if (isOver(request)) {
    request.resume();
    response.writeHead(status, head).end(body);
    return;
  }
  // Not `end`: behind it Node closes the socket at once.
  response.writeHead(status, { ...head, connection: "close" }).write(body);
  await discardBody(request, response, limits, timers);
  response.end();
}

/** Whether nothing of the request is still to come. */
function isOver({ complete, destroyed, headers }: IncomingMessage): boolean {
  const length = headers["content-length"] ?? "0";
  return complete || destroyed || (headers["transfer-encoding"] === undefined && Number(length) === 0);
}

/** Reads a body away until its end, the client's leaving, or a limit. */
function discardBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: LingeringLimits,
  timers: Timers,
): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const finish = () => {
      callOffTotal();
      callOffSilence();
      request.off("data", onData).off("end", finish).off("close", finish);
      response.off("close", finish);
      resolve();
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.bytes) return finish();
      callOffSilence();
      callOffSilence = timers.after(limits.silenceMs, finish);
    };
    const callOffTotal = timers.after(limits.totalMs, finish);
    let callOffSilence = timers.after(limits.silenceMs, finish);
    request.on("data", onData).on("end", finish).on("close", finish);
    response.on("close", finish);
    request.resume();
  });
}
