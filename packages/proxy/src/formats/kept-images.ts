import { randomBytes } from "node:crypto";
import { type FileHandle, chmod, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type Timers, imageType, imageTypeLength, systemTimers } from "@darkroom/router";
import { ConversionError } from "./conversion-error.js";

/** As long as the URLs of OpenAI's own answers are valid. */
const keptMs = 3_600_000;

const nameForm = /^[0-9a-f]{32}\.(png|jpg|webp|gif|bin)$/;

const extensions: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
};

/** Where images are kept, and how many at most. */
export interface KeptImagesSettings {
  readonly folder: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** An image that was kept. */
export interface KeptImage {
  readonly name: string;
  readonly expiresAtMs: number;
}

interface Entry {
  readonly bytes: number;
  readonly expiresAtMs: number;
}

/**
 * Images of answers, kept in a folder for an hour so that clients can fetch them: the only image bytes that touch a disk. Where
 * there is no room the oldest go first. Folder and files belong to their owner alone (modes 0700 and 0600).
 */
export class KeptImages {
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #ready: Promise<void> | undefined;
  #callOff: (() => void) | undefined;
  #isClosed = false;

  /** @param nowMs the wall clock: what is kept outlives the process */
  constructor(
    private readonly settings: KeptImagesSettings,
    private readonly nowMs: () => number = Date.now,
    private readonly timers: Timers = systemTimers,
  ) {}

  /** Finds what an earlier process has kept, and removes of it what is too old or too much. Only the first call does anything. */
  start(): Promise<void> {
    this.#ready ??= this.#readFolder();
    return this.#ready;
  }

  /**
   * Keeps an image for an hour.
   * @param bytes how long it is at most
   * @throws ConversionError where it can never fit, or has to make room for others at once; an error of the system; the signal's reason
   */
  async keep(pieces: Iterable<Buffer>, bytes: number, signal: AbortSignal): Promise<KeptImage> {
    const { folder, maxBytes } = this.settings;
    if (bytes > maxBytes) throw new ConversionError("the image is larger than all that may be kept");
    await this.start();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const iterator = pieces[Symbol.iterator]();
    const first = iterator.next();
    const start = first.done === true ? Buffer.alloc(0) : first.value;
    const extension = extensions[imageType(start.subarray(0, imageTypeLength)) ?? ""] ?? "bin";
    const name = `${randomBytes(16).toString("hex")}.${extension}`;
    const expiresAtMs = this.nowMs() + keptMs;
    this.#add(name, { bytes, expiresAtMs });
    try {
      await this.#makeRoom();
      const file = await open(join(folder, name), "wx", 0o600);
      try {
        for (let next = first; next.done !== true; next = iterator.next()) {
          signal.throwIfAborted();
          await file.writeFile(next.value);
        }
        signal.throwIfAborted();
      } finally {
        await file.close();
      }
      // Others may have taken its room before its file was there to be removed.
      if (!this.has(name)) throw new ConversionError("others needed the image's room");
    } catch (error) {
      await this.discard(name);
      throw error;
    }
    return { name, expiresAtMs };
  }

  /** An image to be read, by a name that may be anything; undefined where it is not there, or not any more. */
  async open(name: string): Promise<{ readonly file: FileHandle; readonly bytes: number } | undefined> {
    if (!nameForm.test(name)) return undefined;
    const file = await open(join(this.settings.folder, name), "r").catch(() => undefined);
    return file && { file, bytes: (await file.stat()).size };
  }

  /** Whether an image still is kept. */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Removes an image at once; one that is not there is no error. */
  async discard(name: string): Promise<void> {
    this.#bytes -= this.#entries.get(name)?.bytes ?? 0;
    this.#entries.delete(name);
    await unlink(join(this.settings.folder, name)).catch(() => undefined);
  }

  /** Stops watching the time; what is kept stays for the next start. */
  close(): void {
    this.#isClosed = true;
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #add(name: string, entry: Entry): void {
    this.#entries.set(name, entry);
    this.#bytes += entry.bytes;
    this.#watch();
  }

  async #makeRoom(): Promise<void> {
    const { maxBytes, maxFiles } = this.settings;
    while (this.#bytes > maxBytes || this.#entries.size > maxFiles) await this.#discardOldest();
  }

  async #discardOldest(): Promise<void> {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) await this.discard(oldest);
  }

  /** Waits for the oldest to expire, if it does not already. */
  #watch(): void {
    const [oldest] = this.#entries.values();
    if (oldest === undefined || this.#callOff !== undefined || this.#isClosed) return;
    this.#callOff = this.timers.after(Math.max(0, oldest.expiresAtMs - this.nowMs()), () => {
      this.#callOff = undefined;
      void this.#discardExpired();
    });
  }

  async #discardExpired(): Promise<void> {
    const nowMs = this.nowMs();
    const expired = [...this.#entries].filter(([, { expiresAtMs }]) => expiresAtMs <= nowMs);
    for (const [name] of expired) await this.discard(name);
    this.#watch();
  }

  /** A folder that is not there, or cannot be read, holds nothing; other files in it are not ours to remove. */
  async #readFolder(): Promise<void> {
    const { folder } = this.settings;
    await chmod(folder, 0o700).catch(() => undefined);
    const names = await readdir(folder).catch(() => []);
    const found: { readonly name: string; readonly entry: Entry }[] = [];
    for (const name of names.filter((candidate) => nameForm.test(candidate))) {
      const file = await stat(join(folder, name)).catch(() => undefined);
      if (file === undefined) continue;
      found.push({ name, entry: { bytes: file.size, expiresAtMs: file.mtimeMs + keptMs } });
    }
    found.sort((one, other) => one.entry.expiresAtMs - other.entry.expiresAtMs);
    for (const { name, entry } of found) this.#add(name, entry);
    await this.#discardExpired();
    await this.#makeRoom();
  }
}
