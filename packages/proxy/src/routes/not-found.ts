import type { RequestHandler } from "express";
import { GatewayError } from "../errors.js";

const served =
  "POST /v1/images/edits, /images/edits, /openai/deployments/{model}/images/edits; " +
  "GET /v1/models, /models, /v1/images/files/{name}, /quota, /ledger/sum, /health/liveliness, /health/readiness, /metrics, /; " +
  "POST /ledger/settle; and what stands in /openapi.json";

/** What Darkroom does not serve is told so, with what it does. */
export const notFound: RequestHandler = (request) => {
  throw new GatewayError({
    status: 404,
    type: "invalid_request_error",
    code: "unknown_route",
    message: `Darkroom does not serve ${request.method} ${request.path}. It serves ${served}.`,
  });
};
