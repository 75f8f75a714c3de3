import type { Directory } from "@darkroom/accounts";

/** Customers are written down so often. */
const everyMs = 1_000;

/** Of so many it is remembered that they are written down, and so many wait to be. Whoever is forgotten is noted again. */
const most = 10_000;

/** At once. */
const batch = 500;

/** Writes down the customers that edits are made for, behind the requests. */
export class SeenCustomers {
  readonly #known = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly directory: Pick<Directory, "noteCustomers">) {
    this.#timer = setInterval(() => void this.flush(), everyMs).unref();
  }

  note(id: string): void {
    if (this.#known.has(id) || this.#waiting.size >= most) return;
    this.#waiting.add(id);
  }

  /** Writes whoever waits. What cannot be written now is tried again. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      const ids = [...this.#waiting].slice(0, batch);
      try {
        await this.directory.noteCustomers(ids);
      } catch {
        return;
      }
      if (this.#known.size > most) this.#known.clear();
      for (const id of ids) {
        this.#waiting.delete(id);
        this.#known.add(id);
      }
    }
  }
}
