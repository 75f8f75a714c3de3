import { Round } from "./round.js";

/** What decides when it is somebody's turn. */
export interface Place {
  readonly caller: string;
  /** Share of the caller; positive. */
  readonly weight: number;
  /** Lower comes first. */
  readonly priority: number;
  /** Its size. */
  readonly images: number;
}

/** Those who wait, in the order in which it is their turn: strictly by priority, and in {@link Round}s within each. */
export class FairQueue<Item extends Place> {
  /** In the order of their arrival. */
  readonly #items = new Set<Item>();
  /** Lowest priority number first. */
  #rounds: Round<Item>[] = [];

  get size(): number {
    return this.#items.size;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#items.values();
  }

  has(item: Item): boolean {
    return this.#items.has(item);
  }

  add(item: Item): void {
    this.#items.add(item);
    this.#roundOf(item).add(item);
  }

  /** What it was charged stays charged; nothing happens if it is not there. */
  remove(item: Item): void {
    if (!this.#items.delete(item)) return;
    const round = this.#roundOf(item);
    round.remove(item);
    if (round.isEmpty) this.#rounds = this.#rounds.filter((other) => other !== round);
  }

  /** Whose turn it is among some. */
  next(isAsked: (item: Item) => boolean): Item | undefined {
    for (const round of this.#rounds) {
      const item = round.next(isAsked);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  /** Turns pass until it is this one's, whose images are charged to its caller. */
  serve(item: Item): void {
    this.#roundOf(item).serve(item);
  }

  /** Its images are charged to its caller, out of turn. */
  letPass(item: Item): void {
    this.#roundOf(item).charge(item);
  }

  /** It was not served after all. */
  refund(item: Item): void {
    if (this.#items.has(item)) this.#roundOf(item).refund(item);
  }

  /**
   * Who leaves where there is no place: the newest, among the least urgent ones, of the caller with most requests for its weight.
   * Of two such callers the one that came last.
   */
  toDrop(mayLeave: (item: Item) => boolean): Item | undefined {
    const newestFirst = [...this.#items].reverse().filter(mayLeave);
    const places = new Map<string, number>();
    for (const { caller, weight } of newestFirst) {
      places.set(caller, (places.get(caller) ?? 0) + 1 / weight);
    }
    let largest: string | undefined;
    for (const [caller, share] of places) {
      if (largest === undefined || share > (places.get(largest) ?? 0)) largest = caller;
    }
    const ofLargest = newestFirst.filter(({ caller }) => caller === largest);
    const leastUrgent = Math.max(...ofLargest.map(({ priority }) => priority));
    return ofLargest.find(({ priority }) => priority === leastUrgent);
  }

  #roundOf({ priority }: Item): Round<Item> {
    const found = this.#rounds.find((round) => round.priority === priority);
    if (found !== undefined) return found;
    const round = new Round<Item>(priority);
    this.#rounds = [...this.#rounds, round].sort((one, other) => one.priority - other.priority);
    return round;
  }
}
