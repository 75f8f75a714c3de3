import type { Clock } from "./stay.js";
import type { EndOfVisit, Visit } from "./visit.js";
import { defaultMaxQueue, WaitingRoom } from "./waiting-room.js";

/** The waiting rooms of all model groups. There is one only while somebody waits in it. */
export class WaitingRooms {
  readonly #rooms = new Map<string, WaitingRoom>();
  #isClosed = false;

  /** @param settings `maxQueue`: how many wait in one room, at least 1; {@link defaultMaxQueue} unless given */
  constructor(
    private readonly settings: { readonly maxQueue?: number },
    private readonly clock: Clock,
  ) {}

  /** By group. */
  get occupied(): ReadonlyMap<string, Pick<WaitingRoom, "waiting" | "callers">> {
    return this.#rooms;
  }

  /** Whether somebody waits for the group: who comes then waits as well, and does not take what others wait for. */
  isWaitedIn(group: string): boolean {
    return this.#rooms.has(group);
  }

  /** Waits until it is admitted, or may wait no longer. Never rejects. */
  enter<Turn>(group: string, visit: Visit<Turn>): Promise<EndOfVisit<Turn>> {
    if (this.#isClosed) return Promise.resolve({ kind: "dropped" });
    if (visit.client.isGone) return Promise.resolve({ kind: "gone" });
    return this.#roomOf(group).enter(visit);
  }

  /** Something came back: groups may share what they take from, so all look. */
  wake(): void {
    for (const room of this.#rooms.values()) room.wake();
  }

  /** All who wait are dropped, and nobody is let in any more. */
  close(): void {
    this.#isClosed = true;
    for (const room of [...this.#rooms.values()]) room.dropAll();
  }

  #roomOf(group: string): WaitingRoom {
    const found = this.#rooms.get(group);
    if (found !== undefined) return found;
    const { maxQueue = defaultMaxQueue } = this.settings;
    const room = new WaitingRoom(maxQueue, this.clock, () => this.#rooms.delete(group));
    this.#rooms.set(group, room);
    return room;
  }
}
