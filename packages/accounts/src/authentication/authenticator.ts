import type { Directory } from "../directory/directory.js";
import { secretHash } from "../directory/key-secret.js";
import type { Timers } from "../timers.js";
import { AuthenticationError } from "./errors.js";
import { type KeyAccount, dependsOn, readKeyAccount } from "./key-account.js";
import { KnownKeys } from "./known-keys.js";
import type { MasterKey } from "./master-key.js";
import { type Principal, operator, principalOf, thisMachine } from "./principal.js";
import { DirectoryUnavailableError, Remembered, type RememberedSettings } from "./remembered.js";

export interface AuthenticatorOptions {
  readonly directory: Pick<Directory, "read" | "feed">;
  /** Absent: whoever shows no key of ours is the user of this machine. */
  readonly masterKey?: MasterKey;
  readonly settings?: Partial<RememberedSettings>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly timers?: Timers;
}

/** Finds out who asks, by the secret that they show. */
export class Authenticator {
  readonly #masterKey: MasterKey | undefined;
  readonly #accounts: Remembered<KeyAccount>;
  readonly #known = new KnownKeys();
  readonly #now: () => number;
  readonly #unsubscribe: () => void;

  /** Reads once which keys there are. */
  static async open(options: AuthenticatorOptions): Promise<Authenticator> {
    const authenticator = new Authenticator(options);
    for await (const hashes of options.directory.read.secrets.ids())
      for (const hash of hashes) authenticator.#known.add(hash);
    return authenticator;
  }

  private constructor({ directory, masterKey, settings, now = Date.now, timers }: AuthenticatorOptions) {
    this.#masterKey = masterKey;
    this.#now = now;
    this.#unsubscribe = directory.feed.subscribe(({ records }) => {
      for (const { kind, id, how } of records) if (kind === "secret" && how === "put") this.#known.add(id);
    });
    this.#accounts = new Remembered({
      read: (hash) => readKeyAccount(directory.read, hash),
      isAffected: (hash, account, changed) =>
        (changed.kind === "secret" && changed.id === hash) ||
        (account !== undefined && dependsOn(account, changed)),
      feed: directory.feed,
      ...(settings !== undefined && { settings }),
      now,
      ...(timers !== undefined && { timers }),
    });
  }

  /**
   * Answers at once where it can. A key that is not known costs no look-up, however many are shown.
   * @param secret as the client sent it
   * @throws AuthenticationError
   */
  authenticate(secret: string | undefined): Principal | Promise<Principal> {
    if (this.#masterKey?.matches(secret) === true) return operator;
    if (secret === undefined || !secret.startsWith("sk-")) return this.#withoutKey(secret);
    const hash = secretHash(secret);
    if (!this.#known.mayHave(hash)) return this.#unknown();
    const account = this.#accounts.get(hash);
    if (account instanceof Promise) return this.#whenRead(account);
    return this.#admitted(account);
  }

  /** Whether a secret is the operator's own. */
  isMasterKey(secret: string): boolean {
    return this.#masterKey?.matches(secret) === true;
  }

  close(): void {
    this.#unsubscribe();
    this.#accounts.close();
  }

  async #whenRead(reading: Promise<KeyAccount | undefined>): Promise<Principal> {
    try {
      return this.#admitted(await reading);
    } catch (error) {
      if (error instanceof DirectoryUnavailableError) throw new AuthenticationError({ kind: "unavailable" });
      throw error;
    }
  }

  /** Clients of a gateway without a key send any. */
  #withoutKey(secret: string | undefined): Principal {
    if (this.#masterKey === undefined) return thisMachine;
    throw new AuthenticationError({ kind: secret === undefined ? "missing" : "malformed" });
  }

  #unknown(): Principal {
    if (this.#masterKey === undefined) return thisMachine;
    throw new AuthenticationError({ kind: "unknown" });
  }

  #admitted(account: KeyAccount | undefined): Principal {
    if (account === undefined) return this.#unknown();
    const { key, team, validUntilMs = Infinity } = account;
    const nowMs = this.#now();
    if (validUntilMs <= nowMs) throw new AuthenticationError({ kind: "unknown" });
    if (key.blocked) throw new AuthenticationError({ kind: "blocked" });
    const { expiresAtMs = Infinity, teamId } = key;
    if (expiresAtMs <= nowMs)
      throw new AuthenticationError({ kind: "expired", expiredAtMs: expiresAtMs, nowMs });
    if (teamId !== undefined && team === undefined)
      throw new AuthenticationError({ kind: "team gone", teamId });
    if (team?.blocked === true) throw new AuthenticationError({ kind: "team blocked", teamId: team.teamId });
    return principalOf(account);
  }
}
