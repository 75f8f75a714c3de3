/** Nothing can be written now, or ever again by this journal. The record is not in it, unless `kept` says so. */
export class JournalUnavailableError extends Error {
  override readonly name = "JournalUnavailableError";

  constructor(
    /** In a few words: "the disk is full". */
    readonly reason: string,
    /** Whether the journal goes on by itself once the reason is gone. */
    readonly heals: boolean,
    /** Whether the record is kept in memory, and written as soon as the journal goes on. */
    readonly kept: boolean,
  ) {
    super(`The journal cannot be written: ${reason}`);
  }
}

/** The files of the journal cannot be used as they are; the message names the file, and says what to do. */
export class JournalFileError extends Error {
  override readonly name = "JournalFileError";
}

/** Nothing can be written in the data folder. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";

  constructor(
    readonly folder: string,
    reason: string,
  ) {
    super(
      `The data folder ${folder} cannot be written to: ${reason}. ` +
        "Let the user who runs this write there, or give it another data folder.",
    );
  }
}

/** Another process, or another journal of this one, works in the data folder. */
export class DataFolderInUseError extends Error {
  override readonly name = "DataFolderInUseError";

  constructor(readonly folder: string) {
    super(
      `The data folder ${folder} is in use by another process. ` +
        "End that one, or give this one a data folder of its own.",
    );
  }
}
