import { refuse } from "../answers/refuse.js";
import { type Exchange, resetConnection } from "../exchange.js";
import { readBody } from "../request-body.js";
import type { Services } from "../services.js";
import type { Fault } from "./fault.js";

/** Faults that strike when only the headers are there. */
export async function breakBeforeBody(exchange: Exchange, services: Services, fault: Fault): Promise<void> {
  exchange.record.fault = fault.kind;
  if (fault.kind === "status") return refuse(exchange, services, fault, fault.headers);
  if (fault.kind === "reset" && fault.when === "during") {
    // Of a chunked body nobody knows the half: its first bytes will do.
    const stopAfterBytes = Math.max(1, Math.floor((exchange.record.contentLength ?? 0) / 2));
    const read = await readBody(exchange.request, { maximumBytes: Number.POSITIVE_INFINITY, stopAfterBytes });
    exchange.record.bodyLength =
      read.outcome === "stopped" || read.outcome === "aborted" ? read.readBytes : 0;
  }
  resetConnection(exchange);
}

/** Faults that leave nothing of the answer. */
type FaultInsteadOfAnswer = Extract<Fault, { kind: "status" | "hang" | "reset" }>;

export function isInsteadOfAnswer(fault: Fault): fault is FaultInsteadOfAnswer {
  return fault.kind === "status" || fault.kind === "hang" || fault.kind === "reset";
}

export function breakInsteadOfAnswer(
  exchange: Exchange,
  services: Services,
  fault: FaultInsteadOfAnswer,
): void {
  if (fault.kind === "status") refuse(exchange, services, fault, fault.headers);
  if (fault.kind === "reset") resetConnection(exchange);
  // A hang answers nothing, for as long as the client keeps the connection.
}
