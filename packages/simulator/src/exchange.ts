import type { IncomingMessage, ServerResponse } from "node:http";
import type { RecordedRequest } from "./record.js";

/** Whose key a request carries. */
export interface Account {
  readonly key: string;
  readonly organization: string;
}

/** One request and the answer to it, on their way through the simulator. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  /** Whose manner of answering is simulated. */
  readonly service: "openai" | "azure";
  readonly requestId: string;
  /** Milliseconds since the Unix epoch, when the headers had arrived. */
  readonly startedAtMs: number;
  /** What the record says of it; kept up to date as the request goes on. */
  readonly record: RecordedRequest;
}

/** Resets the TCP connection (RST), as a crashed server or a broken network does. */
export function resetConnection({ request }: Exchange): void {
  request.socket.resetAndDestroy();
}
