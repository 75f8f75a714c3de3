import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { elsewherePath } from "../ledger/files.js";

/** What a folder says of where its books are. `under way`: a move was begun, and nobody knows whether it came to its end. */
export interface Mark {
  readonly place: string;
  readonly state: "there" | "under way";
}

const underWay = " (a move that is under way)";

/** Undefined: its books are in the folder itself. */
export function readMark(folder: string): Mark | undefined {
  const path = elsewherePath(folder);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8").trim();
  return text.endsWith(underWay)
    ? { place: text.slice(0, -underWay.length), state: "under way" }
    : { place: text, state: "there" };
}

/** On the disk once this returns: no gateway applies its journal in the folder any more. */
export function writeMark(folder: string, { place, state }: Mark): void {
  const text = `${place}${state === "under way" ? underWay : ""}\n`;
  writeFileSync(elsewherePath(folder), text, { flush: true });
}
