import { parentPort, workerData } from "node:worker_threads";
import { type LedgerReports, Reports } from "./reports.js";

/** A question to the thread that reports. */
export interface ReportQuestion {
  readonly id: number;
  readonly name: keyof LedgerReports;
  readonly values: readonly unknown[];
}

export type ReportAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly reason: string };

/** The thread that reports: one question after the other. Its connection is made with the first one. */
if (parentPort !== null) {
  const port = parentPort;
  const { folder } = workerData as { folder: string };
  let reports: Reports | undefined;
  const answer = async ({ name, values }: ReportQuestion): Promise<unknown> => {
    reports ??= Reports.ofFolder(folder);
    const ask = reports[name].bind(reports) as (...given: readonly unknown[]) => Promise<unknown>;
    return ask(...values);
  };
  port.on("message", (question: ReportQuestion) => {
    const { id, name } = question;
    void answer(question)
      .then(
        (result): ReportAnswer => ({ id, result }),
        (error: unknown): ReportAnswer => ({
          id,
          reason: error instanceof Error ? error.message : String(error),
        }),
      )
      .then((message) => {
        port.postMessage(message);
        if (name === "close") port.close();
      });
  });
}
