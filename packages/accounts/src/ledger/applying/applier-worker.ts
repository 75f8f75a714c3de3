import { setTimeout as wait } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { PostgresSettings } from "../../database/postgres/postgres-settings.js";
import { Follower, type FollowerReport, type LedgerProgress } from "./follower.js";

/** What the thread that applies is started with. */
export interface ApplierSettings {
  readonly folder: string;
  /** Where the ledger is, unless it is in the folder too. */
  readonly postgres?: PostgresSettings;
  readonly committedAtStart: number;
}

export type ToApplier =
  | { readonly kind: "follow"; readonly through: number }
  | { readonly kind: "delete"; readonly beforeMs: number }
  | { readonly kind: "close" };

export type FromApplier =
  | FollowerReport
  | { readonly kind: "opened"; readonly progress: LedgerProgress }
  | { readonly kind: "refused"; readonly reason: string };

/** The thread that applies: a follower, told of the journal's commits by messages. */
async function work(port: NonNullable<typeof parentPort>, settings: ApplierSettings): Promise<void> {
  const say = (message: FromApplier): void => port.postMessage(message);
  const closing = new AbortController();
  const follower = await Follower.open({
    ...settings,
    report: say,
    wait: (milliseconds) => wait(milliseconds, undefined, { signal: closing.signal }).catch(() => undefined),
  });
  say({ kind: "opened", progress: follower.progress });
  port.on("message", (message: ToApplier) => {
    if (message.kind === "follow") void follower.follow(message.through);
    else if (message.kind === "delete") void follower.deleteBefore(message.beforeMs);
    else {
      closing.abort();
      void follower.close().then(() => port.close());
    }
  });
}

if (parentPort !== null) {
  const port = parentPort;
  work(port, workerData as ApplierSettings).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    port.postMessage({ kind: "refused", reason } satisfies FromApplier);
  });
}
