/**
 * A request refused in OpenAI's words.
 * `source` tells how we know: `spec` (OpenAI's OpenAPI document), `recorded` (a real answer, quoted in a public
 * thread that is named beside it) or `assumed` (OpenAI's manner of speaking, or memory).
 */
export interface Refusal {
  readonly source: "spec" | "recorded" | "assumed";
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly message: string;
}

/** Thrown by the checks, caught once where a request is answered. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}
