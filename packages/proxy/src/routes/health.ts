import type { RequestHandler } from "express";

/** `GET /health/liveliness`: the process answers. The text is LiteLLM's, for probes that compare it. */
export const liveliness: RequestHandler = (_request, response) => {
  response.json("I'm alive!");
};

/** `GET /health/readiness`: whether new requests should be sent here. */
export function readiness(isDraining: () => boolean): RequestHandler {
  return (_request, response) => {
    if (isDraining()) response.status(503).json({ status: "draining" });
    else response.json({ status: "healthy" });
  };
}
