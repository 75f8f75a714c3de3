export { type KeptMasterKey, keptMasterKey } from "./authentication/kept-master-key.js";
export { type RequestHeaders, keyFromHeaders } from "./authentication/key-from-headers.js";
export { MasterKey } from "./authentication/master-key.js";
export {
  DataFolderError,
  DataFolderInUseError,
  JournalFileError,
  JournalUnavailableError,
} from "./journal/errors.js";
export type { JournalState } from "./journal/commit-queue.js";
export { Journal, type JournalOptions } from "./journal/journal.js";
export type {
  Charge,
  CorrectionRecord,
  IntentRecord,
  OutcomeRecord,
  OutcomeState,
  RefusalsRecord,
  RequestRecord,
} from "./journal/records.js";
export type { ApplierState } from "./ledger/applying/applier-thread.js";
export type { EntrySetAside } from "./ledger/applying/applier.js";
export type { UncertainTotal } from "./ledger/applying/spend-changes.js";
export { LedgerError } from "./ledger/errors.js";
export { type FollowedJournal, Ledger, type LedgerOptions } from "./ledger/ledger.js";
export {
  type LedgerColumn,
  asObject,
  attemptColumns,
  inDollars,
  requestColumns,
} from "./ledger/reports/columns.js";
export type { ExplainedAttempt, RequestExplanation } from "./ledger/reports/explain.js";
export { type ExportFormat, exportFormats, exported } from "./ledger/reports/export.js";
export type { AttemptFilter, RequestFilter } from "./ledger/reports/filter.js";
export { type Page, type PageRequest, isPageEnd } from "./ledger/reports/page.js";
export { type LedgerReports, Reports } from "./ledger/reports/reports.js";
export type { LedgerAttempt, LedgerCorrection, LedgerRequest } from "./ledger/reports/rows.js";
export type { MeterSpend } from "./ledger/reports/spend.js";
export { type KeyedSum, type LedgerSum, type SumKey, sumKeys } from "./ledger/reports/sum.js";
export { type Settlement, SettlementError } from "./ledger/settlement.js";
