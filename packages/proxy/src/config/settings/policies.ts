import type { ErrorClass } from "@darkroom/router";
import { z } from "zod";
import { optional, wholeNumberFrom } from "./expected.js";

/*
 * LiteLLM's settings by class of error: `retry_policy` and `allowed_fails_policy` name a class as it does, with `Retries` or
 * `AllowedFails` behind it.
 */

/** The classes that `retry_policy` may name; LiteLLM retries the others `num_retries` times. */
const retriedClasses = [
  "AuthenticationError",
  "BadRequestError",
  "ContentPolicyViolationError",
  "InternalServerError",
  "RateLimitError",
  "TimeoutError",
] as const satisfies readonly ErrorClass[];

const countedClasses = [
  ...retriedClasses,
  "BadGatewayError",
  "NotFoundError",
  "ServiceUnavailableError",
] as const satisfies readonly ErrorClass[];

const count = wholeNumberFrom(0);

function policy<Class extends ErrorClass>(classes: readonly Class[], ending: string) {
  const names = new Map(classes.map((errorClass) => [`${errorClass}${ending}`, errorClass]));
  const shape = Object.fromEntries([...names.keys()].map((name) => [name, optional(count)]));
  const keys = [...names.keys()].join(", ");
  return z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === "unrecognized_keys"
          ? `${issue.keys.join(", ")} is not known there; expected no other settings than ${keys}`
          : "expected a map of settings",
    })
    .transform((written) => {
      const entries = Object.entries(written).filter(([, value]) => value !== undefined);
      return Object.fromEntries(entries.map(([name, value]) => [names.get(name), value])) as Partial<
        Record<Class, number>
      >;
    });
}

export const retryPolicy = policy(retriedClasses, "Retries");
export const allowedFailsPolicy = policy(countedClasses, "AllowedFails");
export const groupRetryPolicies = z.record(z.string(), retryPolicy, {
  error: "expected a map of model groups to their policies",
});
