import { EmbeddedAdmission, type Meter } from "@darkroom/router";
import { OpenedBudgets } from "./opened-budgets.test.support.js";
import { BudgetMeters } from "./budget-meters.js";
import type { PendingAttempt, Peers, SpendQuestion } from "./spend-question.js";

const startMs = Date.parse("2026-11-29T12:00:00Z");
const meter: Meter = {
  key: "team:red",
  window: { kind: "period", startMs: 0, endMs: 8_640_000_000_000_000 },
  limit: 100n,
  isMoney: true,
};

/** The others, who ask what they like. */
class AskingPeers implements Peers {
  answer: (question: SpendQuestion) => readonly PendingAttempt[] = () => [];

  ask(): Promise<readonly PendingAttempt[]> {
    return Promise.resolve([]);
  }

  onAsked(answer: (question: SpendQuestion) => readonly PendingAttempt[]): void {
    this.answer = answer;
  }
}

test("a gateway that was started anew tells nobody what was spent until its ledger has what ended before", async () => {
  const budgets = await OpenedBudgets.open(startMs);
  const { reports, journalId } = budgets.books.ledger;
  const ledger = { reports, journalId, catchUp: () => Promise.resolve(), appliedThrough: 4 };
  const peers = new AskingPeers();
  const admission = new EmbeddedAdmission({ nowMs: () => startMs });
  new BudgetMeters({ ledger, entries: 5 }, admission, () => startMs, peers);
  const question = { meter, charged: "team:red" };
  expect(() => peers.answer(question)).toThrow(/not in the ledger yet/);
  ledger.appliedThrough = 5;
  expect(peers.answer(question)).toEqual([]);
  await budgets.close();
});
