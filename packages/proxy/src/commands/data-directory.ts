import { resolve } from "node:path";

/** Where what is kept lives: the option, else the environment, else a folder here. */
export function dataDirectory({ dataDir }: { readonly dataDir?: string }): string {
  return resolve(dataDir ?? process.env["DARKROOM_DATA_DIR"] ?? "data");
}
