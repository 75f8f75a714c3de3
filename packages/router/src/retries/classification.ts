import type { Failure } from "./failure.js";

/** LiteLLM's names for kinds of errors; `retry_policy` and `allowed_fails_policy` speak of most of them. */
export type ErrorClass =
  | "APIConnectionError"
  | "APIError"
  | "AuthenticationError"
  | "BadGatewayError"
  | "BadRequestError"
  | "ContentPolicyViolationError"
  | "InternalServerError"
  | "NotFoundError"
  | "PermissionDeniedError"
  | "RateLimitError"
  | "ServiceUnavailableError"
  | "TimeoutError";

/**
 * Where the request may go on.
 * - `anywhere`: another deployment of the group; when all were called, the same again after a while; then the fallbacks
 * - `elsewhere`: another deployment of the group, never the same again; then the fallbacks
 * - `fall back`: no deployment of this group, only the fallbacks
 * - `give up`: nowhere
 */
export type Next = "anywhere" | "elsewhere" | "fall back" | "give up";

/**
 * What the failure means for the deployment.
 * - `never`: nothing: it is the request's fault
 * - `counted`: a failure, and enough of them take it out
 * - `as asked`: no traffic for as long as `retry-after` says, at once; counted where it says nothing
 * - `short`: no traffic for as long as `retry-after` says, else for the group's cooldown, at once
 * - `long`: its key, its account or its model is no good: no traffic for minutes, at once
 */
export type CooldownRule = "never" | "counted" | "as asked" | "short" | "long";

/** What a failed attempt means for the request, for the deployment, and for the bill. */
export interface Verdict {
  readonly errorClass: ErrorClass;
  readonly next: Next;
  readonly cooldown: CooldownRule;
  /** Whether the upstream has charged it. */
  readonly billed: "no" | "maybe" | "certain";
  /** The whole request was sent and nothing says what became of it: another attempt may pay a second time. */
  readonly ambiguous?: true;
}

// ── What a failure may mean ────────────────────────────────────────────────────────────────────────────────────────────

const callersFault: Verdict = {
  errorClass: "BadRequestError",
  next: "give up",
  cooldown: "never",
  billed: "no",
};
/** Another model may have other rules; another key of the same one has not. */
const refusedContent: Verdict = {
  errorClass: "ContentPolicyViolationError",
  next: "fall back",
  cooldown: "never",
  billed: "no",
};
const badKey: Verdict = {
  errorClass: "AuthenticationError",
  next: "elsewhere",
  cooldown: "long",
  billed: "no",
};
/** Not waiting helps, but paying. */
const noMoney: Verdict = { errorClass: "RateLimitError", next: "elsewhere", cooldown: "long", billed: "no" };
const forbidden: Verdict = {
  errorClass: "PermissionDeniedError",
  next: "elsewhere",
  cooldown: "long",
  billed: "no",
};
const noSuchModel: Verdict = {
  errorClass: "NotFoundError",
  next: "elsewhere",
  cooldown: "long",
  billed: "no",
};
const rateLimited: Verdict = {
  errorClass: "RateLimitError",
  next: "anywhere",
  cooldown: "short",
  billed: "no",
};
const overloaded: Verdict = {
  errorClass: "ServiceUnavailableError",
  next: "anywhere",
  cooldown: "as asked",
  billed: "maybe",
};
const serverFault: Verdict = {
  errorClass: "InternalServerError",
  next: "anywhere",
  cooldown: "counted",
  billed: "maybe",
};

/** No deployment of the group could be called. */
const noneCalled: Verdict = {
  errorClass: "RateLimitError",
  next: "fall back",
  cooldown: "never",
  billed: "no",
};

// ── The table: the error's code, else its type, else the status, else what became of the connection ──────────────────────

/** `error.code`, of OpenAI and of Azure. */
const byCode: ReadonlyMap<string, Verdict> = new Map([
  ["moderation_blocked", refusedContent],
  ["content_policy_violation", refusedContent],
  ["contentFilter", refusedContent],
  ["content_filter", refusedContent],
  ["ResponsibleAIPolicyViolation", refusedContent],
  ["insufficient_quota", noMoney],
  ["credit_balance_exhausted", noMoney],
  // The images API says so with status 400.
  ["billing_hard_limit_reached", noMoney],
  ["invalid_api_key", badKey],
  ["account_deactivated", badKey],
  ["unsupported_country_region_territory", forbidden],
  // Azure blocks a whole resource for a while, after many refusals of its content filter.
  ["Forbidden", forbidden],
  ["model_not_found", noSuchModel],
  ["DeploymentNotFound", noSuchModel],
  ["OperationNotSupported", noSuchModel],
  ["404", noSuchModel],
  ["rate_limit_exceeded", rateLimited],
  ["slow_down", rateLimited],
  ["server_is_overloaded", overloaded],
]);

/** `error.type`, where its code says nothing. */
const byType: ReadonlyMap<string, Verdict> = new Map([
  ["image_generation_user_error", callersFault],
  ["insufficient_quota", noMoney],
  ["billing_limit_user_error", noMoney],
  // Another gateway's key has spent what it may.
  ["budget_exceeded", noMoney],
  ["rate_limit_error", rateLimited],
  ["service_unavailable_error", overloaded],
  ["overloaded_error", overloaded],
]);

