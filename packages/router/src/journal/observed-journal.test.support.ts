import type { Intent, Journal, Outcome } from "./journal.js";

/** For tests: a journal in memory that can be slow, hold what it is given, or refuse it, and that notes when it did what. */
export class ObservedJournal implements Journal {
  readonly intents: Intent[] = [];
  readonly outcomes: Outcome[] = [];
  /** Called before an intent is written, and before an outcome: what they wait for, or throw. */
  beforeIntent: (intent: Intent) => Promise<void> | undefined = () => undefined;
  beforeOutcome: (outcome: Outcome) => Promise<void> | undefined = () => undefined;

  /** @param story gets `intent written` and `outcome written` when that is so */
  constructor(readonly story: string[] = []) {}

  async intend(intent: Intent): Promise<void> {
    await this.beforeIntent(intent);
    this.intents.push(intent);
    this.story.push("intent written");
  }

  async conclude(outcome: Outcome): Promise<number> {
    await this.beforeOutcome(outcome);
    this.story.push("outcome written");
    return this.outcomes.push(outcome);
  }
}
