import type {
  AttemptTable,
  CarriedSpendTable,
  CorrectionTable,
  RefusalTable,
  RequestTable,
} from "../schema.js";
import { Fields, UnreadableEntryError } from "./fields.js";

/** An entry as it stands in the journal. */
export interface JournalEntry {
  readonly sequence: number;
  readonly kind: string;
  /** JSON. */
  readonly record: string;
}

type Unnumbered<Table> = Omit<Table, "number" | "journal" | "sequence">;

/** What an entry makes of the ledger. */
export type Change =
  | {
      readonly kind: "attempt";
      readonly attempt: AttemptChange;
      readonly charges: readonly ChargedMeter[];
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  | { readonly kind: "request"; readonly request: Unnumbered<RequestTable> }
  | { readonly kind: "refusals"; readonly refusals: Unnumbered<RefusalTable> }
  | { readonly kind: "correction"; readonly correction: Unnumbered<CorrectionTable> }
  | { readonly kind: "carried"; readonly carried: Unnumbered<CarriedSpendTable> };

export type AttemptChange = Unnumbered<AttemptTable>;

export interface ChargedMeter {
  readonly meter: string;
  readonly period: string;
}

/** @throws UnreadableEntryError with the field that is not as it must be; its value is not told */
export function readEntry({ kind, record }: JournalEntry): Change {
  const fields = new Fields(parsed(record), kind);
  switch (kind) {
    case "outcome":
    case "recovered":
      return readAttempt(fields.object("intent"), fields.object("outcome"));
    case "request":
      return { kind, request: readRequest(fields) };
    case "refusals":
      return { kind, refusals: readRefusals(fields) };
    case "correction":
      return { kind, correction: readCorrection(fields) };
    case "carried":
      return { kind, carried: readCarried(fields) };
    default:
      throw new UnreadableEntryError(`'${kind}' is no kind of entry that is known here`);
  }
}

function parsed(record: string): unknown {
  try {
    return JSON.parse(record);
  } catch {
    // The parser's own message would show a part of the record.
    throw new UnreadableEntryError("the record is not JSON");
  }
}

function readAttempt(intent: Fields, outcome: Fields): Change {
  const attemptId = intent.id("attemptId");
  if (outcome.id("attemptId") !== attemptId)
    throw new UnreadableEntryError("outcome.attemptId is not that of the intent");
  const charges = intent
    .list("charges")
    .map((charge) => ({ meter: charge.text("meter"), period: charge.text("period") }));
  const idempotency = intent.optionalObject("idempotency");
  const tokens = countsOf(outcome.optionalObject("tokens"));
  const attempt = {
    attemptId,
    requestId: intent.id("requestId"),
    atMs: intent.milliseconds("atMs"),
    endedAtMs: outcome.milliseconds("atMs"),
    caller: intent.optionalText("caller"),
    requestedModel: intent.text("requestedModel"),
    modelGroup: intent.text("group"),
    deploymentId: intent.text("deploymentId"),
    provider: intent.text("provider"),
    model: intent.text("model"),
    retry: intent.count("retry"),
    fallback: intent.count("fallback"),
    size: outcome.optionalText("size") ?? intent.optionalText("size"),
    quality: outcome.optionalText("quality") ?? intent.optionalText("quality"),
    n: intent.count("n"),
    stream: Number(intent.flag("stream")),
    inputImages: intent.count("inputImages"),
    promptBytes: intent.count("promptBytes"),
    prompt: intent.optionalText("prompt"),
    idempotencyKey: idempotency?.text("key") ?? null,
    idempotencyFingerprint: idempotency?.text("fingerprint") ?? null,
    charges: JSON.stringify(charges),
    estimateNanoUsd: intent.amountOrNull("estimateNanoUsd"),
    priceVersion: intent.text("priceVersion"),
    state: outcome.oneOf("state", ["certain", "uncertain", "failed"]),
    costNanoUsd: outcome.amountOrNull("costNanoUsd"),
    breakdown: amountsAsJson(outcome.optionalObject("breakdown")),
    basis: outcome.optionalText("basis"),
    tokens: tokens && JSON.stringify(tokens),
    images: outcome.count("images"),
    durationMs: outcome.milliseconds("durationMs"),
    status: outcome.optionalCount("status"),
    errorClass: outcome.optionalText("errorClass"),
    reason: outcome.optionalText("reason"),
    upstreamRequestId: outcome.optionalText("upstreamRequestId"),
    revision: 0,
  };
  const inputTokens = sumOf(tokens, "Input");
  return { kind: "attempt", attempt, charges, inputTokens, outputTokens: sumOf(tokens, "Output") };
}

function readRequest(fields: Fields): Unnumbered<RequestTable> {
  return {
    requestId: fields.id("requestId"),
    state: "ended",
    startedAtMs: fields.milliseconds("startedAtMs"),
    endedAtMs: fields.milliseconds("endedAtMs"),
    caller: fields.optionalText("caller"),
    route: fields.text("route"),
    requestedModel: fields.text("requestedModel"),
    modelGroup: fields.optionalText("group"),
    deploymentId: fields.optionalText("deploymentId"),
    status: fields.count("status"),
    attempts: fields.count("attempts"),
    retries: fields.count("retries"),
    fallbacks: fields.count("fallbacks"),
    waitedMs: fields.milliseconds("waitedMs"),
    waitedFor: fields.optionalText("waitedFor"),
    upstreamMs: fields.milliseconds("upstreamMs"),
    requestBytes: fields.count("requestBytes"),
    answerBytes: fields.count("answerBytes"),
    images: fields.count("images"),
    costNanoUsd: fields.amountOrNull("costNanoUsd"),
    error: fields.optionalText("error"),
    replayOf: fields.optionalText("replayOf"),
  };
}

function readRefusals(fields: Fields): Unnumbered<RefusalTable> {
  return {
    caller: fields.text("caller"),
    route: fields.text("route"),
    status: fields.count("status"),
    code: fields.text("code"),
    count: fields.count("count"),
    fromMs: fields.milliseconds("fromMs"),
    toMs: fields.milliseconds("toMs"),
  };
}

function readCorrection(fields: Fields): Unnumbered<CorrectionTable> {
  return {
    attemptId: fields.id("attemptId"),
    revision: fields.count("revision"),
    atMs: fields.milliseconds("atMs"),
    costNanoUsd: fields.amount("costNanoUsd"),
    differenceNanoUsd: fields.signedAmount("differenceNanoUsd"),
    settledBy: fields.text("by"),
    note: fields.text("note"),
  };
}

function readCarried(fields: Fields): Unnumbered<CarriedSpendTable> {
  return {
    source: fields.id("source"),
    meter: fields.id("meter"),
    period: fields.id("period"),
    nanoUsd: fields.amount("nanoUsd"),
    atMs: fields.milliseconds("atMs"),
    carriedBy: fields.text("by"),
  };
}

function amountsAsJson(fields: Fields | undefined): string | null {
  if (fields === undefined) return null;
  return JSON.stringify(Object.fromEntries(fields.names.map((name) => [name, String(fields.amount(name))])));
}

function countsOf(fields: Fields | undefined): Readonly<Record<string, number>> | null {
  return fields === undefined
    ? null
    : Object.fromEntries(fields.names.map((name) => [name, fields.count(name)]));
}

/** @param end of the kinds that are meant: `textInput` and `cachedImageInput` are input */
function sumOf(tokens: Readonly<Record<string, number>> | null, end: string): number {
  let sum = 0;
  for (const kind in tokens) if (kind.endsWith(end)) sum += tokens[kind] ?? 0;
  return sum;
}
