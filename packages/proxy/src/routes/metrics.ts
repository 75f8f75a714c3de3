import type { RequestHandler } from "express";
import type { Metrics } from "../observability/metrics.js";

/** `GET /metrics`, in Prometheus' text format. */
export function exposeMetrics({ registry }: Metrics): RequestHandler {
  return async (_request, response) => {
    const text = await registry.metrics();
    response.type(registry.contentType).send(text);
  };
}
