import type { Submission } from "../submission/submission.js";
import { RefusedError } from "./refusal.js";
import { refusals } from "./refusals.js";

/**
 * Reads single fields with their types. A form holds text only, so `n` is "2" and `stream` is "true" there;
 * a JSON body must hold the type itself.
 */
export class FieldValues {
  constructor(private readonly submission: Submission) {}

  text(name: string): string | undefined {
    const value = this.submission.fields.get(name);
    if (value === undefined || typeof value === "string") return value;
    throw new RefusedError(refusals.wrongType(name, "a string", kindOf(value)));
  }

  oneOf<Value extends string>(name: string, supported: readonly Value[]): Value | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = supported.find((candidate) => candidate === value);
    if (found === undefined) throw new RefusedError(refusals.unsupportedValue(name, value, supported));
    return found;
  }

  integer(name: string, minimum: number, maximum: number): number | undefined {
    const value = this.submission.fields.get(name);
    if (value === undefined) return undefined;
    const isWritten =
      this.submission.bodyType === "multipart" && typeof value === "string" && /^-?\d+$/.test(value);
    const number = isWritten ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) {
      throw new RefusedError(refusals.wrongType(name, "an integer", kindOf(value)));
    }
    if (number < minimum) throw new RefusedError(refusals.belowMinimum(name, minimum, number));
    if (number > maximum) throw new RefusedError(refusals.aboveMaximum(name, maximum, number));
    return number;
  }

  boolean(name: string): boolean | undefined {
    const value = this.submission.fields.get(name);
    if (value === undefined || typeof value === "boolean") return value;
    if (this.submission.bodyType === "multipart" && (value === "true" || value === "false"))
      return value === "true";
    throw new RefusedError(refusals.wrongType(name, "a boolean", kindOf(value)));
  }
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return "a string";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal number";
  if (typeof value === "boolean") return "a boolean";
  return Array.isArray(value) ? "an array" : "an object";
}
