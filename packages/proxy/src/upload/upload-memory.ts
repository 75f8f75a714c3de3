import { ByteBudget, type Timers } from "@darkroom/router";
import { UploadMemoryError } from "./upload-errors.js";
import type { CompleteUploadSettings } from "./upload-settings.js";

/**
 * The memory that all uploads together may hold until their requests are answered.
 * @throws RangeError where the largest request would never fit
 */
export function uploadMemory(settings: CompleteUploadSettings, timers?: Timers): ByteBudget {
  const { memoryBudgetBytes, maxRequestBytes, stepBytes, waitMs, maxWaiting, retryAfterSeconds } = settings;
  return new ByteBudget(
    { totalBytes: memoryBudgetBytes, largestLeaseBytes: maxRequestBytes, stepBytes, waitMs, maxWaiting },
    () => new UploadMemoryError(retryAfterSeconds),
    timers,
  );
}
