import type { ServerResponse } from "node:http";
import type { Clock } from "../clock.js";
import type { Exchange } from "../exchange.js";

export type Headers = Readonly<Record<string, string>>;

/** A whole answer of known length. */
export function sendWhole(exchange: Exchange, status: number, headers: Headers, body: Buffer): void {
  begin(exchange, status, { ...headers, "content-length": String(body.length) });
  exchange.response.end(body);
}

/** Promises the whole body, sends a share of it and closes the connection. */
export async function sendCut(
  exchange: Exchange,
  headers: Headers,
  body: Buffer,
  share: number,
): Promise<void> {
  begin(exchange, 200, { ...headers, "content-length": String(body.length) });
  const sent = body.subarray(0, Math.floor(body.length * share));
  if (sent.length > 0) await written(exchange.response, sent);
  else exchange.response.flushHeaders();
  closeAfterSending(exchange);
}

/** The whole body, a few bytes at a time. */
export async function sendDripping(
  exchange: Exchange,
  headers: Headers,
  body: Buffer,
  pace: { readonly bytes: number; readonly everyMs: number },
  clock: Clock,
): Promise<void> {
  begin(
    exchange,
    200,
    headers["content-type"] === eventStreamType
      ? headers
      : { ...headers, "content-length": String(body.length) },
  );
  for (let position = 0; position < body.length && !isGone(exchange); position += pace.bytes) {
    await written(exchange.response, body.subarray(position, position + pace.bytes));
    await clock.sleep(pace.everyMs);
  }
  exchange.response.end();
}

/** Events, each in a write of its own, so that a client sees each by itself. */
export async function sendEvents(
  exchange: Exchange,
  headers: Headers,
  events: readonly Buffer[],
  pauseMs: number,
  clock: Clock,
): Promise<void> {
  begin(exchange, 200, headers);
  for (const [index, event] of events.entries()) {
    if (index > 0) await clock.sleep(pauseMs);
    if (isGone(exchange)) return;
    await written(exchange.response, event);
  }
  exchange.response.end();
}

/** A share of a stream's bytes, and then the connection closes without the chunk that ends it. */
export async function sendCutEvents(
  exchange: Exchange,
  headers: Headers,
  events: readonly Buffer[],
  share: number,
): Promise<void> {
  begin(exchange, 200, headers);
  const stream = Buffer.concat(events);
  const sent = stream.subarray(0, Math.floor(stream.length * share));
  if (sent.length > 0) await written(exchange.response, sent);
  else exchange.response.flushHeaders();
  closeAfterSending(exchange);
}

export const eventStreamType = "text/event-stream; charset=utf-8";

function begin({ response, record }: Exchange, status: number, headers: Headers): void {
  record.status = status;
  response.writeHead(status, headers);
}

/** A response without a socket is not gone: it may wait for the one before it on the same connection. */
function isGone({ request, response }: Exchange): boolean {
  return response.destroyed || request.socket.destroyed;
}

/** Resolves when the bytes are handed to the operating system, or when the client is gone. */
function written(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.write(bytes, () => {
      response.off("close", resolve);
      resolve();
    });
  });
}

/** What was written arrives; then the connection ends, without a reset. */
function closeAfterSending({ request }: Exchange): void {
  request.socket.destroySoon();
}
