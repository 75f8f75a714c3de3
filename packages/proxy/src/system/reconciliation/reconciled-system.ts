import { type RunningGateway, startGateway } from "../running-gateway.js";
import type { FaultRule, RunningSimulator } from "../running-simulator.js";
import { reconciledConfig, retries } from "./reconciled-config.js";
import { startSimulatorForEdits } from "./simulator-for-edits.js";
import type { VariedEdit } from "./varied-edits.js";

/** A gateway over the simulator, which is to keep a bill of these edits. */
export interface ReconciledSystem {
  readonly simulator: RunningSimulator;
  readonly gateway: RunningGateway;
}

export async function startReconciledSystem(
  seed: number,
  edits: readonly VariedEdit[],
): Promise<ReconciledSystem> {
  const simulator = await startReconciledSimulator(seed, edits);
  const gateway = await startGateway({ config: reconciledConfig(simulator.url) });
  return { simulator, gateway };
}

/**
 * A simulator that keeps a bill and a record of all these edits, answers with every kind of usage and lets everything go
 * wrong that can.
 */
export function startReconciledSimulator(
  seed: number,
  edits: readonly VariedEdit[],
  configuration: Readonly<Record<string, unknown>> = {},
): Promise<RunningSimulator> {
  const usage = { cached: 0.4, cachedDetails: 0.6, textOutput: 0.3, outputDetails: 0.7 };
  const recordedRequests = (retries + 1) * edits.length;
  return startSimulatorForEdits(edits, { seed, usage, recordedRequests, ...configuration }, faultsOfAny);
}

/** They strike when nobody can know yet whose edit it is, long before anything is billed. */
const faultsOfAny: readonly FaultRule[] = [
  { kind: "status", status: 503, when: "before" },
  { kind: "reset", when: "before" },
  { kind: "reset", when: "during" },
].map((fault) => ({ probability: 0.01, fault }));
