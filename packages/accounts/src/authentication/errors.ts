export type Refusal =
  /** No key was shown. */
  | { readonly kind: "missing" }
  /** What was shown cannot be a key. */
  | { readonly kind: "malformed" }
  | { readonly kind: "unknown" }
  | { readonly kind: "expired"; readonly expiredAtMs: number; readonly nowMs: number }
  | { readonly kind: "blocked" }
  | { readonly kind: "team blocked"; readonly teamId: string }
  /** It names a team that is gone: nobody could be charged. */
  | { readonly kind: "team gone"; readonly teamId: string }
  /** Whether there is such a key cannot be found out now. */
  | { readonly kind: "unavailable" };

/** Who asks is not known, or may not ask. Nothing of it tells the key. */
export class AuthenticationError extends Error {
  override readonly name = "AuthenticationError";

  constructor(readonly refusal: Refusal) {
    super(`authentication failed: ${refusal.kind}`);
  }
}

/** A key, its team or its user may not use the model. */
export class ModelAccessError extends Error {
  override readonly name = "ModelAccessError";

  constructor(
    readonly scope: "key" | "team" | "user",
    readonly model: string,
    /** What it may use instead; nothing: no model at all. */
    readonly allowed: readonly string[],
  ) {
    super(`the ${scope} may not use model '${model}'`);
  }
}
