import type { ErrorClass } from "./classification.js";

/** Further attempts by what went wrong (`retry_policy`). */
export type RetryPolicy = Partial<Readonly<Record<ErrorClass, number>>>;

/** Who may say how often a request is tried again in a group; the first one who does counts, as in LiteLLM. */
export interface RetrySources {
  readonly request: number | undefined;
  readonly deployment: number | undefined;
  /** Of the group, else of the router. */
  readonly policy: RetryPolicy | undefined;
  readonly router: number;
}

export interface RetryLimit {
  /** Attempts after the first one in the group. */
  readonly retries: number;
  /** A policy names the error's class: then it is retried, whatever else holds for that class. */
  readonly byPolicy: boolean;
}

export function retryLimit(sources: RetrySources, errorClass: ErrorClass): RetryLimit {
  const { request, deployment, policy, router } = sources;
  const own = request ?? deployment;
  if (own !== undefined) return { retries: own, byPolicy: false };
  const ofClass = policy?.[errorClass];
  return ofClass === undefined
    ? { retries: router, byPolicy: false }
    : { retries: ofClass, byPolicy: ofClass > 0 };
}
