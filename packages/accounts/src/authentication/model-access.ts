import { ModelAccessError } from "./errors.js";
import type { KeyAccount } from "./key-account.js";

/** What is known of the models that can be asked for. */
export interface ModelNames {
  /** All names that a model goes by: itself, what an alias stands for, its group. */
  namesOf(model: string): readonly string[];
  /** The access groups that a model group is in (`model_info.access_groups`). */
  accessGroupsOf(modelGroup: string): readonly string[];
}

/** Lists of no names: all models of the gateway, those of the team, none. */
const allModels = "all-proxy-models";
const teamModels = "all-team-models";
const noModels = "no-default-models";

/**
 * The model that is meant where a key or its team has a name of its own for it; any other name is its own. The key's goes
 * before the team's.
 */
export function aliasedModel(account: KeyAccount | undefined, model: string): string {
  return own(account?.key.aliases, model) ?? own(account?.team?.aliases, model) ?? model;
}

/**
 * Checks that a key, its team, or, where it has no team, its user may use a model.
 *
 * An empty list allows all, as do `all-proxy-models` and `*`; `all-team-models` stands for the team's list,
 * `no-default-models` for none; a name may be one of a model, an alias or an access group, and may end with `*`.
 *
 * @param model as the client named it
 * @throws ModelAccessError
 */
export function checkModelAccess(account: KeyAccount | undefined, model: string, names: ModelNames): void {
  if (account === undefined) return;
  const { key, team, user } = account;
  const ofTeam = key.teamId === undefined ? [] : (team?.models ?? []);
  const asked = namesFor(account, model, names);
  const check = (scope: "key" | "team" | "user", list: readonly string[]): void => {
    if (!allows(list, asked, ofTeam)) throw new ModelAccessError(scope, model, list);
  };
  check("key", key.models);
  if (key.teamId !== undefined) check("team", ofTeam);
  else check("user", user?.models ?? []);
}

export function mayUseModel(account: KeyAccount | undefined, model: string, names: ModelNames): boolean {
  try {
    checkModelAccess(account, model, names);
    return true;
  } catch (error) {
    if (error instanceof ModelAccessError) return false;
    throw error;
  }
}

/** Under which names the model may stand in a list. */
function namesFor(account: KeyAccount, model: string, names: ModelNames): ReadonlySet<string> {
  const meant = [...new Set([model, aliasedModel(account, model)])];
  const known = meant.flatMap((name) => [name, ...names.namesOf(name)]);
  return new Set([...known, ...known.flatMap((name) => names.accessGroupsOf(name))]);
}

function allows(list: readonly string[], asked: ReadonlySet<string>, ofTeam: readonly string[]): boolean {
  if (list.length === 0) return true;
  return list.some((allowed) => {
    if (allowed === allModels) return true;
    // In the team's own list it would stand for itself.
    if (allowed === teamModels) return list === ofTeam || allows(ofTeam, asked, ofTeam);
    if (allowed === noModels) return false;
    if (!allowed.endsWith("*")) return asked.has(allowed);
    const start = allowed.slice(0, -1);
    return [...asked].some((name) => name.startsWith(start));
  });
}

function own(aliases: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return aliases !== undefined && Object.hasOwn(aliases, name) ? aliases[name] : undefined;
}
