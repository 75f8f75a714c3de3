/** What an operator sets: how much may be uploaded, how slowly. Their defaults stand in the configuration. */
export interface UploadSettings extends Partial<UploadTuning> {
  /** Most bytes of one request's body. */
  readonly maxRequestBytes: number;
  /** Memory that all uploads together may hold until their requests are answered, in bytes. */
  readonly memoryBudgetBytes: number;
  /** How long an upload may wait for memory before it is answered with 503. */
  readonly waitMs: number;
  /** Longest time from the first byte that is read to the last. */
  readonly timeoutMs: number;
  /** Least rate at which a client must send; 0 = any. */
  readonly minimumBytesPerSecond: number;
}

/** What nobody should need to set. */
export interface UploadTuning {
  /** An upload of unknown length is admitted this many bytes at a time. */
  readonly stepBytes: number;
  /** How many uploads may wait for memory at once; further ones are answered with 503 at once. */
  readonly maxWaiting: number;
  /** What a 503 says in `retry-after`, in seconds. */
  readonly retryAfterSeconds: number;
  /** The rate of a client is measured over windows of this length. */
  readonly rateWindowMs: number;
  /** Most parts of one form. */
  readonly maxParts: number;
  /** Longest name of a part, in characters. */
  readonly maxNameLength: number;
  /** Longest text of one field, in bytes. */
  readonly maxFieldBytes: number;
}

const mebibyte = 1024 * 1024;

export const defaultUploadTuning: UploadTuning = {
  stepBytes: 4 * mebibyte,
  maxWaiting: 1000,
  retryAfterSeconds: 5,
  rateWindowMs: 30_000,
  maxParts: 1000,
  maxNameLength: 1024,
  maxFieldBytes: 8 * mebibyte,
};

export type CompleteUploadSettings = UploadSettings & UploadTuning;

export function completeUploadSettings(settings: UploadSettings): CompleteUploadSettings {
  return { ...defaultUploadTuning, ...settings };
}
