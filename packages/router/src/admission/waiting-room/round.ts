import type { Place } from "./fair-queue.js";

/** Those of one caller, first come first served. */
interface Line<Item> {
  readonly caller: string;
  weight: number;
  /** Images that it may have before its next turn; what it was let have beyond that is below zero. */
  credit: number;
  readonly items: Item[];
}

/** Credits are sums of fractions where weights are. */
const rounding = 1e-9;

/** Who is not served in its turn, because it cannot be tried now, saves up no more than for its largest request. */
function largestOf({ items }: Line<Place>): number {
  return Math.max(...items.map(({ images }) => images));
}

/**
 * Deficit round robin over callers (Shreedhar and Varghese, "Efficient fair queueing using deficit round robin", SIGCOMM 1995).
 * A caller whose turn comes is credited its weight in images, and is served while its credit covers its next request. Credit
 * is kept from turn to turn as long as the caller waits, so that a large request is as fair as many small ones.
 *
 * Rounds in which nobody could be served are reckoned, not walked through. To look does not let turns pass.
 */
export class Round<Item extends Place> {
  /** In the order in which their next turns come. */
  #lines: Line<Item>[] = [];
  /** Whose turn it is now: the last of the lines, unless it has gone. */
  #current: Line<Item> | undefined;

  constructor(readonly priority: number) {}

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  add(item: Item): void {
    const { caller, weight } = item;
    const line = this.#lines.find((other) => other.caller === caller);
    if (line === undefined) {
      const beforeCurrent = this.#lines.length - (this.#current === undefined ? 0 : 1);
      this.#lines.splice(beforeCurrent, 0, { caller, weight, credit: 0, items: [item] });
    } else {
      line.weight = weight;
      line.items.push(item);
    }
  }

  remove(item: Item): void {
    const line = this.#lineOf(item);
    line.items.splice(line.items.indexOf(item), 1);
    if (line.items.length > 0) return;
    this.#lines.splice(this.#lines.indexOf(line), 1);
    if (line === this.#current) this.#current = undefined;
  }

  /** The one that is served first if only these are asked. */
  next(isAsked: (item: Item) => boolean): Item | undefined {
    let next: Item | undefined;
    let fewest = Infinity;
    for (const [index, line] of this.#lines.entries()) {
      const item = line.items.find(isAsked);
      if (item === undefined) continue;
      const turns = this.#turnsUntil(item, line, index);
      if (turns >= fewest) continue;
      next = item;
      fewest = turns;
    }
    return next;
  }

  serve(item: Item): void {
    const line = this.#lineOf(item);
    const index = this.#lines.indexOf(line);
    const turns = this.#turnsUntil(item, line, index);
    line.credit -= item.images;
    if (turns === 0) return;
    for (const [place, each] of this.#lines.entries()) {
      const credit = each.credit + each.weight * this.#turnsOf(place, turns);
      each.credit = Math.min(credit, largestOf(each) + each.weight);
    }
    this.#lines = [...this.#lines.slice(index + 1), ...this.#lines.slice(0, index + 1)];
    this.#current = line;
  }

  charge(item: Item): void {
    this.#lineOf(item).credit -= item.images;
  }

  refund(item: Item): void {
    this.#lineOf(item).credit += item.images;
  }

  /** How many turns of anybody pass until this one can be served. */
  #turnsUntil(item: Item, line: Line<Item>, index: number): number {
    const own = Math.ceil((item.images - line.credit) / line.weight - rounding);
    if (line === this.#current && own <= 0) return 0;
    return (Math.max(1, own) - 1) * this.#lines.length + index + 1;
  }

  /** How many of those turns are the one's at this index. */
  #turnsOf(index: number, turns: number): number {
    return Math.max(0, Math.ceil((turns - index) / this.#lines.length));
  }

  /** @throws Error if its caller does not wait here */
  #lineOf({ caller }: Item): Line<Item> {
    const line = this.#lines.find((other) => other.caller === caller);
    if (line === undefined) throw new Error("Nobody of this caller waits here.");
    return line;
  }
}
