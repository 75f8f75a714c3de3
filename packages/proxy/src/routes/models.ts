import { type ModelNames, mayUseModel } from "@darkroom/accounts";
import type { Router } from "@darkroom/router";
import type { RequestHandler } from "express";
import { principalOf } from "../access/identify.js";

/** The time LiteLLM gives for every model: clients expect a number and none is known. */
const createdSeconds = 1_677_610_602;

/** `GET /v1/models`: what whoever asks may ask for, groups and their aliases, in the form of OpenAI's list. */
export function listModels(router: Router, names: ModelNames): RequestHandler {
  return (_request, response) => {
    const { account } = principalOf(response);
    response.json({
      object: "list",
      data: router.modelNames
        .filter((model) => mayUseModel(account, model, names))
        .map((id) => ({
          id,
          object: "model",
          created: createdSeconds,
          owned_by: "openai",
        })),
    });
  };
}
