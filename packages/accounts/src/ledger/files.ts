import { join } from "node:path";

/** The files of a data folder that the ledger works with; the journal's is the journal's own. */
export const ledgerPath = (folder: string): string => join(folder, "ledger.sqlite");
export const journalPath = (folder: string): string => join(folder, "journal.sqlite");
/** Says that the ledger of this folder's journal is elsewhere, and where. */
export const elsewherePath = (folder: string): string => join(folder, "ledger-is-elsewhere.txt");
