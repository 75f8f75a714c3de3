import { type Directory, type TeamRecord, inherited } from "@darkroom/accounts";

/** Teams are read anew when one has changed, and after this in any case: word of a change may be lost. */
const rememberedMs = 60_000;

export interface ListedTeamsSources {
  readonly directory: Pick<Directory, "read" | "feed">;
  /** How many teams have figures: the newest. Whoever makes teams must not fill the memory of those who collect. */
  readonly most: number;
}

/** The teams that have figures, as far as nobody has changed them. */
export class ListedTeams {
  #listed: Promise<readonly TeamRecord[]> | undefined;
  #listedAtMs = -Infinity;

  constructor(private readonly sources: ListedTeamsSources) {
    sources.directory.feed.subscribe(({ records }) => {
      if (records.some(({ kind }) => kind === "team" || kind === "budget")) this.#listed = undefined;
    });
  }

  now(): Promise<readonly TeamRecord[]> {
    const nowMs = performance.now();
    if (this.#listed === undefined || nowMs - this.#listedAtMs > rememberedMs) {
      this.#listedAtMs = nowMs;
      this.#listed = this.#read().catch(() => {
        // The other figures are told without a directory too.
        this.#listed = undefined;
        return [];
      });
    }
    return this.#listed;
  }

  /** Each with what holds for it, its reusable budget included. */
  async #read(): Promise<readonly TeamRecord[]> {
    const { directory, most } = this.sources;
    const { records } = await directory.read.teams.list({ page: 1, size: most });
    const ids = [...new Set(records.flatMap(({ budgetId }) => budgetId ?? []))];
    const budgets = new Map(
      (await directory.read.budgets.find({ budgetId: ids })).map(({ budgetId, limits }) => [
        budgetId,
        limits,
      ]),
    );
    return records.map((team) => ({
      ...team,
      limits: inherited(team.limits, team.budgetId === undefined ? undefined : budgets.get(team.budgetId)),
    }));
  }
}
