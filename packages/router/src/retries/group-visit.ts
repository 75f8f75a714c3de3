import type { AccountRefusal } from "../admission/account.js";
import { soonestOf } from "../admission/no-room.js";
import type { GroupToTry } from "../deployments/groups-to-try.js";
import type { AdmittedTurn, Candidates } from "./candidates.js";
import type { Failure } from "./failure.js";

/** One request in one of its groups. */
export class GroupVisit {
  constructor(
    readonly group: GroupToTry,
    /** How many fallbacks the request has come to: 0 in the group that it asked for. */
    readonly fallbacks: number,
    readonly candidates: Candidates,
    private readonly nowMs: () => number,
  ) {}

  /** The turn to call a deployment, or why there is none. */
  async begin(): Promise<AdmittedTurn | Failure> {
    const { candidates } = this;
    return (await candidates.next()) ?? (await candidates.nextAgain(this.nowMs())) ?? this.#whyNone();
  }

  /**
   * Those that are full stand in the way only as long as somebody takes calls at all; an account that waits for what is
   * reserved is like one that is full.
   */
  #whyNone(): Failure {
    const { name: group } = this.group;
    const { candidates } = this;
    const { unavailable, ofAccount, isDenied } = candidates;
    if (unavailable !== undefined) return { kind: "limits unavailable", reason: unavailable };
    const [denial] = ofAccount;
    if (denial !== undefined && isDenied) return denied(denial, true);
    const refusal = soonestOf(candidates.refusals);
    if (refusal !== undefined) {
      return { kind: "full", group, refusal, fitsInMs: refusal.fitsInMs, reason: "no deployment has room" };
    }
    const waiting = ofAccount.find(({ waits }) => waits)?.error;
    if (waiting !== undefined) {
      const reason = "all that is left of a budget is reserved";
      return { kind: "full", group, refusal: undefined, ofAccount: waiting, fitsInMs: undefined, reason };
    }
    if (denial !== undefined) return denied(denial, false);
    const retryAfterMs = Math.max(0, (candidates.soonest()?.atMs ?? 0) - this.nowMs());
    return { kind: "cooling", group, retryAfterMs, reason: "all deployments are cooling down" };
  }
}

function denied({ error }: AccountRefusal, isFinal: boolean): Failure {
  return { kind: "denied", error, isFinal, reason: error.code };
}
