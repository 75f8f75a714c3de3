import { parseUsd } from "@darkroom/cost-calculator";
import { parseTime } from "../parse-time.js";

/** What a row says cannot be taken over; the message goes on from "it ... ". */
export class RowError extends Error {
  override readonly name = "RowError";
}

/** More could not be counted exactly. In nano-dollars: four million dollars. */
const largestBudgetNanoUsd = 4_000_000_000_000_000n;

/** A row of LiteLLM's, or an object within one. What is null is absent. */
export class LiteLlmRow {
  constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  get names(): readonly string[] {
    return Object.keys(this.values);
  }

  value(name: string): unknown {
    return this.values[name] ?? undefined;
  }

  /** Absent where it is empty. */
  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  texts(name: string): readonly string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  }

  /** Empty where there is none. Prisma has stored some as texts. */
  object(name: string): LiteLlmRow {
    const value = this.values[name];
    const object = typeof value === "string" ? parsed(value) : value;
    return new LiteLlmRow(isObject(object) ? object : {});
  }

  objects(name: string): readonly LiteLlmRow[] {
    const value = this.values[name];
    const list = typeof value === "string" ? parsed(value) : value;
    return Array.isArray(list) ? list.filter(isObject).map((item) => new LiteLlmRow(item)) : [];
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return this.values;
  }

  /** A whole number from 0. @throws RowError */
  count(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw new RowError(`has a '${name}' that is no whole number from 0`);
  }

  number(name: string): number {
    const value = this.values[name];
    return typeof value === "number" && Number.isFinite(value) ? value : 0;
  }

  /** A limit in dollars, which LiteLLM keeps as a float, as nano-dollars. @throws RowError */
  budget(name: string): bigint | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const nanoUsd = typeof value === "number" && value >= 0 ? nanoUsdOf(value) : undefined;
    if (nanoUsd === undefined || nanoUsd > largestBudgetNanoUsd)
      throw new RowError(`has a '${name}' that is not from $0 to $4000000`);
    return nanoUsd;
  }

  /** What was spent, in nano-dollars: the float's nearest. Refunds below nothing are nothing. */
  spend(name = "spend"): bigint {
    return nanoUsdOf(Math.max(0, this.number(name)));
  }

  /** Milliseconds since 1970. Prisma's times are UTC without saying so. @throws RowError */
  time(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const ms = parseTime(text);
    if (Number.isNaN(ms)) throw new RowError(`has a '${name}' that is no time`);
    return ms;
  }
}

/** A float's digits beyond the ninth decimal are noise of its sums. */
export function nanoUsdOf(dollars: number): bigint {
  return parseUsd(dollars.toFixed(9));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
