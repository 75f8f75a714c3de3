export { Authenticator, type AuthenticatorOptions } from "./authentication/authenticator.js";
export { AuthenticationError, ModelAccessError, type Refusal } from "./authentication/errors.js";
export type { KeyAccount } from "./authentication/key-account.js";
export { type KeptMasterKey, keptMasterKey } from "./authentication/kept-master-key.js";
export { type KeptSecret, type SecretKind, keptSecret } from "./authentication/kept-secret.js";
export { type RequestHeaders, keyFromHeaders } from "./authentication/key-from-headers.js";
export { MasterKey } from "./authentication/master-key.js";
export {
  type ModelNames,
  aliasedModel,
  checkModelAccess,
  mayUseModel,
} from "./authentication/model-access.js";
export type { Principal } from "./authentication/principal.js";
export { DirectoryUnavailableError } from "./authentication/remembered.js";
export { BudgetCalendar, type BudgetWindowNow, type CalendarOptions } from "./budgets/calendar.js";
export { lengthMs, parseDuration } from "./budgets/duration.js";
export {
  type BudgetWindow,
  type Limits,
  type ModelBudget,
  inherited,
  refusesRequests,
} from "./budgets/limits.js";
export { quarterHourMs, spendPeriodAt } from "./budgets/spend-period.js";
export { type LimitMeter, type PayerMeter, budgetMeters, rateMeters } from "./budgets/meters.js";
export { GatewayLock } from "./database/postgres/gateway-lock.js";
export {
  PostgresError,
  isPostgresAway,
  isPreparedPostgres,
  preparePostgres,
} from "./database/postgres/open-postgres.js";
export {
  defaultPostgresSchema,
  type PostgresSettings,
  postgresName,
  settingsFromPostgresUrl,
} from "./database/postgres/postgres-settings.js";
export {
  type AuditEntry,
  type Change,
  Directory,
  type DirectoryOptions,
  type DirectoryReader,
} from "./directory/directory.js";
export { type GatewayPlace, GatewayRegister, type KnownGateway } from "./fleet/gateway-register.js";
export { ConflictError, DirectoryError, NotFoundError } from "./directory/errors.js";
export { hasControlCharacters, longestId } from "./directory/ids.js";
export { type DirectoryChange, type DirectoryFeed, LocalFeed } from "./directory/feed.js";
export { type GatewayChannel, SharedFeed } from "./directory/shared-feed.js";
export { secretHash } from "./directory/key-secret.js";
export {
  type NewKey,
  type ShownKey,
  authoredNow,
  changedNow,
  createKey,
  deleteKey,
  rotateKey,
} from "./directory/keys.js";
export {
  addOrganizationMembers,
  removeOrganizationMember,
  updateOrganizationMember,
} from "./directory/organizations.js";
export {
  type Authored,
  type BudgetRecord,
  type CustomerRecord,
  type KeyRecord,
  type MemberRecord,
  type OrganizationMember,
  type OrganizationRecord,
  type RecordKind,
  type TagRecord,
  type TeamRecord,
  type UserRecord,
  memberIdOf,
  memberRoles,
  organizationRoles,
  userRoles,
} from "./directory/records.js";
export {
  addMember,
  deleteTeam,
  ensureUser,
  removeMember,
  updateMember,
} from "./directory/teams.js";
export { deleteUser } from "./directory/users.js";
export {
  DataFolderError,
  DataFolderInUseError,
  JournalFileError,
  JournalUnavailableError,
} from "./journal/errors.js";
export type { JournalState } from "./journal/commit-queue.js";
export { Journal, type JournalOptions } from "./journal/journal.js";
export type {
  CarriedSpendRecord,
  Charge,
  CorrectionRecord,
  IntentRecord,
  OutcomeRecord,
  OutcomeState,
  RefusalsRecord,
  RequestRecord,
} from "./journal/records.js";
export { type ImportCounts, type OpenImport, applyImport, compareImport } from "./litellm/apply-import.js";
export { type AuditedTeam, auditImageSpend } from "./litellm/audit-image-spend.js";
export { countedAlready } from "./litellm/counted-already.js";
export type { Finding, ImportedKind } from "./litellm/findings.js";
export { planImport } from "./litellm/import-plan.js";
export type { ImportOptions, ImportPlan } from "./litellm/plan.js";
export { LiteLlmDatabase, LiteLlmDatabaseError } from "./litellm/litellm-database.js";
export type { ApplierState } from "./ledger/applying/applier-thread.js";
export type { EntrySetAside } from "./ledger/applying/applier.js";
export { type KeptOutcome, keptOutcomes } from "./ledger/applying/kept-outcomes.js";
export { type EnteredAttempts, enterLostAttempts } from "./ledger/applying/lost-attempts.js";
export { journalIdOf } from "./ledger/applying/journal-reader.js";
export type { UncertainTotal } from "./ledger/applying/spend-changes.js";
export { dayOf } from "./ledger/applying/daily-changes.js";
export { LedgerError } from "./ledger/errors.js";
export {
  type CorrectedCharge,
  type FollowedJournal,
  Ledger,
  type LedgerOptions,
  type Retention,
} from "./ledger/ledger.js";
export {
  type LedgerColumn,
  asObject,
  attemptColumns,
  inDollars,
  requestColumns,
} from "./ledger/reports/columns.js";
export {
  type DailyFilter,
  type DailyKey,
  type DailyOrder,
  type DailySum,
  type DeletedAttempts,
  dailyKeys,
} from "./ledger/reports/daily-spend.js";
export { csvLine, csvText } from "./ledger/reports/csv.js";
export type { ExplainedAttempt, RequestExplanation } from "./ledger/reports/explain.js";
export { type ExportFormat, exportFormats, exported } from "./ledger/reports/export.js";
export type { AttemptFilter, RequestFilter } from "./ledger/reports/filter.js";
export type { KeyedAttempt } from "./ledger/reports/keyed-attempts.js";
export { type Page, type PageRequest, isPageEnd } from "./ledger/reports/page.js";
export { type LedgerReports, Reports } from "./ledger/reports/reports.js";
export type { LedgerAttempt, LedgerCorrection, LedgerRequest } from "./ledger/reports/rows.js";
export type { SharedSpend, Spent, TimeSpan } from "./ledger/reports/spent.js";
export type { MeterSpend } from "./ledger/reports/spend.js";
export { type KeyedSum, type LedgerSum, type SumKey, sumKeys } from "./ledger/reports/sum.js";
export { type Settlement, SettlementError } from "./ledger/settlement.js";
export { MoveError } from "./moving/errors.js";
export { type MovedBooks, moveBooks } from "./moving/move-books.js";
export { hasUnmovedBooks } from "./moving/unmoved-books.js";
export { type CustomerSettings, type FieldOf, customerOf } from "./payers/customer.js";
export { meterOf } from "./payers/meters.js";
export { type NamedPayer, NamedPayers, type NamedPayersOptions } from "./payers/named-payers.js";
export type { Payer, Scope } from "./payers/payer.js";
export { type RequestPayers, payersOf, payersOfDeployment } from "./payers/payers.js";
export { parseTime } from "./parse-time.js";
export { type Bill, BillError } from "./reconciliation/bill.js";
export { readBill } from "./reconciliation/read-bill.js";
export { imageItems } from "./reconciliation/reconcile-days.js";
export { type ReconcileOptions, reconcile } from "./reconciliation/reconcile.js";
export type {
  Difference,
  ProposedSettlement,
  ReconciledRow,
  Reconciliation,
} from "./reconciliation/reconciliation.js";
