import { type Payer, refusesRequests } from "@darkroom/accounts";
import type { EditRequest } from "@darkroom/router";
import { type BudgetRules, EditAccount } from "./edit-account.js";
import { cheaperEdits } from "./cheaper-edits.js";
import type { SoftBudgets } from "./soft-budgets.js";

/** Who pays for edits, and is limited. */
export class Budgets {
  readonly #limitsDeployments: boolean;

  constructor(
    private readonly rules: BudgetRules,
    private readonly soft: Pick<SoftBudgets, "watch">,
  ) {
    const { deploymentLimits, providerLimits } = rules;
    const all = [...deploymentLimits.values(), ...providerLimits.values()];
    this.#limitsDeployments = all.some(refusesRequests);
  }

  /** An edit is to be made that these pay for. */
  watch(edit: EditRequest, payers: readonly Payer[]): void {
    this.soft.watch(edit, payers);
  }

  /**
   * The account of an edit; none where nobody who pays for it is limited.
   * @param names the model as its client named it, and what that stands for where the key has a name of its own for it
   * @param edit the whole of it, once it is made
   */
  accountOf(
    payers: readonly Payer[],
    { asked, model }: { readonly asked: string; readonly model: string },
    edit: () => EditRequest,
  ): EditAccount | undefined {
    if (!this.#limitsDeployments && !payers.some(({ limits }) => refusesRequests(limits))) return undefined;
    return new EditAccount(payers, asked, model, this.rules, (deployment, mostNanoUsd) =>
      cheaperEdits(edit(), deployment, mostNanoUsd),
    );
  }
}
