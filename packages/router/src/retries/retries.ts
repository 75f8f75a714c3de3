import type { GroupToTry } from "../deployments/groups-to-try.js";
import type { Group } from "../deployments/groups.js";
import type { RouterEvents } from "../events.js";
import { type RouterOptions, defaultOptions } from "../options.js";
import type { EditProgress } from "../progress.js";
import { backoffMs, longestBackoffMs } from "./backoff.js";
import type { AdmittedTurn, Candidates } from "./candidates.js";
import { classify } from "./classification.js";
import type { Deadline } from "./deadline.js";
import { type Failure, retryAfterOf } from "./failure.js";
import { RetryBudget } from "./retry-budget.js";
import { retryLimit } from "./retry-limit.js";

/** A longer wait is no business of a request's: that deployment is left alone instead. */
const longestWaitMs = 60_000;

/** An attempt that failed, and what its request may still do. */
export interface FailedAttempt {
  readonly failure: Failure;
  readonly turn: AdmittedTurn;
  /** 0 for the first attempt in the group. */
  readonly retry: number;
  readonly group: GroupToTry;
  readonly candidates: Candidates;
  readonly progress: EditProgress;
  readonly deadline: Deadline;
}

/** Whether, where and when a request is tried again in its group. */
export class Retries {
  readonly #budgets = new Map<string, RetryBudget>();

  constructor(
    private readonly options: RouterOptions,
    private readonly events: RouterEvents,
    private readonly random: () => number,
    private readonly nowMs: () => number,
  ) {}

  countRequest(group: Group): void {
    this.#budgetOf(group).countRequest();
  }

  /** The turn for another attempt, after a wait if need be; undefined if there shall be none in this group. */
  async turnAfter(failed: FailedAttempt): Promise<AdmittedTurn | undefined> {
    const { failure, turn, group, candidates, progress, deadline } = failed;
    const where = this.#whereAfter(failed);
    if (where === undefined || deadline.failure !== undefined || !progress.mayRetry) return undefined;

    const budget = this.#budgetOf(group);
    const other = await (where === "next level" ? candidates.nextLevel() : candidates.next());
    if (other !== undefined && candidates.isReliable(other)) budget.takeAnyway();
    else if (!budget.take()) {
      if (other !== undefined) candidates.giveBack(other);
      const { reason } = failure;
      this.events.emit("retryRefused", { requestId: progress.request.id, group: group.name, reason });
      return undefined;
    }
    if (where === "anywhere") {
      candidates.addAgain(turn.deployment, this.nowMs() + (retryAfterOf(failure) ?? 0));
    }
    const further = other ?? (where === "next level" ? undefined : await this.#turnAfterWait(failed));
    if (further === undefined) budget.giveBack();
    else progress.noteRetry();
    return further;
  }

  /** Where in the group the request may be tried again; undefined if nowhere. */
  #whereAfter({
    failure,
    turn,
    group,
    candidates,
    progress,
  }: FailedAttempt): "anywhere" | "elsewhere" | "next level" | undefined {
    const { retryPolicy, groupRetryPolicies, retries } = this.options;
    const { errorClass, next } = classify(failure);
    const limit = retryLimit(
      {
        request: progress.request.retries,
        deployment: turn.deployment.retries,
        policy: groupRetryPolicies?.get(group.asked) ?? groupRetryPolicies?.get(group.name) ?? retryPolicy,
        router: retries ?? defaultOptions.retries,
      },
      errorClass,
    );
    const where = limit.byPolicy ? "anywhere" : next;
    if (where !== "anywhere" && where !== "elsewhere") return undefined;
    // As in LiteLLM, every level has the retries for itself.
    if (candidates.retries >= limit.retries) return candidates.hasNextLevel ? "next level" : undefined;
    return where;
  }

  async #turnAfterWait(failed: FailedAttempt): Promise<AdmittedTurn | undefined> {
    const { retry, group, candidates, progress, deadline } = failed;
    const soonest = candidates.soonest();
    if (soonest === undefined) return undefined;
    const { deployment, atMs, wasCalled } = soonest;
    const askedMs = atMs - this.nowMs();
    // Who is asked to wait does not, where a fallback may serve meanwhile.
    if (askedMs > (group.isLast ? longestWaitMs : longestBackoffMs(retry))) return undefined;
    const leastMs = Math.max(askedMs, wasCalled ? (this.options.shortestRetryWaitMs ?? 0) : 0);
    // A timer may ring a moment before the clock agrees.
    const waitMs = Math.ceil(wasCalled ? backoffMs(retry, leastMs, this.random) : leastMs) + 1;
    if (waitMs >= deadline.remainingMs) return undefined;
    this.events.emit("wait", { requestId: progress.request.id, group: group.name, deployment, waitMs });
    await deadline.wait(waitMs);
    progress.noteWait(`before ${deployment.id} was called${wasCalled ? " again" : ""}`, waitMs);
    if (deadline.failure !== undefined) return undefined;
    return (await candidates.next()) ?? (await candidates.nextAgain(this.nowMs()));
  }

  #budgetOf({ name }: Group): RetryBudget {
    let budget = this.#budgets.get(name);
    if (budget === undefined) {
      budget = new RetryBudget({ ...defaultOptions.retryBudget, ...this.options.retryBudget }, this.nowMs);
      this.#budgets.set(name, budget);
    }
    return budget;
  }
}
