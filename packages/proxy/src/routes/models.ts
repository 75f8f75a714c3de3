import type { Router } from "@darkroom/router";
import type { RequestHandler } from "express";

/** The time LiteLLM gives for every model: clients expect a number and none is known. */
const createdSeconds = 1_677_610_602;

/** `GET /v1/models`: what clients may ask for, groups and their aliases, in the form of OpenAI's list. */
export function listModels(router: Router): RequestHandler {
  return (_request, response) => {
    response.json({
      object: "list",
      data: router.modelNames.map((id) => ({
        id,
        object: "model",
        created: createdSeconds,
        owned_by: "openai",
      })),
    });
  };
}
