import type { ChangedRecord, DirectoryChange, DirectoryFeed } from "../directory/feed.js";
import { type Timers, systemTimers } from "../timers.js";
import { RecentlyUsed } from "./recently-used.js";

/** The directory cannot be asked at present, and nothing is remembered that could stand in. */
export class DirectoryUnavailableError extends Error {
  override readonly name = "DirectoryUnavailableError";
}

export interface RememberedOptions<Value> {
  /** Asks the directory. */
  read(id: string): Promise<Value | undefined>;
  /** Whether what is remembered under an id may be other than it is, now that a record has changed. */
  isAffected(id: string, value: Value | undefined, changed: ChangedRecord): boolean;
  readonly feed: DirectoryFeed;
  readonly settings?: Partial<RememberedSettings>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly timers?: Timers;
}

export interface RememberedSettings {
  /** How many answers are remembered. */
  readonly most: number;
  /** An answer is asked for anew when it is older, in case that a change was not told. */
  readonly freshMs: number;
  /** For so long an answer stands in for a directory that cannot be asked. */
  readonly graceMs: number;
  /** Whether the directory can be asked again is tried so often. */
  readonly retryMs: number;
  /** For so long the directory is waited for. */
  readonly deadlineMs: number;
}

const rememberedDefaults: RememberedSettings = {
  most: 20_000,
  freshMs: 60_000,
  graceMs: 3_600_000,
  retryMs: 1_000,
  deadlineMs: 2_000,
};

/** For more records that have changed at once, such as a team with all of its keys, it is cheaper to ask for all anew. */
const mostLookedFor = 100;

interface Entry<Value> {
  readonly value: Value | undefined;
  readonly readAtMs: number;
}

/**
 * What the directory has answered, that there is nothing included. An answer is gone as soon as a change is told that may
 * concern it; all are when one was not told, which shows in the versions. While the directory cannot be asked, answers
 * stand in for it for a while.
 */
export class Remembered<Value> {
  readonly #options: RememberedOptions<Value>;
  readonly #settings: RememberedSettings;
  readonly #now: () => number;
  readonly #timers: Timers;
  readonly #entries: RecentlyUsed<Entry<Value>>;
  readonly #asking = new Map<string, Promise<Value | undefined>>();
  readonly #unsubscribe: () => void;
  /** Of the last change that was told; undefined before the first. */
  #version: number | undefined;
  /** Counts changes: what was asked for before one may be other than it is after. */
  #changes = 0;
  /** When the directory last failed to answer. */
  #failedAtMs = -Infinity;

  constructor(options: RememberedOptions<Value>) {
    this.#options = options;
    this.#settings = { ...rememberedDefaults, ...options.settings };
    this.#now = options.now ?? Date.now;
    this.#timers = options.timers ?? systemTimers;
    this.#entries = new RecentlyUsed(this.#settings.most);
    this.#unsubscribe = options.feed.subscribe((change) => this.#apply(change));
  }

  /**
   * Answers at once where it can: most requests come from somebody who was here a moment ago.
   * @throws DirectoryUnavailableError
   */
  get(id: string): Value | undefined | Promise<Value | undefined> {
    const entry = this.#entries.get(id);
    const nowMs = this.#now();
    if (entry !== undefined) {
      const ageMs = nowMs - entry.readAtMs;
      const mayAsk = nowMs - this.#failedAtMs >= this.#settings.retryMs;
      if (ageMs < this.#settings.freshMs || (!mayAsk && ageMs < this.#settings.graceMs)) return entry.value;
    }
    return this.#ask(id, entry);
  }

  close(): void {
    this.#unsubscribe();
  }

  async #ask(id: string, entry: Entry<Value> | undefined): Promise<Value | undefined> {
    try {
      return await this.#read(id);
    } catch (error) {
      const nowMs = this.#now();
      // Not the entry from before: a change may have made it void in the meantime.
      const known = entry === undefined ? undefined : this.#entries.get(id);
      if (known !== undefined && nowMs - known.readAtMs < this.#settings.graceMs) return known.value;
      throw new DirectoryUnavailableError("the directory cannot be asked at present", { cause: error });
    }
  }

  /** Whoever asks for the same at the same time shares an answer. */
  #read(id: string): Promise<Value | undefined> {
    const asking = this.#asking.get(id);
    if (asking !== undefined) return asking;
    const reading = this.#readOnce(id).finally(() => {
      if (this.#asking.get(id) === reading) this.#asking.delete(id);
    });
    this.#asking.set(id, reading);
    return reading;
  }

  async #readOnce(id: string): Promise<Value | undefined> {
    const { deadlineMs, retryMs } = this.#settings;
    if (this.#now() - this.#failedAtMs < retryMs) throw new Error("it could not be asked just now");
    const changesBefore = this.#changes;
    const readAtMs = this.#now();
    const value = await this.#within(deadlineMs, this.#options.read(id)).catch((error: unknown) => {
      this.#failedAtMs = this.#now();
      throw error;
    });
    if (changesBefore === this.#changes) this.#entries.set(id, { value, readAtMs });
    return value;
  }

  async #within<Result>(ms: number, result: Promise<Result>): Promise<Result> {
    let stop = (): void => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      stop = this.#timers.after(ms, () => reject(new Error(`no answer within ${ms} ms`)));
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      stop();
    }
  }

  #apply({ version, records }: DirectoryChange): void {
    this.#changes += 1;
    // Whoever asks from now on must not share an answer from before.
    this.#asking.clear();
    const isNext = this.#version === undefined || version === this.#version + 1;
    this.#version = Math.max(version, this.#version ?? version);
    if (!isNext || records.length > mostLookedFor) this.#forgetAll();
    else
      for (const changed of records)
        this.#entries.deleteWhere(({ value }, id) => this.#options.isAffected(id, value, changed));
  }

  #forgetAll(): void {
    this.#changes += 1;
    this.#asking.clear();
    this.#entries.clear();
  }
}
