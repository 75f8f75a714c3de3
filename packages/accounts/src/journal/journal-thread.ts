/** The thread that writes the journal: commits batch by batch, and says when each is on the disk. */
import { parentPort, workerData } from "node:worker_threads";
import Database from "libsql";
import { JournalWriter } from "./journal-writer.js";
import type { BatchMessage, Command, ThreadAnswer, ThreadData } from "./messages.js";

/** What SQLite says where there is no room: for a file, or for the index of the log, which it keeps beside it. */
const noRoom = new Set(["SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"]);

const { folder, nowMs } = workerData as ThreadData;
/** None, once nothing may be written any more. */
let writer = open();
parentPort?.on("message", (command: Command) => {
  if (command.kind === "close") close();
  else if (writer !== undefined) commit(writer, command);
});

function open(): JournalWriter | undefined {
  try {
    const opened = new JournalWriter(folder, nowMs);
    const { id, committed, prunedThrough, recovered, isReplacement } = opened;
    answer({ kind: "opened", id, committed, prunedThrough, recovered, isReplacement });
    return opened;
  } catch (error) {
    answer({ kind: "refused", message: messageOf(error) });
    return undefined;
  }
}

function commit(writer: JournalWriter, batch: BatchMessage): void {
  try {
    writer.write(batch);
  } catch (error) {
    return isNoRoom(error) ? answer({ kind: "full" }) : giveUp(error);
  }
  const { committed, prunedThrough } = writer;
  answer({ kind: "committed", committed, prunedThrough });
  try {
    writer.tidy();
  } catch (error) {
    // Without room the log goes on growing, until a commit fails for the same reason.
    if (!isNoRoom(error)) giveUp(error);
  }
}

/** Not even the file is closed, since that would write once more. */
function giveUp(error: unknown): void {
  writer = undefined;
  answer({ kind: "broken", reason: messageOf(error) });
}

function close(): void {
  try {
    writer?.close();
  } catch {
    // What was committed is in the log, and is found there.
  }
  answer({ kind: "closed" });
}

function isNoRoom(error: unknown): boolean {
  return error instanceof Database.SqliteError && noRoom.has(error.code);
}

function messageOf(error: unknown): string {
  if (error instanceof Database.SqliteError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}

function answer(message: ThreadAnswer): void {
  parentPort?.postMessage(message);
}
