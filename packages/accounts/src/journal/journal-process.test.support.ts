import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../dist/journal/journal-program.test.support.js", import.meta.url));
const running = new Set<JournalProcess>();

/** A journal in a process of its own. */
export class JournalProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #hasEnded = false;
  #printed = "";
  #onPrinted: (() => void)[] = [];

  /** @param prefix of the command line, for a surrounding in which the process is to run */
  constructor(folder: string, prefix: readonly string[] = []) {
    const [command, ...rest] = [...prefix, process.execPath, program, folder];
    this.#child = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#printed += text;
        this.#tell();
      });
    // Whoever kills it does not care for what it was still to be told.
    this.#child.stdin?.on("error", () => undefined);
    this.#ended = once(this.#child, "close").then(() => {
      this.#hasEnded = true;
      this.#tell();
    });
    running.add(this);
  }

  get lines(): string[] {
    return this.#printed.split("\n").slice(0, -1);
  }

  send(...commands: readonly string[]): void {
    this.#child.stdin?.write(commands.map((command) => `${command}\n`).join(""));
  }

  /**
   * Waits for a line.
   * @throws Error with all that was printed, if the process ends before
   */
  async printed(pattern: RegExp): Promise<string> {
    const [line = ""] = await this.printedTimes(pattern, 1);
    return line;
  }

  /**
   * Waits for so many lines.
   * @throws Error with all that was printed, if the process ends before
   */
  async printedTimes(pattern: RegExp, count: number): Promise<string[]> {
    for (;;) {
      const lines = this.lines.filter((one) => pattern.test(one));
      if (lines.length >= count) return lines;
      if (this.#hasEnded) throw new Error(`The process ended without printing ${pattern}:\n${this.#printed}`);
      await new Promise<void>((resolve) => this.#onPrinted.push(resolve));
    }
  }

  /** As a crash would end it. What it has printed before is all there afterwards. */
  async kill(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill("SIGKILL");
    await this.#ended;
    running.delete(this);
  }

  #tell(): void {
    for (const wake of this.#onPrinted.splice(0)) wake();
  }
}

/** For `afterAll`. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map((one) => one.kill()));
}
