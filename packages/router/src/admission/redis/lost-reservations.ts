import type { RedisConnection } from "../../redis/redis-connection.js";
import { RedisScript } from "../../redis/redis-script.js";
import { textsOf } from "./admission-replies.js";
import { lose, reservations } from "./scripts/lost.js";

const scripts = { reservations: new RedisScript(reservations), lose: new RedisScript(lose) };

/** Nobody's edit waits for it. */
const deadlineMs = 2_000;

/** How many attempts one script works on, so that it holds nobody else up. */
const batchSize = 200;

/** Money that an attempt has reserved and nobody has settled. */
export interface OpenReservation {
  /** As it was admitted: an attempt that was admitted anew has `+` and a number behind its own. */
  readonly admittedAs: string;
  readonly requestId: string;
  /** Index of the candidate that was taken. */
  readonly candidate: number;
  /** As it was told with the admission. */
  readonly note: string;
  /** When it was admitted, in milliseconds since 1970, by Redis' clock. */
  readonly atMs: number;
  readonly nanoUsd: bigint;
}

/** What of a gateway is left in Redis: what its journal's attempts have reserved. */
export class LostReservations {
  constructor(private readonly connection: Pick<RedisConnection, "run">) {}

  /**
   * @param aliveForMs for so long a gateway that Redis has heard of is taken for alive
   * @throws RedisUnavailableError
   */
  async of(
    journalId: string,
    aliveForMs: number,
  ): Promise<{ readonly isAlive: boolean; readonly open: readonly OpenReservation[] }> {
    const open = new Map<string, OpenReservation>();
    let isAlive = false;
    let cursor = "0";
    do {
      const args = ["", journalId, cursor, `${aliveForMs}`];
      const [alive, next = "0", ...texts] = textsOf(
        await this.connection.run(scripts.reservations, args, deadlineMs),
      );
      isAlive ||= alive === "1";
      cursor = next;
      for (let from = 0; from + 5 < texts.length; from += 6) {
        const [admittedAs = "", note = "", candidate, requestId = "", atMs, amount] = texts.slice(
          from,
          from + 6,
        );
        open.set(admittedAs, {
          ...{ admittedAs, note, requestId },
          candidate: Number(candidate),
          atMs: Number(atMs),
          nanoUsd: BigInt(amount ?? "0"),
        });
      }
    } while (cursor !== "0");
    return { isAlive, open: [...open.values()] };
  }

  /**
   * From now on these attempts have spent so many nano-dollars, until somebody settles them who knows better.
   * @throws RedisUnavailableError
   */
  async settle(journalId: string, amounts: ReadonlyMap<string, bigint>): Promise<void> {
    const list = [...amounts].map(([id, nanoUsd]) => JSON.stringify([id, `${nanoUsd}`]));
    for (let from = 0; from < list.length; from += batchSize)
      await this.connection.run(
        scripts.lose,
        ["", journalId, ...list.slice(from, from + batchSize)],
        deadlineMs,
      );
  }
}
