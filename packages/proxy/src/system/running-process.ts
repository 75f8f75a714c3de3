import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface ProcessOptions {
  /** The built program, from the folder of all packages: `proxy/dist/main.js`. */
  readonly program: string;
  readonly arguments: readonly string[];
  /** All that the process gets to see, beside the search path: nothing of the surrounding environment leaks in. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What its command line begins with, for a surrounding in which it is to run. */
  readonly prefix?: readonly string[];
  /** Files in the folder of its own that the process works in. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

const running = new Set<RunningProcess>();

/** A program of ours as a process with an environment and a folder of its own, and all that it has printed. */
export class RunningProcess {
  /** Where it works, and where `files` lie. Gone once it is stopped. */
  readonly folder = mkdtempSync(join(tmpdir(), "darkroom-system-"));
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  #standardOutput = "";
  #standardError = "";
  #onOutput: (() => void)[] = [];

  constructor({ program, arguments: flags, environment = {}, prefix = [], files = {} }: ProcessOptions) {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.folder, name), content);
    const path = process.env["PATH"] ?? "";
    const file = fileURLToPath(new URL(`../../../${program}`, import.meta.url));
    const [command = process.execPath, ...rest] = [...prefix, process.execPath, file, ...flags];
    this.child = spawn(command, rest, {
      cwd: this.folder,
      env: { PATH: path, ...environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#standardOutput += text;
      this.#tell();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#standardError += text;
      this.#tell();
    });
    this.ended = once(this.child, "close").then(([code, signal]) => {
      this.#tell();
      return { code: code as number | null, signal: signal as string | null };
    });
    running.add(this);
  }

  get standardOutput(): string {
    return this.#standardOutput;
  }

  get standardError(): string {
    return this.#standardError;
  }

  /** All lines so far, those of standard output first. */
  get lines(): string[] {
    return `${this.#standardOutput}${this.#standardError}`.split("\n").filter((line) => line !== "");
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /**
   * Waits for something to be printed.
   * @throws Error with all that was printed, if the process ends before
   */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.lines.join("\n"));
      if (match !== null) return match;
      if (this.hasEnded)
        throw new Error(`The process ended without printing ${pattern}:\n${this.lines.join("\n")}`);
      await new Promise<void>((resolve) => this.#onOutput.push(resolve));
    }
  }

  /** Ends it at once, whatever it is doing. */
  async stop(): Promise<void> {
    if (!this.hasEnded) this.child.kill("SIGKILL");
    await this.ended;
    running.delete(this);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #tell(): void {
    for (const wake of this.#onOutput.splice(0)) wake();
  }
}

/** For `afterAll`: ends every process that this test file has started. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((one) => one.stop()));
}
