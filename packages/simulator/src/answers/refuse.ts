import type { Exchange } from "../exchange.js";
import type { Excess, Resource } from "../rate-limits.js";
import type { Services } from "../services.js";
import type { Refusal } from "../validation/refusal.js";
import { answerHeaders } from "./answer-headers.js";
import { azureErrorBody, errorBody } from "./error-body.js";
import { type Headers, sendWhole } from "./send.js";

/** Answers with OpenAI's envelope, or with Azure's. */
export function refuse(
  exchange: Exchange,
  services: Services,
  refusal: Omit<Refusal, "source">,
  headers: Headers = {},
): void {
  sendWhole(
    exchange,
    refusal.status,
    { ...answerHeaders(exchange, services), ...headers },
    exchange.service === "azure" ? azureErrorBody(refusal) : errorBody(refusal),
  );
}

/** The unit of each limit as OpenAI's messages name it; those of images and of parallel requests, and their types, are assumed. */
const spoken: Readonly<Record<Resource, { readonly type: string; readonly unit: string }>> = {
  requests: { type: "requests", unit: "requests per min (RPM)" },
  images: { type: "images", unit: "images per min (IPM)" },
  "input-images": { type: "input-images", unit: "input images per min" },
  "parallel requests": { type: "requests", unit: "concurrent requests" },
  tokens: { type: "tokens", unit: "tokens per min (TPM)" },
};

/** 429, with the time after which the same request would fit. */
export function refuseForRate(exchange: Exchange, services: Services, excess: Excess): void {
  const { type, unit } = spoken[excess.resource];
  const seconds = excess.retryAfterMs / 1000;
  // recorded: Azure's code is the status.
  const code = exchange.service === "azure" ? "429" : "rate_limit_exceeded";
  refuse(
    exchange,
    services,
    {
      status: 429,
      type,
      code,
      param: null,
      message: `Rate limit reached in organization ${exchange.record.organization ?? ""} on ${unit}: Limit ${excess.limit}, Used ${excess.used}, Requested ${excess.requested}. Please try again in ${seconds}s.`,
    },
    { "retry-after": String(Math.ceil(seconds)), "retry-after-ms": String(excess.retryAfterMs) },
  );
}
