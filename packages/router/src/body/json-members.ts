import { createScanner, type JSONScanner } from "jsonc-parser";
import { InvalidRequestError } from "./invalid-request-error.js";

/** A member of the outermost object, by the bytes it covers. */
export interface JsonMember {
  readonly name: string;
  /** Where its name's opening quote stands. */
  readonly start: number;
  readonly valueStart: number;
  /** Behind the last byte of its value. */
  readonly end: number;
}

// jsonc-parser declares its token kinds as a const enum, which a module compiled on its own cannot read.
const openBrace: number = 1;
const closeBrace: number = 2;
const openBracket: number = 3;
const closeBracket: number = 4;
const comma: number = 5;

/** Moves past the value that begins with the scanner's current token; answers the offset behind it. */
function skipValue(scanner: JSONScanner): number {
  let depth = 0;
  for (;;) {
    const token: number = scanner.getToken();
    if (token === openBrace || token === openBracket) depth += 1;
    if (token === closeBrace || token === closeBracket) depth -= 1;
    if (depth === 0) return scanner.getPosition();
    scanner.scan();
  }
}

function invalidJson(message: string): InvalidRequestError {
  return new InvalidRequestError(message, { code: "invalid_json" });
}

/**
 * The members of a JSON object in their order. `text` holds one character a byte (latin1), so that offsets in it
 * are offsets in the body: outside of strings JSON is ASCII.
 *
 * A name may occur once: parsers disagree on which of two counts, and what we bill and what the upstream draws
 * must be the same.
 * @throws InvalidRequestError where it is no object in strict JSON
 */
export function jsonMembers(text: string): readonly JsonMember[] {
  try {
    JSON.parse(text);
  } catch {
    throw invalidJson("The request body is not valid JSON.");
  }
  const scanner = createScanner(text, true);
  const next = (): number => scanner.scan();
  if (next() !== openBrace) throw invalidJson("The request body must be a JSON object.");
  const members = new Map<string, JsonMember>();
  while (next() !== closeBrace) {
    if ((scanner.getToken() as number) === comma) scanner.scan();
    const start = scanner.getTokenOffset();
    const name = nameAt(text, start, scanner.getPosition());
    scanner.scan();
    scanner.scan();
    const valueStart = scanner.getTokenOffset();
    if (members.has(name)) {
      throw new InvalidRequestError(`'${name}' occurs more than once in the request body.`, {
        field: name,
        code: "duplicate_field",
      });
    }
    members.set(name, { name, start, valueStart, end: skipValue(scanner) });
  }
  return [...members.values()];
}

function nameAt(text: string, start: number, end: number): string {
  return JSON.parse(Buffer.from(text.slice(start, end), "latin1").toString("utf8")) as string;
}
