import type { Principal } from "@darkroom/accounts";
import type { RequestHandler, Response } from "express";
import { GatewayError } from "../errors.js";
import type { Accounts } from "./accounts.js";

/** Finds out who asks, or refuses; see {@link principalOf}. */
export function identify(accounts: Accounts): RequestHandler {
  return (request, response, next) => {
    const found = accounts.identify(request.headers);
    // Most are known already. To wait for them all the same would cost each request a turn.
    if (!(found instanceof Promise)) {
      response.locals["principal"] = found;
      return next();
    }
    return found.then((principal) => {
      response.locals["principal"] = principal;
      next();
    });
  };
}

/** Who asks, once {@link identify} has found out. */
export function principalOf(response: Response): Principal {
  return response.locals["principal"] as Principal;
}

/** Who may call a route: those who may change everything, those who may see everything, everybody who has a key. */
export type Audience = "admins" | "viewers" | "everybody";

/** Lets pass whoever may. */
export function only(audience: Audience): RequestHandler {
  return (request, response, next) => {
    checkAudience(principalOf(response), audience, request.baseUrl + request.path);
    next();
  };
}

/** @throws GatewayError with status 403 */
export function checkAudience({ role }: Principal, audience: Audience, path: string): void {
  if (audience === "everybody" || role === "admin" || (audience === "viewers" && role === "viewer")) return;
  throw new GatewayError({
    status: 403,
    type: "auth_error",
    code: "403",
    message:
      audience === "admins" && role === "viewer"
        ? `This key may look at everything and change nothing: ${path} is for admins.`
        : `This key may not use ${path}: it is for admins of the gateway.`,
  });
}
