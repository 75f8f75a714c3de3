import type { Deployment } from "../deployments/deployment.js";
import type { Dimension } from "../deployments/quotas.js";
import { RouterError } from "../errors.js";
import { estimateOf, mostTokensOf } from "../estimate.js";
import type { EditRequest } from "../request.js";
import type { Account, AccountRefusal } from "./account.js";
import { type AdmissionAnswer, type Refusal, mostCandidates } from "./admission.js";
import { newAttemptId } from "./attempt-id.js";
import type { LatestUse } from "./latest-use.js";
import type { Charge, Meter } from "./meter.js";
import { Pass, type PassSettings, holdsLease } from "./pass.js";
import type { Journal } from "../journal/journal.js";

/** An attempt may be made. */
export interface Admitted {
  readonly deployment: Deployment;
  readonly pass: Pass;
}

/** Nobody of those who were asked for can take it. */
export interface NotAdmitted {
  readonly refusals: readonly DeploymentRefusal[];
  /** What the request's own account says. */
  readonly ofAccount: readonly AccountRefusal[];
  /** The account lets the request go nowhere at all. */
  readonly isFinal: boolean;
  /** Why limits cannot be known, where that is the reason. */
  readonly unavailable?: string;
}

/** Why a deployment cannot take an edit now. */
export interface DeploymentRefusal extends Refusal {
  readonly deployment: Deployment;
  /** What it counts that stands in the way. */
  readonly dimension: Dimension | undefined;
}

/** A deployment with what a call of it takes. */
interface Candidate {
  readonly deployment: Deployment;
  readonly ofAccount: readonly Charge[];
  readonly ofQuota: readonly Charge[];
}

/** A period may end while it is asked for, and a meter be asked for before anybody has told what was spent of it. */
const mostRounds = 4;

export interface GateSettings extends PassSettings {
  /** As {@link Journal.noteOf}. */
  readonly noteOf?: Journal["noteOf"];
}

/** Where attempts are let through to deployments whose limits have room for them, and which their account can pay. */
export class Gate {
  /** Edits of which something was admitted. */
  readonly #admitted = new WeakSet<EditRequest>();

  constructor(
    private readonly settings: GateSettings,
    private readonly use: LatestUse,
  ) {}

  /** Takes what the edit needs from the first of these deployments that has room; best first. */
  async admit(edit: EditRequest, deployments: readonly Deployment[]): Promise<Admitted | NotAdmitted> {
    const refusals: DeploymentRefusal[] = [];
    const ofAccount: AccountRefusal[] = [];
    for (let from = 0; from < deployments.length; from += mostCandidates) {
      const answer = await this.#admitOneOf(edit, deployments.slice(from, from + mostCandidates));
      if (!("refusals" in answer) || answer.isFinal || answer.unavailable !== undefined) return answer;
      refusals.push(...answer.refusals);
      ofAccount.push(...answer.ofAccount);
    }
    return { refusals, ofAccount, isFinal: false };
  }

  /** The request has ended. */
  finish(edit: EditRequest, how: "sent" | "never sent"): void {
    if (!this.#admitted.delete(edit)) return;
    this.settings.leases.letGoRequest(edit.id);
    void this.settings.admission.finish(edit.id, how);
  }

  async #admitOneOf(edit: EditRequest, some: readonly Deployment[]): Promise<Admitted | NotAdmitted> {
    const { admission, epochMs } = this.settings;
    let nowMs = epochMs();
    const attemptId = newAttemptId(nowMs);
    for (let round = 0; round < mostRounds; round += 1) {
      const { candidates, unpaid } = this.#candidates(edit, some, nowMs);
      const requestCharges = this.#requestCharges(edit, some);
      const [best] = candidates;
      if (best === undefined) return { refusals: [], ofAccount: unpaid, isFinal: false };
      // Where nothing limits the best one, there is nobody to ask.
      if (requestCharges.length + chargesOf(best).length === 0)
        return this.#admittedTo(edit, attemptId, best, [], []);

      const answer = await admission.admit({
        attemptId,
        requestId: edit.id,
        requestCharges,
        candidates: candidates.map((one) => ({ id: one.deployment.id, charges: chargesOf(one) })),
        note: this.#noteOf(edit, candidates),
      });
      if (answer.kind === "wrong period") nowMs = answer.nowMs;
      else if (answer.kind === "unseeded") {
        const unavailable = await this.#seed(edit.account, answer.meters);
        if (unavailable !== undefined) return { refusals: [], ofAccount: [], isFinal: false, unavailable };
      } else if (answer.kind === "unavailable") {
        return { refusals: [], ofAccount: [], isFinal: false, unavailable: answer.reason };
      } else if (answer.kind === "refused") {
        this.use.note(answer.refusals);
        return this.#refused(edit, answer, candidates, unpaid);
      } else {
        const candidate = candidates[answer.candidate];
        if (candidate === undefined) throw new TypeError("admitted to nobody");
        this.use.note(answer.use);
        edit.account?.admitted?.(answer.use);
        this.#admitted.add(edit);
        if (holdsLease(requestCharges)) this.settings.leases.holdRequest(edit.id);
        return this.#admittedTo(edit, attemptId, candidate, requestCharges, answer.use);
      }
    }
    return { refusals: [], ofAccount: [], isFinal: false, unavailable: "periods change too fast" };
  }

