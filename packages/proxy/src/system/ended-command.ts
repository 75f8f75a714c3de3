import { RunningProcess } from "./running-process.js";

/** A command that has come to its end. */
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
