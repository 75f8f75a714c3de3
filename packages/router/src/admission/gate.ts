import { v7 as timeOrderedId } from "uuid";
import type { Deployment } from "../deployments/deployment.js";
import type { Dimension } from "../deployments/quotas.js";
import type { EditRequest } from "../request.js";
import { type Refusal, mostCandidates } from "./admission.js";
import type { LatestUse } from "./latest-use.js";
import type { MeterUse } from "./meter.js";
import { Pass, type PassSettings } from "./pass.js";

/** An attempt may be made. */
export interface Admitted {
  readonly deployment: Deployment;
  readonly pass: Pass;
}

/** Nobody of those who were asked for can take it. */
export interface NotAdmitted {
  readonly refusals: readonly DeploymentRefusal[];
  /** Why limits cannot be known, where that is the reason. */
  readonly unavailable?: string;
}

/** Why a deployment cannot take an edit now. */
export interface DeploymentRefusal extends Refusal {
  readonly deployment: Deployment;
  /** What it counts that stands in the way. */
  readonly dimension: Dimension | undefined;
}

/** Where attempts are let through to deployments whose limits have room for them. */
export class Gate {
  constructor(
    private readonly settings: PassSettings,
    private readonly use: LatestUse,
  ) {}

  /** Takes what the edit needs from the first of these deployments that has room; best first. */
  async admit(edit: EditRequest, deployments: readonly Deployment[]): Promise<Admitted | NotAdmitted> {
    const refusals: DeploymentRefusal[] = [];
    for (let from = 0; from < deployments.length; from += mostCandidates) {
      const answer = await this.#admitOneOf(edit, deployments.slice(from, from + mostCandidates));
      if (!("refusals" in answer)) return answer;
      if (answer.unavailable !== undefined) return answer;
      refusals.push(...answer.refusals);
    }
    return { refusals };
  }

  async #admitOneOf(edit: EditRequest, some: readonly Deployment[]): Promise<Admitted | NotAdmitted> {
    const { admission, quotas } = this.settings;
    const candidates = some.map((deployment) => ({
      id: deployment.id,
      charges: quotas.chargesOf(deployment, edit),
    }));
    const attemptId = timeOrderedId();
    const passAt = (index: number, use: readonly MeterUse[]): Admitted => {
      const deployment = some[index];
      const candidate = candidates[index];
      if (deployment === undefined || candidate === undefined) throw new TypeError("admitted to nobody");
      const { id: candidateId, charges } = candidate;
      const admitted = { attemptId, requestId: edit.id, candidateId, charges, use };
      return { deployment, pass: new Pass(this.settings, admitted) };
    };
    // Where nothing limits the best one, there is nobody to ask.
    if (candidates[0]?.charges.length === 0) return passAt(0, []);

    const asked = { attemptId, requestId: edit.id, requestCharges: [], candidates };
    const answer = await admission.admit(asked);
    switch (answer.kind) {
      case "admitted": {
        const admitted = passAt(answer.candidate, answer.use);
        this.use.note(answer.use);
        return admitted;
      }
      case "refused":
        this.use.note(answer.refusals);
        return { refusals: this.#named(answer.refusals, some) };
      case "unavailable":
        return { refusals: [], unavailable: answer.reason };
      case "wrong period":
      case "unseeded":
        throw new TypeError(`${answer.kind}: deployments have no meters of money`);
    }
  }

  #named(refusals: readonly Refusal[], some: readonly Deployment[]): DeploymentRefusal[] {
    return refusals.flatMap((refusal) => {
      const deployment = refusal.candidate === undefined ? undefined : some[refusal.candidate];
      const dimension = this.settings.quotas.dimensionOf(refusal.charge.meter);
      return deployment === undefined ? [] : [{ ...refusal, deployment, dimension }];
    });
  }
}
