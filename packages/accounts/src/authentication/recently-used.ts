/** A map that forgets what was not used for longest when it is full. */
export class RecentlyUsed<Value> {
  readonly #values = new Map<string, Value>();

  constructor(private readonly most: number) {}

  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    // A map goes through its entries in the order in which they were set.
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const oldest = this.#values.keys().next();
    if (this.#values.size > this.most && !oldest.done) this.#values.delete(oldest.value);
  }

  deleteWhere(isGone: (value: Value, key: string) => boolean): void {
    for (const [key, value] of this.#values) if (isGone(value, key)) this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }
}
