/** An entry of the journal that does not say what it must. */
export class UnreadableEntryError extends Error {
  override readonly name = "UnreadableEntryError";
}

/** Up to 10^18: a 64-bit integer holds it, and the sum of nine such. */
const amountForm = /^-?\d{1,18}$/;

/**
 * Reads the fields of a JSON object one by one. Whatever has another type is refused, with its name: a value of an unforeseen
 * type would end the process when it is bound to a statement.
 */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #name: string;

  /** @throws UnreadableEntryError where the value is no object, as all that follow where a field is not as it must be */
  constructor(value: unknown, name: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new UnreadableEntryError(`${name} is no object`);
    this.#values = value as Readonly<Record<string, unknown>>;
    this.#name = name;
  }

  object(name: string): Fields {
    return new Fields(this.#values[name], `${this.#name}.${name}`);
  }

  optionalObject(name: string): Fields | undefined {
    return this.has(name) ? this.object(name) : undefined;
  }

  list(name: string): Fields[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) throw this.#wrong(name, "a list");
    return value.map((item, index) => new Fields(item, `${this.#name}.${name}[${index}]`));
  }

  text(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value : this.#fail(name, "a text");
  }

  id(name: string): string {
    const text = this.text(name);
    return text === "" ? this.#fail(name, "an id") : text;
  }

  optionalText(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  flag(name: string): boolean {
    const value = this.#values[name];
    return typeof value === "boolean" ? value : this.#fail(name, "true or false");
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.#values[name];
    return words.find((word) => word === value) ?? this.#fail(name, `one of ${words.join(", ")}`);
  }

  /** A whole number from 0. */
  count(name: string): number {
    const value = this.#values[name];
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : this.#fail(name, "a whole number from 0");
  }

  optionalCount(name: string): number | null {
    return this.has(name) ? this.count(name) : null;
  }

  /** A time or a duration; parts of a millisecond are rounded away. */
  milliseconds(name: string): number {
    const value = this.#values[name];
    const whole = typeof value === "number" ? Math.round(value) : -1;
    return Number.isSafeInteger(whole) && whole >= 0 ? whole : this.#fail(name, "milliseconds");
  }

  /** Nano-dollars, as a text in the JSON. */
  amount(name: string): bigint {
    const amount = this.signedAmount(name);
    return amount >= 0n ? amount : this.#fail(name, "an amount from 0");
  }

  signedAmount(name: string): bigint {
    const value = this.#values[name];
    return typeof value === "string" && amountForm.test(value)
      ? BigInt(value)
      : this.#fail(name, "a text of nano-dollars");
  }

  /** Null says something here, so that it must not be left out. */
  amountOrNull(name: string): bigint | null {
    return this.#values[name] === null ? null : this.amount(name);
  }

  get names(): readonly string[] {
    return Object.keys(this.#values);
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  #fail(name: string, expected: string): never {
    throw this.#wrong(name, expected);
  }

  #wrong(name: string, expected: string): UnreadableEntryError {
    return new UnreadableEntryError(`${this.#name}.${name} is not ${expected}`);
  }
}
