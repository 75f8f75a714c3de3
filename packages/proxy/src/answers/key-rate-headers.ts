import type { RateLeft } from "../budgets/edit-account.js";
import type { HeaderList } from "./answer-headers.js";

/** What is left of the key's rates, in LiteLLM's headers: those of a model have its name. */
export function keyRateHeaders(rates: readonly RateLeft[]): HeaderList {
  return rates.flatMap(({ of, model, limit, left }) =>
    model === undefined
      ? [`x-ratelimit-limit-${of}`, String(limit), `x-ratelimit-remaining-${of}`, String(left)]
      : [`x-litellm-key-remaining-${of}-${encodeURIComponent(model)}`, String(left)],
  );
}
