export { admit } from "./admit.js";
export { assertHeld, greet, takeLeave } from "./fleet.js";
export { constrain, seed, usage } from "./meter-commands.js";
export { release } from "./release.js";
export { renew } from "./renew.js";
export { settle } from "./settle.js";
