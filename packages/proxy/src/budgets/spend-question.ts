import type { Meter } from "@darkroom/router";

/** What was spent of a meter of money, asked of whoever may know of attempts that the ledger has not. */
export interface SpendQuestion {
  /** The meter of money that is to be told. */
  readonly meter: Meter;
  /** Whose spend it counts. */
  readonly charged: string;
}

/** An attempt that the ledger may not have yet. */
export interface PendingAttempt {
  readonly attemptId: string;
  /** What it counts for; 0 where the meter counts it by itself. */
  readonly nanoUsd: bigint;
}

/** The other gateways that share limits and ledger. */
export interface Peers {
  /** What all of them know. @throws Error where one does not answer: too little would be counted */
  ask(question: SpendQuestion): Promise<readonly PendingAttempt[]>;
  /** Has `answer` called for the questions of the others. */
  onAsked(answer: (question: SpendQuestion) => readonly PendingAttempt[]): void;
}
