import { stringify } from "yaml";
import { simulatorKeys } from "../running-simulator.js";
import { houseModel } from "./house-model.js";
import { models, unreachableGroup } from "./varied-edits.js";

/** Nothing listens on port 1. */
const refusingUrl = "http://127.0.0.1:1/v1";

/** Attempts beyond the first, enough for an edit's own mishap and what may strike any of them. */
export const retries = 6;

/** Nothing here takes as long, even on a busy machine: what does was lost on its way. */
const timeoutSeconds = 30;

/**
 * The text of a config.yaml that serves all that varied edits ask for.
 * @param further what else it has, by section; it goes before what stands here
 */
export function reconciledConfig(
  simulatorUrl: string,
  { router_settings: ofRouter = {}, ...sections }: Readonly<Record<string, object>> = {},
): string {
  const deployments = (group: string, model: string, apiBase: string): object[] =>
    Object.entries(simulatorKeys).map(([name, key]) => ({
      model_name: group,
      litellm_params: {
        model: `openai/${model}`,
        api_base: apiBase,
        api_key: key,
        ...(model === houseModel.name ? houseModel.configuredPrices : {}),
      },
      model_info: { id: `${group}-${name}` },
    }));
  return stringify({
    model_list: [
      ...models.flatMap((model) => deployments(model, model, `${simulatorUrl}/v1`)),
      ...deployments(unreachableGroup.name, "gpt-image-1-mini", refusingUrl),
    ],
    router_settings: {
      num_retries: retries,
      timeout: timeoutSeconds,
      // So much goes wrong on purpose that nobody would be left to call.
      disable_cooldowns: true,
      retry_budget_per_minute: 1_000_000,
      fallbacks: [{ [unreachableGroup.name]: [unreachableGroup.fallback] }],
      ...ofRouter,
    },
    ...sections,
  });
}
