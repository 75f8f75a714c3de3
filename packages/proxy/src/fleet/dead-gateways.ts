import {
  DataFolderInUseError,
  type GatewayRegister,
  type KnownGateway,
  type PostgresSettings,
  journalIdOf,
} from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import type { LostReservations } from "@darkroom/router";
import type { Logger } from "pino";
import { adoptJournal } from "../books/adopt-journal.js";
import type { FleetSettings } from "../config/gateway-config.js";
import type { LimitsStore } from "../limits/limits-store.js";
import { loseJournal } from "./lose-journal.js";

/** A disk that has not come back by then is not looked for any more; the ledger would take its journal all the same. */
const lostForMs = 40 * 86_400_000;

export interface DeadGatewaysParts {
  readonly register: GatewayRegister;
  readonly postgres: PostgresSettings;
  readonly limits: LimitsStore;
  readonly reservations: LostReservations;
  /** This gateway's own journal. */
  readonly journalId: string;
  readonly settings: FleetSettings;
  readonly log: Logger;
}

/**
 * Looks after gateways that have fallen silent. A journal whose folder is reached from here is adopted, unless somebody works on it:
 * whoever is merely slow holds its folder's lock. Where nobody reaches the journal for long, what its gateway had under way is taken
 * for spent. Several gateways may look at the same time: each journal is the matter of one of them.
 */
export class DeadGateways {
  #adoptedJournals = 0;
  #lostJournals = 0;
  #lostAttempts = 0;
  #isEnding = false;

  constructor(private readonly parts: DeadGatewaysParts) {}

  /** How many journals this gateway has adopted. */
  get adoptedJournals(): number {
    return this.#adoptedJournals;
  }

  /** How many journals this gateway has given up. */
  get lostJournals(): number {
    return this.#lostJournals;
  }

  /** How many attempts of these it has entered as uncertain. */
  get lostAttempts(): number {
    return this.#lostAttempts;
  }

  /** Looks once, at one after the other. What fails is tried again the next time. */
  async look(): Promise<void> {
    const { register, settings, journalId, log } = this.parts;
    try {
      const silent = await register.silentFor(settings.silentAfterMs);
      for (const gateway of silent) {
        if (this.#isEnding) return;
        if (gateway.journalId !== journalId) await this.#lookAfter(gateway);
      }
      await register.forgetLost(lostForMs);
    } catch (error) {
      log.debug({ reason: reasonOf(error) }, "gateways that are silent cannot be looked after now");
    }
  }

  /** What is begun is ended, and nothing else begins. */
  end(): void {
    this.#isEnding = true;
  }

  async #lookAfter(gateway: KnownGateway): Promise<void> {
    const { register, settings } = this.parts;
    const { journalId, folder, silentForMs, state } = gateway;
    // Another host may have a folder of the same name.
    if (journalIdOf(folder) === journalId) {
      const isDone = await this.#tried(gateway, () => register.alone(journalId, () => this.#adopt(gateway)));
      if (isDone) return;
    }
    // A journal that is damaged, or that nobody here may write, is as good as none.
    if (state === "running" && silentForMs >= settings.lostAfterMs)
      await this.#tried(gateway, () => register.alone(journalId, () => this.#lose(gateway)));
  }

  /** @returns false where it failed, and not because the gateway is there after all */
  async #tried(gateway: KnownGateway, act: () => Promise<unknown>): Promise<boolean> {
    const { journalId, host, folder, silentForMs } = gateway;
    const { log } = this.parts;
    try {
      await act();
      return true;
    } catch (error) {
      const isThere = error instanceof DataFolderInUseError;
      if (isThere) log.debug({ journalId, host, folder, silentForMs }, "a silent gateway is there after all");
      else
        log.warn(
          { journalId, host, folder, reason: reasonOf(error) },
          "what a gateway has left behind cannot be taken up now, and is tried again",
        );
      return isThere;
    }
  }

  async #adopt({ journalId, host, folder }: KnownGateway): Promise<void> {
    const { register, postgres, limits, log } = this.parts;
    if (!(await this.#isSilentStill(journalId))) return;
    const { shipped, recovered } = await adoptJournal({ folder, postgres, limits });
    this.#adoptedJournals += 1;
    log.warn(
      { journalId, host, folder, shipped, recovered },
      "the journal of a gateway that is gone was adopted",
    );
    await register.forget(journalId);
  }

  async #lose(gateway: KnownGateway): Promise<void> {
    const { register, postgres, reservations, settings, log } = this.parts;
    const { journalId, host, folder } = gateway;
    if (!(await this.#isSilentStill(journalId))) return;
    const aliveForMs = settings.silentAfterMs;
    const lost = await loseJournal({ journalId, postgres, reservations, aliveForMs });
    if (lost === undefined) {
      log.debug({ journalId, host }, "a gateway that the database has not heard of is there after all");
      return;
    }
    const { entered, nanoUsd, known, left } = lost;
    this.#lostJournals += 1;
    this.#lostAttempts += entered;
    log.error(
      { journalId, host, folder, entered, usd: formatUsd(nanoUsd), known, left },
      "a gateway is lost with its journal: what it had under way is uncertain, at what it had reserved",
    );
    await register.markLost(gateway);
  }

  /** Whoever had the lock before may have done all there is to do. */
  async #isSilentStill(journalId: string): Promise<boolean> {
    const { register, settings } = this.parts;
    const now = await register.find(journalId);
    return now !== undefined && now.silentForMs >= settings.silentAfterMs;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