  #candidates(
    edit: EditRequest,
    some: readonly Deployment[],
    nowMs: number,
  ): { readonly candidates: Candidate[]; readonly unpaid: AccountRefusal[] } {
    const { account } = edit;
    const candidates: Candidate[] = [];
    const unpaid: AccountRefusal[] = [];
    for (const deployment of some) {
      const estimate = account === undefined ? null : estimateOf(edit, deployment);
      const ofAccount = account?.callCharges({ deployment, estimate, nowMs }) ?? [];
      if (ofAccount instanceof RouterError) unpaid.push({ error: ofAccount, waits: false });
      else
        candidates.push({ deployment, ofAccount, ofQuota: this.settings.quotas.chargesOf(deployment, edit) });
    }
    return { candidates, unpaid };
  }

  #requestCharges(edit: EditRequest, some: readonly Deployment[]): readonly Charge[] {
    const tokens = (): number => Math.max(...some.map((deployment) => mostTokensOf(edit, deployment)));
    const images = edit.parameters.n;
    return edit.account?.requestCharges({ images, tokens: tokens() }) ?? [];
  }

  /** Only money is kept for longer than its process. */
  #noteOf(edit: EditRequest, candidates: readonly Candidate[]): string | undefined {
    if (candidates.every(({ ofAccount }) => ofAccount.length === 0)) return undefined;
    return this.settings.noteOf?.(
      edit,
      candidates.map(({ deployment }) => deployment),
    );
  }

  /** @returns why it cannot be known, if so */
  async #seed(account: Account | undefined, meters: readonly Meter[]): Promise<string | undefined> {
    if (account === undefined) throw new TypeError("deployments have no meters of money");
    // Each is told as soon as its sum is known: what happens in between would be in neither.
    const seeds = meters.map(async (meter) => {
      const spent = await account.spentOf(meter);
      await this.settings.admission.seed([{ meter, spent }]);
    });
    const failed = (await Promise.allSettled(seeds)).some(({ status }) => status === "rejected");
    return failed ? "what was spent cannot be read at present" : undefined;
  }

  #admittedTo(
    edit: EditRequest,
    attemptId: string,
    candidate: Candidate,
    ofRequest: readonly Charge[],
    use: (AdmissionAnswer & { kind: "admitted" })["use"],
  ): Admitted {
    const { deployment, ofAccount } = candidate;
    const charges = chargesOf(candidate);
    const { account } = edit;
    const admitted = {
      attemptId,
      requestId: edit.id,
      candidateId: deployment.id,
      charges,
      ofAccount,
      ofRequest,
      use,
      note: () => this.#noteOf(edit, [candidate]),
      ...(account !== undefined && { account }),
    };
    return { deployment, pass: new Pass(this.settings, admitted) };
  }

  #refused(
    { account }: EditRequest,
    { refusals }: AdmissionAnswer & { kind: "refused" },
    candidates: readonly Candidate[],
    unpaid: readonly AccountRefusal[],
  ): NotAdmitted {
    const ofDeployments: DeploymentRefusal[] = [];
    const ofAccount = [...unpaid];
    let isFinal = false;
    for (const refusal of refusals) {
      const candidate = refusal.candidate === undefined ? undefined : candidates[refusal.candidate];
      const isOwn = candidate === undefined || candidate.ofAccount.includes(refusal.charge);
      if (account !== undefined && isOwn) {
        ofAccount.push(account.refusalFor(refusal));
        isFinal ||= candidate === undefined;
      } else if (candidate !== undefined) {
        const dimension = this.settings.quotas.dimensionOf(refusal.charge.meter);
        ofDeployments.push({ ...refusal, deployment: candidate.deployment, dimension });
      }
    }
    return { refusals: ofDeployments, ofAccount, isFinal };
  }
}

/** The account's come first: what it cannot pay need not wait for room. */
function chargesOf({ ofAccount, ofQuota }: Candidate): readonly Charge[] {
  return ofAccount.length === 0 ? ofQuota : [...ofAccount, ...ofQuota];
}
