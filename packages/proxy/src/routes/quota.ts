import type { Router } from "@darkroom/router";
import type { RequestHandler } from "express";
import { quotaAnswer } from "../quota/quota-answer.js";

/** `GET /quota`: what is used of every limit of the upstreams, what is left alone until when, and who waits. */
export function quota(router: Router): RequestHandler {
  return async (_request, response) => {
    response.json(quotaAnswer(await router.limits()));
  };
}
