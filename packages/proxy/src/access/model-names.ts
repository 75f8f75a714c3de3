import type { ModelNames } from "@darkroom/accounts";
import type { Deployment, Router } from "@darkroom/router";

/**
 * What models are called, for lists of those that somebody may use. A group that has its model's own name goes by that of
 * its provider too, as with LiteLLM: `openai/*` lets use `gpt-image-1`.
 */
export function modelNames(
  router: Pick<Router, "namesOf" | "limitedNameOf" | "groupNameFor">,
  deployments: readonly Pick<Deployment, "group" | "model" | "provider">[],
  accessGroups: ReadonlyMap<string, readonly string[]>,
): ModelNames {
  const providers = new Map<string, Set<string>>();
  for (const { group, model, provider = "openai" } of deployments)
    if (group === model) providers.set(group, (providers.get(group) ?? new Set()).add(provider));
  return {
    namesOf: (model) => {
      const ofGroup = providers.get(router.groupNameFor(model) ?? "") ?? [];
      return [
        ...router.namesOf(model),
        ...[...ofGroup].map((provider) => `${provider}/${router.limitedNameOf(model)}`),
      ];
    },
    accessGroupsOf: (group) => accessGroups.get(group) ?? [],
  };
}
