import type { EditParameters } from "../request.js";
import { InvalidRequestError } from "./invalid-request-error.js";

/** Reads one top-level value of a request; text where the form only knows text, undefined where it was not sent. */
export type ValueOf = (name: string) => unknown;

/** Far above OpenAI's 10, which is the upstream's to enforce: it only keeps estimates and meters finite. */
const mostImages = 1000;

function invalid(field: string, expected: string): InvalidRequestError {
  return new InvalidRequestError(`Invalid value for '${field}': ${expected}.`, {
    field,
    code: "invalid_value",
  });
}

/** OpenAI's limit is 3; again the upstream's to enforce. */
const mostPartialImages = 1000;

/** A whole number between `least` and `most`, as a number or as its decimal digits. */
export function wholeNumber(field: string, value: unknown, least: number, most: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < least || number > most) {
    throw invalid(field, `expected a whole number from ${least} to ${most}`);
  }
  return number;
}

/** A switch, as a boolean or as the words that clients send in forms. */
export function truth(field: string, value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (word === "true" || word === "1" || word === 1) return true;
  if (word === "false" || word === "0" || word === 0) return false;
  throw invalid(field, "expected true or false");
}

/** A positive number of seconds, in milliseconds. */
export function secondsAsMilliseconds(
  field: string,
  value: unknown,
  mostSeconds: number,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !(number > 0) || number > mostSeconds) {
    throw invalid(field, `expected a number of seconds above 0 and up to ${mostSeconds}`);
  }
  return Math.max(1, Math.round(number * 1000));
}

/** Text; other types are refused. */
export function text(field: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(field, "expected a string");
  return value;
}

/**
 * What cost and routing need to know of a request.
 * @throws InvalidRequestError with the field's name
 */
export function readParameters(valueOf: ValueOf): EditParameters {
  const size = text("size", valueOf("size"));
  const quality = text("quality", valueOf("quality"));
  const partialImages = wholeNumber("partial_images", valueOf("partial_images"), 0, mostPartialImages);
  const inputFidelity = text("input_fidelity", valueOf("input_fidelity"));
  const parameters: { -readonly [Name in keyof EditParameters]: EditParameters[Name] } = {
    n: wholeNumber("n", valueOf("n"), 1, mostImages) ?? 1,
    stream: truth("stream", valueOf("stream")) ?? false,
  };
  if (size !== undefined) parameters.size = size;
  if (quality !== undefined) parameters.quality = quality;
  if (partialImages !== undefined) parameters.partialImages = partialImages;
  if (inputFidelity !== undefined) parameters.inputFidelity = inputFidelity;
  return parameters;
}
