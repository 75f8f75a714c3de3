import type { Exchange } from "../exchange.js";
import type { Services } from "../services.js";
import type { Headers } from "./send.js";

/** The headers that OpenAI sends with every answer, errors included. */
export function answerHeaders(
  exchange: Exchange,
  services: Services,
  contentType = "application/json",
): Headers {
  const { organization } = exchange.record;
  return {
    "content-type": contentType,
    "x-request-id": exchange.requestId,
    "openai-processing-ms": String(Math.max(0, services.clock.now() - exchange.startedAtMs)),
    "openai-version": "2020-10-01",
    ...(organization === null
      ? {}
      : { "openai-organization": organization, ...services.rateLimits.headers(organization) }),
  };
}
