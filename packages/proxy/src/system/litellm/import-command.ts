import { RunningProcess } from "../running-process.js";

/** What `darkroom import litellm --json` prints. */
export interface Imported {
  readonly counts: Readonly<Record<string, { readonly new: number; readonly here: number }>>;
  readonly spend: { readonly new: number; readonly here: number };
  readonly findings: readonly { kind: string; name: string; what: string; reason: string }[];
}

export interface PrintedCommand {
  readonly code: number | null;
  /** On standard output, and on standard error. */
  readonly printed: string;
  readonly said: string;
}

/** Runs a command of Darkroom's to its end. */
export async function darkroom(
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<PrintedCommand> {
  const running = new RunningProcess({ program: "proxy/dist/main.js", arguments: flags, environment });
  const { code } = await running.ended;
  const result = { code, printed: running.standardOutput.trim(), said: running.standardError.trim() };
  await running.stop();
  return result;
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
