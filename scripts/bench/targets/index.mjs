/** In the order of the tables. */
import { darkroom } from "./darkroom.mjs";
import { darkroomKeys } from "./darkroom-keys.mjs";
import { direct } from "./direct.mjs";
import { naive } from "./naive.mjs";
import { nginx } from "./nginx.mjs";
import { pipe } from "./pipe.mjs";
import { portkey } from "./portkey.mjs";

/** @type {import("./target.mjs").Target[]} */
export const allTargets = [direct, nginx, pipe, naive, portkey, darkroom, darkroomKeys];
