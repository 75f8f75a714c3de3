import type { Timers } from "../../memory/timers.js";
import { afterSilence } from "../../redis/after-silence.js";
import { RedisUnavailableError } from "../../redis/redis-errors.js";

/** Answers that are waited for, each until a deadline of its own: when one has found out that it is in vain, the others need not. */
export class AnswersInTime {
  readonly #waiting = new Set<(reason: string) => void>();

  constructor(private readonly timers: Timers) {}

  /** @throws RedisUnavailableError at the deadline, and as soon as anybody has found out that there is no answer */
  within<Answer>(deadlineMs: number, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => reject(new RedisUnavailableError(reason));
      const callOff = afterSilence(this.timers, deadlineMs, () => fail(`no answer within ${deadlineMs} ms`));
      this.#waiting.add(fail);
      answer.then(resolve, reject).finally(() => {
        callOff();
        this.#waiting.delete(fail);
      });
    });
  }

  giveUp(reason: string): void {
    for (const fail of this.#waiting) fail(reason);
    this.#waiting.clear();
  }
}
