import { type Timers, systemTimers } from "../timers.js";
import type { DirectoryChange, DirectoryFeed } from "./feed.js";

/** How gateways call each other; a call may be lost. */
export interface GatewayChannel {
  send(message: string): void;
  /** Of the others, and perhaps one's own. The answer ends it. */
  listen(callback: (message: string) => void): () => void;
}

/** Where changes are written down. */
export interface WrittenChanges {
  version(): Promise<number>;
  /** Those behind a version, oldest first, some at most. */
  changesAfter(version: number, limit: number): Promise<readonly DirectoryChange[]>;
}

export interface SharedFeedOptions {
  /** Without one, others learn of a change when they look for it. */
  readonly channel?: GatewayChannel;
  readonly timers?: Timers;
}

/** What is newer is looked for so often, in case that a call was lost. */
export const lookEveryMs = 1_000;

/** At once; whoever missed more forgets all. */
const mostChanges = 200;

/**
 * Tells of changes that any of several gateways makes: each once, in order, whether its call comes or not, since all changes
 * are written down with consecutive versions. A change of this gateway is told before it is answered; those of others as soon
 * as their call comes, and within a second in any case.
 */
export class SharedFeed implements DirectoryFeed {
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  readonly #channel: GatewayChannel | undefined;
  readonly #timers: Timers;
  readonly #stops: (() => void)[] = [];
  #written: WrittenChanges | undefined;
  #version = 0;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor({ channel, timers = systemTimers }: SharedFeedOptions = {}) {
    this.#channel = channel;
    this.#timers = timers;
  }

  /** Begins, behind what is written down by now. @throws Error where that cannot be read */
  async follow(written: WrittenChanges): Promise<void> {
    this.#written = written;
    this.#version = await written.version();
    if (this.#channel !== undefined)
      this.#stops.push(this.#channel.listen((message) => void this.#called(message)));
    this.#lookAgain();
  }

  async publish(change: DirectoryChange): Promise<void> {
    await this.#reach(change);
    this.#channel?.send(JSON.stringify(change));
  }

  subscribe(listener: (change: DirectoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  async #called(message: string): Promise<void> {
    const change = changeFrom(message);
    if (change !== undefined) await this.#reach(change);
  }

  /** Tells of all changes up to one. Where those before it cannot be read, of this one alone, and once more behind them. */
  async #reach(change: DirectoryChange): Promise<void> {
    if (change.version > this.#version + 1) await this.#look().catch(() => undefined);
    if (change.version === this.#version + 1) this.#tell(change);
    else if (change.version > this.#version) this.#tellListeners(change);
  }

  #lookAgain(): void {
    const stop = this.#timers.after(lookEveryMs, () => {
      this.#stops.splice(this.#stops.indexOf(stop), 1);
      void this.#look()
        // While it cannot be read, nobody can change it either.
        .catch(() => undefined)
        .finally(() => {
          if (!this.#isClosed) this.#lookAgain();
        });
    });
    this.#stops.push(stop);
  }

  /** Tells of what is newer than the last that was told. Whoever comes meanwhile waits for the same. */
  #look(): Promise<void> {
    this.#looking ??= this.#readNewer().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #readNewer(): Promise<void> {
    const written = this.#written;
    if (written === undefined) return;
    const newest = await written.version();
    while (newest > this.#version && !this.#isClosed) {
      const changes = await written.changesAfter(this.#version, mostChanges);
      for (const change of changes) if (change.version > this.#version) this.#tell(change);
      // A version whose records nobody has kept: whoever listens notices the gap.
      if (changes.length === 0) this.#tell({ version: newest, records: [] });
    }
  }

  #tell(change: DirectoryChange): void {
    this.#version = change.version;
    this.#tellListeners(change);
  }

  #tellListeners(change: DirectoryChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Anybody may write to a channel: what is no change is passed over. */
function changeFrom(message: string): DirectoryChange | undefined {
  try {
    const change = JSON.parse(message) as Partial<DirectoryChange> | null;
    const isChange = Number.isSafeInteger(change?.version) && Array.isArray(change?.records);
    return isChange ? (change as DirectoryChange) : undefined;
  } catch {
    return undefined;
  }
}
