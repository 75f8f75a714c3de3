import type { ModelNames } from "@darkroom/accounts";
import type { Router } from "@darkroom/router";

/** What models are called, for lists of those that somebody may use. */
export function modelNames(
  router: Pick<Router, "namesOf">,
  accessGroups: ReadonlyMap<string, readonly string[]>,
): ModelNames {
  return {
    namesOf: (model) => router.namesOf(model),
    accessGroupsOf: (group) => accessGroups.get(group) ?? [],
  };
}
