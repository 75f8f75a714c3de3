import { stringify } from "yaml";
import { type RunningGateway, startGateway } from "../running-gateway.js";
import { type FaultRule, type RunningSimulator, simulatorKeys } from "../running-simulator.js";
import { houseModel } from "./house-model.js";
import { startSimulatorForEdits } from "./simulator-for-edits.js";
import { models, unreachableGroup, type VariedEdit } from "./varied-edits.js";

/** A gateway over the simulator, which is to keep a bill of these edits. */
export interface ReconciledSystem {
  readonly simulator: RunningSimulator;
  readonly gateway: RunningGateway;
}

/** Nothing listens on port 1. */
const refusingUrl = "http://127.0.0.1:1/v1";

/** Attempts beyond the first, enough for an edit's own mishap and what may strike any of them. */
const retries = 6;

/** Nothing here takes as long, even on a busy machine: what does was lost on its way. */
const timeoutSeconds = 30;

export async function startReconciledSystem(
  seed: number,
  edits: readonly VariedEdit[],
): Promise<ReconciledSystem> {
  const usage = { cached: 0.4, cachedDetails: 0.6, textOutput: 0.3, outputDetails: 0.7 };
  const recordedRequests = (retries + 1) * edits.length;
  const simulator = await startSimulatorForEdits(edits, { seed, usage, recordedRequests }, faultsOfAny);
  const gateway = await startGateway({ config: configOver(simulator.url) });
  return { simulator, gateway };
}

/** They strike when nobody can know yet whose edit it is, long before anything is billed. */
const faultsOfAny: readonly FaultRule[] = [
  { kind: "status", status: 503, when: "before" },
  { kind: "reset", when: "before" },
  { kind: "reset", when: "during" },
].map((fault) => ({ probability: 0.01, fault }));

function configOver(url: string): string {
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
      ...models.flatMap((model) => deployments(model, model, `${url}/v1`)),
      ...deployments(unreachableGroup.name, "gpt-image-1-mini", refusingUrl),
    ],
    router_settings: {
      num_retries: retries,
      timeout: timeoutSeconds,
      // So much goes wrong on purpose that nobody would be left to call.
      disable_cooldowns: true,
      retry_budget_per_minute: 1_000_000,
      fallbacks: [{ [unreachableGroup.name]: [unreachableGroup.fallback] }],
    },
  });
}
