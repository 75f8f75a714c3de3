import {
  type ExportFormat,
  type LedgerReports,
  attemptColumns,
  exported,
  requestColumns,
} from "@darkroom/accounts";
import { type LedgerQuery, attemptFilterOf, requestFilterOf } from "../../ledger/query.js";

export interface ExportOptions extends LedgerQuery {
  readonly format: ExportFormat;
  /** Requests in place of attempts. */
  readonly requests: boolean;
}

/** `darkroom ledger export`: all attempts, or requests, that the filter fits, as text in parts. */
export function exportedText(reports: LedgerReports, options: ExportOptions): AsyncIterable<string> {
  if (options.requests) {
    const filter = requestFilterOf(options, Date.now());
    return exported((page) => reports.requests(filter, page), requestColumns, options.format);
  }
  const filter = attemptFilterOf(options, Date.now());
  return exported((page) => reports.attempts(filter, page), attemptColumns, options.format);
}
