import { ByteBudget } from "../memory/byte-budget.js";
import { type RouterOptions, defaultOptions } from "../options.js";

/** How much memory answers may take. */
export interface AnswerLimits {
  readonly memory: ByteBudget;
  /** Of one answer. */
  readonly maxBytes: number;
}

/** Answers of unknown length get memory in such steps: a picture of the usual size fits into one. */
const answerStepBytes = 4 * 1024 * 1024;

export function answerLimits({
  answerMemoryBytes,
  maxAnswerBytes,
}: Pick<RouterOptions, "answerMemoryBytes" | "maxAnswerBytes">): AnswerLimits {
  const totalBytes = answerMemoryBytes ?? Math.max(defaultOptions.answerMemoryBytes, maxAnswerBytes ?? 0);
  const maxBytes = maxAnswerBytes ?? Math.min(defaultOptions.maxAnswerBytes, totalBytes);
  const settings = { totalBytes, largestLeaseBytes: maxBytes, stepBytes: answerStepBytes };
  // Nobody is refused: what is paid waits as long as its request may.
  return { maxBytes, memory: new ByteBudget(settings, () => new TypeError("an answer was refused memory")) };
}
