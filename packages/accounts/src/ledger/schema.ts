import type { Generated } from "kysely";
import type { OutcomeState } from "../journal/records.js";

/**
 * The tables of the ledger. Times are milliseconds since 1970, amounts nano-dollars, JSON is text. Rows are numbered in the
 * order in which they came; (time, number) is the order of every list.
 */
export interface LedgerTables {
  /** How far each journal is applied: entries up to here are in the other tables, in the same transaction. */
  journals: { number: Generated<number>; id: string; appliedThrough: number };
  attempts: AttemptTable;
  requests: RequestTable;
  /** What each meter of money was charged in a period: always the sum of its attempts, and of what was carried over. */
  spend: {
    meter: string;
    period: string;
    certainNanoUsd: bigint;
    uncertainNanoUsd: bigint;
    attempts: number;
  };
  dailySpend: DailySpendTable;
  /** One row: what was deleted because it was old. It stays in every sum of a meter or a day. */
  deleted: { id: number; beforeMs: number; attempts: number; costNanoUsd: bigint };
  refusals: RefusalTable;
  /** What people have settled by hand, for good. */
  corrections: CorrectionTable;
  /** What was spent elsewhere, before the ledger counted: it is in the sums of meters and days beside the attempts. */
  carriedSpend: CarriedSpendTable;
  /** Entries that cannot be applied, word for word. */
  setAside: { journal: number; sequence: number; kind: string; record: string; reason: string };
}

/**
 * What was spent on a day (UTC, by when attempts began), once for each who paid: always the sum of the attempts and of what
 * was carried over. Everybody's
 * together is that of the scope `proxy`.
 */
export interface DailySpendTable {
  /** Of the payer: `team`, `key`, `deployment`. */
  scope: string;
  /** Of the payer; empty for the proxy. */
  id: string;
  day: string;
  /** The virtual key that asked; empty for the operator's own. */
  keyId: string;
  modelGroup: string;
  /** As the upstream knows it. */
  model: string;
  provider: string;
  certainNanoUsd: bigint;
  uncertainNanoUsd: bigint;
  attempts: number;
  /** Those of the attempts whose outcome was certain when it was told. */
  succeeded: number;
  images: number;
  inputTokens: number;
  outputTokens: number;
}

export interface AttemptTable {
  number: Generated<number>;
  attemptId: string;
  /** Where its outcome came from. */
  journal: number;
  /** 0: from no entry, since the journal was lost; its entry corrects it should it come after all. */
  sequence: number;
  requestId: string;
  atMs: number;
  endedAtMs: number;
  caller: string | null;
  requestedModel: string;
  modelGroup: string;
  deploymentId: string;
  provider: string;
  model: string;
  retry: number;
  fallback: number;
  /** As answered, else as asked for; so is the quality. */
  size: string | null;
  quality: string | null;
  n: number;
  /** 0 or 1. */
  stream: number;
  inputImages: number;
  promptBytes: number;
  /** Where the operator wants prompts to be kept; nothing here shows it. */
  prompt: string | null;
  /** Of the request, where its client gave it a key: hashes, for when the same is asked again. */
  idempotencyKey: string | null;
  idempotencyFingerprint: string | null;
  /** JSON: a list of meters and periods. */
  charges: string;
  estimateNanoUsd: bigint | null;
  priceVersion: string;
  state: OutcomeState;
  costNanoUsd: bigint | null;
  /** JSON: nano-dollars, as texts, by name. */
  breakdown: string | null;
  basis: string | null;
  /** JSON: numbers by name. */
  tokens: string | null;
  images: number;
  durationMs: number;
  status: number | null;
  errorClass: string | null;
  reason: string | null;
  upstreamRequestId: string | null;
  /** How often it was corrected. */
  revision: number;
}

/** `running`: only attempts of it are known so far. `interrupted`: so it will stay, since its gateway has ended. */
export type RequestState = "running" | "ended" | "interrupted";

export interface RequestTable {
  number: Generated<number>;
  requestId: string;
  state: RequestState;
  startedAtMs: number;
  endedAtMs: number | null;
  caller: string | null;
  route: string | null;
  requestedModel: string;
  modelGroup: string | null;
  deploymentId: string | null;
  status: number | null;
  attempts: number;
  retries: number;
  fallbacks: number;
  waitedMs: number | null;
  waitedFor: string | null;
  upstreamMs: number | null;
  requestBytes: number | null;
  answerBytes: number | null;
  images: number;
  costNanoUsd: bigint | null;
  error: string | null;
  replayOf: string | null;
}

export interface RefusalTable {
  journal: number;
  sequence: number;
  caller: string;
  route: string;
  status: number;
  code: string;
  count: number;
  fromMs: number;
  toMs: number;
}

export interface CorrectionTable {
  attemptId: string;
  revision: number;
  journal: number;
  sequence: number;
  atMs: number;
  costNanoUsd: bigint;
  differenceNanoUsd: bigint;
  settledBy: string;
  note: string;
}

export interface CarriedSpendTable {
  source: string;
  meter: string;
  period: string;
  nanoUsd: bigint;
  atMs: number;
  carriedBy: string;
  journal: number;
  sequence: number;
}
