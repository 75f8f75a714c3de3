import {
  GatewayRegister,
  type KnownGateway,
  type PostgresSettings,
  lengthMs,
  parseDuration,
  preparePostgres,
} from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { LostReservations, RedisConnection, redisName } from "@darkroom/router";
import type { RedisConfig } from "../../config/settings/redis.js";
import { loseJournal } from "../../fleet/lose-journal.js";
import { CommandError } from "../command-error.js";
import { printable } from "../printable.js";
import { type Column, table } from "../table.js";

export interface LostOptions {
  /** Absent: gateways that are silent are listed. */
  readonly journalId?: string | undefined;
  /** A gateway that was heard of in the last so long is alive; a duration such as 60s. */
  readonly silentFor: string;
  /** Not only tells what would be done. */
  readonly yes: boolean;
  readonly postgres: PostgresSettings;
  readonly redis: RedisConfig;
}

const connectMs = 2_000;

/** Gateways say every ten seconds that they are there. */
const shortestSilenceMs = 15_000;

/**
 * `darkroom ledger lost`: gives up a gateway's journal at once, as gateways do by themselves after a while.
 *
 * @returns what was or would be done, for people
 * @throws CommandError where the gateway is alive, or nothing can be done now
 */
export async function lost(options: LostOptions): Promise<string> {
  const { postgres, redis, journalId } = options;
  const aliveForMs = silenceMs(options.silentFor);
  await preparePostgres(postgres);
  const register = new GatewayRegister(postgres);
  const connection = new RedisConnection(redis.settings);
  try {
    if (journalId === undefined) return table(columnsOf(aliveForMs), await register.silentFor(0));
    if (!(await connection.connect(connectMs)))
      throw new CommandError(`${redisName(redis.settings)} does not answer.`);
    const gateway = await register.find(journalId);
    const reservations = new LostReservations(connection);
    const { isAlive, open } = await reservations.of(journalId, aliveForMs);
    if (gateway === undefined && open.length === 0)
      throw new CommandError(
        `No gateway is known that writes journal ${printable(journalId)}, and none has reserved anything.`,
      );
    if (isAlive || (gateway !== undefined && gateway.silentForMs < aliveForMs))
      throw new CommandError(
        `The gateway of journal ${printable(journalId)} was heard of in the last ${aliveForMs / 1000} s: it is alive.`,
      );
    const reserved = open.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n);
    if (!options.yes)
      return (
        `${open.length} of its attempts have reserved $${formatUsd(reserved)}. With --yes they are uncertain from now on, and spent. ` +
        "Where its data folder can still be reached, use darkroom ledger adopt in place of this: it knows how they ended."
      );
    const done = await register.alone(journalId, () =>
      loseJournal({ journalId, postgres, reservations, aliveForMs }),
    );
    if (done === undefined) throw new CommandError("A gateway looks after this journal now; run this again.");
    if (gateway !== undefined) await register.markLost(gateway);
    const { entered, nanoUsd, known, left } = done;
    return [
      `${entered} of its attempts are uncertain now, at $${formatUsd(nanoUsd)}.`,
      `${known} were in the ledger already; their reservations are settled.`,
      ...(left === 0 ? [] : [`${left} stay reserved, since too little is known of them.`]),
    ].join("\n");
  } finally {
    connection.close();
    await register.close();
  }
}

function silenceMs(text: string): number {
  const problem = `--silent-for must be a duration of at least 15s, such as 10m, not '${printable(text)}'.`;
  try {
    const milliseconds = lengthMs(parseDuration(text));
    if (milliseconds >= shortestSilenceMs) return milliseconds;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new CommandError(problem);
}

const columnsOf = (aliveForMs: number): readonly Column<KnownGateway>[] => [
  ["journal", ({ journalId }) => printable(journalId)],
  ["host", ({ host }) => printable(host)],
  ["data folder", ({ folder }) => printable(folder)],
  ["silent for", ({ silentForMs }) => `${Math.round(silentForMs / 1000)} s`],
  [
    "state",
    ({ silentForMs, state }) => (silentForMs < aliveForMs ? "alive" : state === "lost" ? "lost" : "silent"),
  ],
];
