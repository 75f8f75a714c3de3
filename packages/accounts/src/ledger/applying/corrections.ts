import type { OutcomeState } from "../../journal/records.js";
import type { NewAttempt } from "./alike-attempts.js";
import { UnreadableEntryError } from "./fields.js";
import type { ChargedMeter } from "./read-entry.js";
import type { LedgerStatements } from "./statements.js";
import { type Sums, addAttempts } from "./sums.js";

type Correction = Parameters<LedgerStatements["insertCorrection"]["run"]>[0];

/** Who corrects an attempt that was taken for lost, as it stands beside the names of people. */
const byJournal = "its journal";

/** What is known of an attempt after it was entered: a person's word, or its own journal's where that was taken for lost. */
export class Corrections {
  constructor(private readonly statements: LedgerStatements) {}

  /** @throws UnreadableEntryError before anything is changed */
  async correct(correction: Correction, { spend, daily }: Sums): Promise<void> {
    const { attemptId, revision, costNanoUsd, differenceNanoUsd } = correction;
    const attempt = await this.#attemptToCorrect(attemptId);
    if (attempt === undefined) throw new UnreadableEntryError("correction.attemptId is of no attempt");
    if (revision <= attempt.revision) return this.#checkKnown(correction);
    if (revision !== attempt.revision + 1)
      throw new UnreadableEntryError(`correction.revision is not ${attempt.revision + 1}, the next one`);
    if (differenceNanoUsd !== costNanoUsd - (attempt.nanoUsd ?? 0n))
      throw new UnreadableEntryError("correction.differenceNanoUsd is not what the cost changes by");
    await this.statements.insertCorrection.run(correction);
    await this.statements.correctAttempt.run({ attemptId, revision, costNanoUsd });
    spend.settle(attempt.charges, attempt, costNanoUsd);
    daily.settle(attempt, attempt, costNanoUsd);
  }

  /**
   * An attempt that is there already. Where it was entered for a lost gateway, its outcome has come after all and takes that row's place;
   * else nothing changes. What a person has said meanwhile is less than what the upstream has told, and more than an estimate.
   */
  async knownAfterAll(attempt: NewAttempt, sums: Sums): Promise<void> {
    const { row: outcome } = attempt;
    const { attemptId, journal, sequence, state, endedAtMs: atMs } = outcome;
    // From here on the row is this transaction's.
    if ((await this.statements.claimLost.run({ attemptId, journal, sequence })) === 0) return;
    const lost = await this.#attemptToCorrect(attemptId);
    if (lost === undefined || (lost.revision > 0 && state === "uncertain")) return;
    const revision = lost.revision + 1;
    const costNanoUsd = outcome.costNanoUsd ?? 0n;
    await this.statements.insertCorrection.run({
      ...{ attemptId, revision, journal, sequence, atMs, costNanoUsd },
      differenceNanoUsd: costNanoUsd - (lost.nanoUsd ?? 0n),
      settledBy: byJournal,
      note: "The journal of the lost gateway is there again.",
    });
    await this.statements.replaceAttempt.run({ ...outcome, revision });
    sums.spend.takeBack(lost.charges, lost);
    sums.daily.takeBack(lost, lost);
    addAttempts(sums, [attempt]);
  }

  /** Two people may have settled the same attempt at two gateways: the second one's word must not be lost in silence. */
  async #checkKnown({ attemptId, revision, atMs, costNanoUsd, settledBy }: Correction): Promise<void> {
    const [known] = (await this.statements.correction.all({ attemptId, revision })) as {
      at_ms: bigint;
      cost_nano_usd: bigint;
      settled_by: string;
    }[];
    if (known === undefined) return;
    const isSame =
      Number(known.at_ms) === atMs && known.cost_nano_usd === costNanoUsd && known.settled_by === settledBy;
    if (!isSame) throw new UnreadableEntryError("correction.revision was taken by another correction");
  }

  async #attemptToCorrect(attemptId: string) {
    const [row] = (await this.statements.attemptToCorrect.all({ attemptId })) as {
      state: OutcomeState;
      cost_nano_usd: bigint | null;
      revision: bigint;
      charges: string;
      at_ms: bigint;
      model: string;
      model_group: string;
      provider: string;
    }[];
    if (row === undefined) return undefined;
    return {
      state: row.state,
      nanoUsd: row.cost_nano_usd,
      revision: Number(row.revision),
      charges: JSON.parse(row.charges) as ChargedMeter[],
      atMs: Number(row.at_ms),
      model: row.model,
      modelGroup: row.model_group,
      provider: row.provider,
    };
  }
}
