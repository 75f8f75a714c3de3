import type { Deployment } from "../deployments/deployment.js";
import { SimpleShuffle } from "./simple-shuffle.js";
import type { RoomOf, Strategy } from "./strategy.js";

/**
 * Most room first: the share that is free of the limit that is nearest to being full, whichever that is. Of equals, any;
 * those without limits have all the room there is.
 */
export class UsageBased implements Strategy {
  readonly #ties: SimpleShuffle;

  constructor(
    random: () => number,
    private readonly room: RoomOf,
  ) {
    this.#ties = new SimpleShuffle(random);
  }

  order(candidates: readonly Deployment[]): Deployment[] {
    const rooms = new Map(candidates.map(({ id }) => [id, this.room.of(id)]));
    const roomOf = ({ id }: Deployment): number => rooms.get(id) ?? 1;
    return this.#ties.order(candidates).sort((one, other) => roomOf(other) - roomOf(one));
  }
}
