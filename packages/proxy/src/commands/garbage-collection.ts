import { setFlagsFromString } from "node:v8";

/**
 * Has V8 put every new object where the young ones are. Left alone, it takes a kind of object that outlives its first
 * collections for one that stays, and edits under way do just that while a commit is waited for; the objects it then puts
 * with the old ones keep all alive that they refer to. Measured with 32 edits of 64 KiB under way: of all that is allocated
 * 22 % grows old without this, 3 % with it.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
