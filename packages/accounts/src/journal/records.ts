/** A meter of money that an attempt is charged to, and the period of it. Whose it is, is not known here. */
export interface Charge {
  readonly meter: string;
  readonly period: string;
}

/** An attempt that is about to be sent: what stands for it should nothing more be heard of it. Money in nano-dollars. */
export interface IntentRecord {
  /** Unique; sorts by time (UUID version 7). */
  readonly attemptId: string;
  readonly requestId: string;
  /** Milliseconds since 1970, as every time in a record. */
  readonly atMs: number;
  /** Who asked, in whatever form identifies a caller without being a secret. */
  readonly caller?: string;
  readonly requestedModel: string;
  readonly group: string;
  readonly deploymentId: string;
  readonly provider: string;
  /** As the upstream knows it. */
  readonly model: string;
  /** 0 for the first attempt in a group. */
  readonly retry: number;
  /** 0 in the group that was asked for. */
  readonly fallback: number;
  readonly size?: string;
  readonly quality?: string;
  /** Images asked for. */
  readonly n: number;
  readonly stream: boolean;
  readonly inputImages: number;
  readonly promptBytes: number;
  /** Only where the operator wants prompts to be kept. */
  readonly prompt?: string;
  /** Each is charged the whole amount. */
  readonly charges: readonly Charge[];
  /** The most that it may cost; null where no price is known. */
  readonly estimateNanoUsd: bigint | null;
  /** Of the prices that it is reckoned with. */
  readonly priceVersion: string;
  /** Where the client gave a key: its hash, and that of the body. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
}

/** `certain`: the upstream charged just this. `uncertain`: it may have charged up to this. `failed`: it charged nothing. */
export type OutcomeState = "certain" | "uncertain" | "failed";

/** How an attempt ended, and what it is charged at. */
export interface OutcomeRecord {
  readonly attemptId: string;
  readonly atMs: number;
  readonly state: OutcomeState;
  /** The exact cost, the estimate, or 0, by state; null where no price is known. */
  readonly costNanoUsd: bigint | null;
  /** Nano-dollars by kind of token or image; they sum up to the cost. */
  readonly breakdown?: Readonly<Record<string, bigint>>;
  /** What the cost was reckoned from. */
  readonly basis?: string;
  /** Tokens by kind, as the upstream counted them. */
  readonly tokens?: Readonly<Record<string, number>>;
  readonly images: number;
  /** As answered. */
  readonly size?: string;
  readonly quality?: string;
  readonly durationMs: number;
  /** The upstream's, where it answered. */
  readonly status?: number;
  readonly errorClass?: string;
  /** In a few words that hold no secret. */
  readonly reason?: string;
  readonly upstreamRequestId?: string;
}

/** A request that has ended, whether or not anything was sent for it. */
export interface RequestRecord {
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly caller?: string;
  readonly route: string;
  readonly requestedModel: string;
  /** The group and the deployment of the last attempt. */
  readonly group?: string;
  readonly deploymentId?: string;
  /** What the client was told; 499 where it had gone. */
  readonly status: number;
  readonly attempts: number;
  readonly retries: number;
  readonly fallbacks: number;
  readonly waitedMs: number;
  /** For people: what it was waited for, and how long each. */
  readonly waitedFor?: string;
  readonly upstreamMs: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly images: number;
  /** Of what was answered; null where no price is known. */
  readonly costNanoUsd: bigint | null;
  /** The error's code or type. */
  readonly error?: string;
  /** The request whose answer was given once more. */
  readonly replayOf?: string;
}

/** Requests of a known caller that were refused, folded together. */
export interface RefusalsRecord {
  readonly caller: string;
  readonly route: string;
  readonly status: number;
  readonly code: string;
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A person's word on what an uncertain attempt really cost. */
export interface CorrectionRecord {
  readonly attemptId: string;
  /** 1 for the first correction of an attempt. */
  readonly revision: number;
  readonly atMs: number;
  readonly costNanoUsd: bigint;
  /** What the correction adds to what was charged before; may be negative. */
  readonly differenceNanoUsd: bigint;
  readonly by: string;
  readonly note: string;
}

/** What a meter had been charged elsewhere before Darkroom counted it. */
export interface CarriedSpendRecord {
  /** Where it was counted: `litellm`. Of a source, a meter is carried over once. */
  readonly source: string;
  readonly meter: string;
  /** As in a charge. */
  readonly period: string;
  readonly nanoUsd: bigint;
  readonly atMs: number;
  readonly by: string;
}