/** The status, where the error says nothing of itself. Others from 400 on are the caller's fault, from 500 on the server's. */
const byStatus: ReadonlyMap<number, Verdict> = new Map([
  [401, badKey],
  [402, noMoney],
  [403, forbidden],
  // Nothing is there: a wrong base address, or a model by whatever name. Counted only, since it may be a file's id as well.
  [404, { ...noSuchModel, cooldown: "counted" }],
  [408, { errorClass: "TimeoutError", next: "anywhere", cooldown: "counted", billed: "no" }],
  [409, { errorClass: "APIError", next: "anywhere", cooldown: "counted", billed: "no" }],
  [429, rateLimited],
  [502, { ...serverFault, errorClass: "BadGatewayError" }],
  [503, overloaded],
  [504, { ...serverFault, errorClass: "TimeoutError" }],
  [529, overloaded],
]);

/** The status of an error with a code that is not above, or with a `param`: it tells the caller what is wrong. */
const byStatusOfToldError: ReadonlyMap<number, Verdict> = new Map([[404, callersFault]]);

/** The status of an answer without an error, such as a page of a proxy on the way: what it refused may be this one request. */
const byStatusWithoutError: ReadonlyMap<number, Verdict> = new Map([
  [403, { ...forbidden, cooldown: "counted" }],
]);

/** What became of a call that brought no complete answer. */
const byTransport: Readonly<Record<Exclude<Failure["kind"], "answer">, Verdict>> = {
  // Refused, no such host, or broken before all was sent: nobody works at it.
  connection: { errorClass: "APIConnectionError", next: "anywhere", cooldown: "counted", billed: "no" },
  cut: {
    errorClass: "APIConnectionError",
    next: "anywhere",
    cooldown: "counted",
    billed: "maybe",
    ambiguous: true,
  },
  timeout: {
    errorClass: "TimeoutError",
    next: "elsewhere",
    cooldown: "counted",
    billed: "maybe",
    ambiguous: true,
  },
  // Another call would bring, and cost, as much again.
  "too large": { errorClass: "APIError", next: "give up", cooldown: "never", billed: "certain" },
  "client gone": {
    errorClass: "APIError",
    next: "give up",
    cooldown: "never",
    billed: "maybe",
    ambiguous: true,
  },
  cooling: noneCalled,
  full: noneCalled,
  denied: noneCalled,
  // What other groups have left is not known either.
  "limits unavailable": { ...noneCalled, errorClass: "ServiceUnavailableError", next: "give up" },
};
const timeoutBeforeAllWasSent: Verdict = {
  errorClass: "TimeoutError",
  next: "anywhere",
  cooldown: "counted",
  billed: "no",
};
const goneBeforeAllWasSent: Verdict = {
  errorClass: "APIError",
  next: "give up",
  cooldown: "never",
  billed: "no",
};

/** What a failure means: the one place that says so. */
export function classify(failure: Failure): Verdict {
  if (failure.kind === "answer") {
    const verdict = verdictOnAnswer(failure);
    const known = failure.bodySent ? verdict : { ...verdict, billed: "no" as const };
    return asUpstreamWishes(known, failure.head.headers["x-should-retry"]?.toString());
  }
  if (failure.kind === "denied" && failure.isFinal) return { ...noneCalled, next: "give up" };
  if (failure.kind === "timeout" && !failure.bodySent) return timeoutBeforeAllWasSent;
  if (failure.kind === "client gone" && !failure.bodySent) return goneBeforeAllWasSent;
  return byTransport[failure.kind];
}

function verdictOnAnswer({ head: { status }, error }: Failure & { kind: "answer" }): Verdict {
  const { code, type, param } = wordsOf(error);
  const known = byCode.get(code) ?? byType.get(type);
  if (known !== undefined) return known;
  const byStatusAlone = byStatus.get(status) ?? (status >= 500 ? serverFault : callersFault);
  if (code !== "" || param !== "") return byStatusOfToldError.get(status) ?? byStatusAlone;
  return (type === "" ? byStatusWithoutError.get(status) : undefined) ?? byStatusAlone;
}

/** OpenAI's clients obey this header before they look at the status, and so do we; a bad key stays one. */
function asUpstreamWishes(verdict: Verdict, shouldRetry: string | undefined): Verdict {
  if (shouldRetry === "false" && verdict.next === "anywhere") return { ...verdict, next: "elsewhere" };
  if (shouldRetry === "true" && verdict.next === "give up") return { ...verdict, next: "anywhere" };
  return verdict;
}

interface Words {
  readonly code: string;
  readonly type: string;
  readonly param: string;
}

/** What an error's object says of itself; empty where it says nothing. Some servers write the code as a number. */
function wordsOf(error: unknown): Words {
  if (typeof error !== "object" || error === null) return { code: "", type: "", param: "" };
  const { code, type, param } = error as Partial<Record<keyof Words, unknown>>;
  return {
    code: typeof code === "number" ? String(code) : textOf(code),
    type: textOf(type),
    param: textOf(param),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
