import { sidesOf } from "@darkroom/cost-calculator";
import type { Deployment } from "../deployments/deployment.js";
import { knownModelOf } from "../deployments/known-model.js";
import type { EditRequest } from "../request.js";
import { drawnSizes } from "./drawn-sizes.js";
import { nextSize } from "./next-size.js";

/** A size that is made of another one; both as `512x512`. */
export interface FittedSize {
  /** What the client gets. */
  readonly asked: string;
  /** What the upstream is asked for, draws and bills. */
  readonly drawn: string;
}

/**
 * The size that `deployment` is asked for in the place of the client's. Undefined where that is not wanted, where the model
 * draws the size itself, and where no size of it would do or its sizes are not known: then the upstream gets it as it is.
 */
export function fittedSize(
  { sizeFit, parameters: { size, stream } }: Pick<EditRequest, "sizeFit" | "parameters">,
  deployment: Deployment,
): FittedSize | undefined {
  if (sizeFit === undefined || size === undefined || stream) return undefined;
  if (sizeFit === "as configured" && deployment.sizeFit !== true) return undefined;
  const asked = sidesOf(size);
  const sizes = drawnSizes(knownModelOf(deployment));
  if (asked === undefined || sizes === undefined) return undefined;
  const drawn = nextSize(asked, sizes);
  if (drawn === undefined) return undefined;
  const text = `${String(drawn.width)}x${String(drawn.height)}`;
  return text === size ? undefined : { asked: size, drawn: text };
}
