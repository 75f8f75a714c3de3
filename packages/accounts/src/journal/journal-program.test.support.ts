/**
 * A process with a journal, to be killed: `journal-program.test.support.js FOLDER`. It does what it is told by the lines of
 * its standard input, and prints a line once each is done. Its clock stands still but for `probe`.
 */
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { ManualTimers } from "../manual-timers.test.support.js";
import { Journal } from "./journal.js";
import { intentOf, outcomeOf, requestOf } from "./records.test.support.js";

const [folder = ""] = process.argv.slice(2);
const timers = new ManualTimers();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Takes all the room there is on the disk of the folder. */
function fill(): void {
  const ballast = join(folder, "ballast");
  for (let size = 65_536; size > 0; size = Math.floor(size / 2)) {
    try {
      for (;;) appendFileSync(ballast, Buffer.alloc(size));
    } catch {
      // No room for so much; there may be for less.
    }
  }
}

async function perform(journal: Journal, command: string, argument: string): Promise<string> {
  switch (command) {
    case "intend":
      await journal.intend(intentOf(argument));
      return `intended ${argument}`;
    case "conclude":
      return `concluded ${argument} ${await journal.conclude(outcomeOf(argument))}`;
    case "attempt":
      say(await perform(journal, "intend", argument));
      return perform(journal, "conclude", argument);
    case "note":
      journal.note("request", requestOf(argument));
      return `noted ${argument}`;
    case "probe":
      timers.advance(1_000);
      // Where it was in vain, there is a next one.
      while (timers.pending === 0 && journal.state.name === "stopped") await setImmediate();
      return "probed";
    case "fill":
      fill();
      return "filled";
    case "free":
      rmSync(join(folder, "ballast"));
      return "freed";
    case "close":
      await journal.close();
      return "closed";
    default:
      throw new Error(`no command: ${command}`);
  }
}

async function main(): Promise<void> {
  const journal = await Journal.open({
    folder,
    timers,
    onStateChange: (state) => say(`state ${JSON.stringify(state)}`),
  });
  say(`opened ${journal.committed} ${journal.recovered}`);
  createInterface({ input: process.stdin }).on("line", (line) => {
    const [command = "", argument = ""] = line.split(" ");
    perform(journal, command, argument).then(say, (error: unknown) =>
      say(`failed ${line}: ${JSON.stringify({ message: String(error), ...(error as object) })}`),
    );
  });
}

main().catch((error: unknown) => say(`refused ${String(error)}`));
