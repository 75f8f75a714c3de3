import { type RunningSimulator, startSimulator } from "../running-simulator.js";
import { houseModel } from "./house-model.js";
import { models } from "./varied-edits.js";

/** Both organisations know them, so that it does not matter which key serves. */
const files = ["org-one", "org-two"].flatMap((organization) =>
  ["square", "landscape", "portrait"].map((picture) => ({ id: `file-${picture}`, organization, picture })),
);

/** A simulator that knows all that varied edits name: every model, one with prices of its own among them, and files. */
export function startSimulatorForEdits(
  configuration: Readonly<Record<string, unknown>>,
): Promise<RunningSimulator> {
  return startSimulator({
    models: models.map((id) =>
      id === houseModel.name ? { id, like: houseModel.like, prices: houseModel.upstreamPrices } : id,
    ),
    files,
    ...configuration,
  });
}
