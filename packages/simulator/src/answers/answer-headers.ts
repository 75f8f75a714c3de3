import type { Exchange } from "../exchange.js";
import type { Services } from "../services.js";
import type { Headers } from "./send.js";

/** The headers that OpenAI, or Azure, sends with every answer, errors included. */
export function answerHeaders(
  exchange: Exchange,
  services: Services,
  contentType = "application/json",
): Headers {
  const { organization, model } = exchange.record;
  const limits = organization === null ? {} : services.rateLimits.headers(organization, model);
  if (exchange.service === "azure") {
    return {
      "content-type": contentType,
      "apim-request-id": exchange.requestId,
      // Of the service behind the gateway, which has not been asked as long as nobody knows who asks.
      ...(organization === null ? {} : { "x-request-id": exchange.requestId }),
      ...limits,
    };
  }
  return {
    "content-type": contentType,
    "x-request-id": exchange.requestId,
    "openai-processing-ms": String(Math.max(0, Math.round(services.clock.now() - exchange.startedAtMs))),
    "openai-version": "2020-10-01",
    ...(organization === null ? {} : { "openai-organization": organization, ...limits }),
  };
}
