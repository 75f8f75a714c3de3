import { darkroom } from "../ended-command.js";

/** What `darkroom import litellm --json` prints. */
export interface Imported {
  readonly counts: Readonly<Record<string, { readonly new: number; readonly here: number }>>;
  readonly spend: { readonly new: number; readonly here: number };
  readonly findings: readonly { kind: string; name: string; what: string; reason: string }[];
}

/** @throws Error with what it said, where it has failed */
export async function imported(
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Imported> {
  const { code, printed, said } = await darkroom(["import", "litellm", "--json", ...flags], environment);
  if (code !== 0) throw new Error(said);
  return JSON.parse(printed) as Imported;
}
