import { randomUUID } from "node:crypto";
import type { Meter, RedisConnection, SharedAdmission } from "@darkroom/router";
import type { Peers, PendingAttempt, SpendQuestion } from "../budgets/spend-question.js";

/** Whoever does not answer by then is not waited for, and nothing is told. */
const deadlineMs = 1_000;

type Message =
  | { readonly ask: string; readonly from: string; readonly question: unknown }
  | { readonly answer: string; readonly attempts: readonly (readonly [id: string, nanoUsd: string])[] }
  | { readonly answer: string; readonly failed: true };

interface Asked {
  readonly found: PendingAttempt[];
  missing: number;
  readonly resolve: (found: readonly PendingAttempt[]) => void;
  readonly reject: (error: Error) => void;
}

/** The other gateways, asked over the Redis that they share. */
export class RedisPeers implements Peers {
  readonly #channel: string;
  readonly #id = randomUUID();
  readonly #asked = new Map<string, Asked>();
  readonly #stop: () => void;
  #answer: (question: SpendQuestion) => readonly PendingAttempt[] = () => [];

  constructor(
    private readonly connection: RedisConnection,
    private readonly admission: Pick<SharedAdmission, "countGateways">,
  ) {
    this.#channel = `${connection.keys}spend`;
    this.#stop = connection.listen(this.#channel, (text) => this.#take(text));
  }

  async ask(question: SpendQuestion): Promise<readonly PendingAttempt[]> {
    const others = (await this.admission.countGateways()) - 1;
    if (others <= 0) return [];
    const ask = randomUUID();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          this.#end(ask, ({ missing }) =>
            reject(new Error(`${missing} of ${others} other gateways do not answer`)),
          ),
        deadlineMs,
      );
      const done = <Value>(then: (value: Value) => void) => {
        return (value: Value): void => {
          clearTimeout(timer);
          then(value);
        };
      };
      this.#asked.set(ask, { found: [], missing: others, resolve: done(resolve), reject: done(reject) });
      this.#send({ ask, from: this.#id, question: asJson(question) }).catch((error: unknown) =>
        this.#end(ask, (asked) => asked.reject(error instanceof Error ? error : new Error(String(error)))),
      );
    });
  }

  onAsked(answer: (question: SpendQuestion) => readonly PendingAttempt[]): void {
    this.#answer = answer;
  }

  close(): void {
    this.#stop();
    for (const [ask] of this.#asked) this.#end(ask, ({ reject }) => reject(new Error("the gateway ends")));
  }

  #take(text: string): void {
    const message = messageFrom(text);
    if (message === undefined) return;
    if ("ask" in message) {
      if (message.from !== this.#id) this.#reply(message.ask, questionFrom(message.question));
      return;
    }
    const asked = this.#asked.get(message.answer);
    if (asked === undefined) return;
    if ("failed" in message) {
      this.#end(message.answer, ({ reject }) =>
        reject(new Error("another gateway cannot tell what was spent")),
      );
      return;
    }
    for (const [attemptId, nanoUsd] of message.attempts)
      asked.found.push({ attemptId, nanoUsd: BigInt(nanoUsd) });
    asked.missing -= 1;
    if (asked.missing === 0) this.#end(message.answer, ({ found, resolve }) => resolve(found));
  }

  #reply(answer: string, question: SpendQuestion): void {
    let message: Message;
    try {
      const attempts = this.#answer(question).map(
        ({ attemptId, nanoUsd }) => [attemptId, String(nanoUsd)] as const,
      );
      message = { answer, attempts };
    } catch {
      message = { answer, failed: true };
    }
    // Whoever asked finds out that nothing came.
    this.#send(message).catch(() => undefined);
  }

  #send(message: Message): Promise<unknown> {
    return this.connection.ask(deadlineMs, (client) =>
      client.publish(this.#channel, JSON.stringify(message)),
    );
  }

  #end(ask: string, how: (asked: Asked) => void): void {
    const asked = this.#asked.get(ask);
    this.#asked.delete(ask);
    if (asked !== undefined) how(asked);
  }
}

/** Anybody may write to a channel: what is no JSON is passed over. */
function messageFrom(text: string): Message | undefined {
  try {
    return JSON.parse(text) as Message;
  } catch {
    return undefined;
  }
}

function asJson({ meter, ...question }: SpendQuestion): object {
  return { ...question, meter: { ...meter, limit: String(meter.limit) } };
}

function questionFrom(value: unknown): SpendQuestion {
  const question = value as Omit<SpendQuestion, "meter"> & {
    readonly meter: Omit<Meter, "limit"> & { limit: string };
  };
  return { ...question, meter: { ...question.meter, limit: BigInt(question.meter.limit) } };
}
