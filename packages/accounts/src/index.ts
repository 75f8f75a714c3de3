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
