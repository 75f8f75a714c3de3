import { type FaultRule, type RunningSimulator, startSimulator } from "../running-simulator.js";
import { houseModel } from "./house-model.js";
import { models, type VariedEdit } from "./varied-edits.js";

/** Both organisations know them, so that it does not matter which key serves. */
const files = ["org-one", "org-two"].flatMap((organization) =>
  ["square", "landscape", "portrait"].map((picture) => ({ id: `file-${picture}`, organization, picture })),
);

/**
 * A simulator that knows all that varied edits name (every model, one with prices of its own among them, and files), and
 * what is to go wrong with each.
 * @param faults further ones, which may strike any edit
 */
export function startSimulatorForEdits(
  edits: readonly VariedEdit[],
  configuration: Readonly<Record<string, unknown>>,
  faults: readonly FaultRule[] = [],
): Promise<RunningSimulator> {
  return startSimulator({
    models: models.map((id) =>
      id === houseModel.name ? { id, like: houseModel.like, prices: houseModel.upstreamPrices } : id,
    ),
    files,
    faults: [...faultsOf(edits), ...faults],
    ...configuration,
  });
}

function faultsOf(edits: readonly VariedEdit[]): FaultRule[] {
  return edits.flatMap(({ id, mishap }) =>
    mishap?.fault === undefined ? [] : [{ user: id, count: 1, fault: mishap.fault }],
  );
}
