import { formatUsd } from "@darkroom/cost-calculator";
import type { RequestHandler } from "express";
import type { LimitsStore } from "../limits/limits-store.js";
import type { Books } from "../books/books.js";

/** `GET /health/liveliness`: the process answers. The text is LiteLLM's, for probes that compare it. */
export const liveliness: RequestHandler = (_request, response) => {
  response.json("I'm alive!");
};

/**
 * `GET /health/readiness`: whether new requests should be sent here. With it what the journal does, how far the ledger is behind it, whether limits are
 * shared as they should be, and the dollars that upstreams may have charged and nobody knows.
 */
export function readiness(isDraining: () => boolean, books: Books, limits: LimitsStore): RequestHandler {
  return (_request, response) => {
    const { state, uncertainNanoUsd } = books;
    const status = isDraining() ? "draining" : books.areOpen ? "healthy" : "journal stopped";
    response.status(status === "healthy" ? 200 : 503).json({
      status,
      // As LiteLLM says it.
      db: books.ledger.state.kind === "applying" ? "connected" : "Not connected",
      cache: limits.peers === undefined ? null : "redis",
      journal: state.name,
      ...(state.name === "stopped" && { reason: state.reason }),
      ledger: books.ledger.state.kind,
      ledger_lag_entries: books.ledger.lagEntries,
      limits: limits.state.kind,
      ...(limits.state.kind === "degraded" && { limits_reason: limits.state.reason }),
      uncertain_usd: formatUsd(uncertainNanoUsd),
    });
  };
}
