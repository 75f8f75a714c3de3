import type { GatewayChannel } from "@darkroom/accounts";
import {
  type Admission,
  type AdmissionState,
  EmbeddedAdmission,
  type HealthStore,
  LocalHealthStore,
  LostReservations,
  RedisConnection,
  RedisHealthStore,
  SharedAdmission,
  redisName,
} from "@darkroom/router";
import type { Logger } from "pino";
import type { Peers } from "../budgets/spend-question.js";
import type { RedisConfig } from "../config/settings/redis.js";
import { redisChannel } from "./redis-channel.js";
import { RedisPeers } from "./redis-peers.js";

/** How long a start waits for Redis; then it goes on without, until it comes. */
const connectMs = 2_000;

/** Where limits and cooldowns are kept: in this process, or in a Redis that gateways share. */
export interface LimitsStore {
  readonly admission: Admission;
  readonly health: HealthStore;
  /** For people: `in this process`, or where the Redis is. */
  readonly name: string;
  readonly state: AdmissionState;
  /** Admissions that were decided without the others, since Redis did not answer. */
  readonly degradedAnswers: number;
  /** Settlements that a shared store has still to be told of. */
  readonly owedSettlements: number;
  /** The other gateways that share it; absent: there are none. */
  readonly peers?: Peers;
  /** What gateways have reserved in a store that outlives them; absent: it does not. */
  readonly reservations?: LostReservations;
  /** How they call each other. */
  readonly channel?: (name: string) => GatewayChannel;
  close(): Promise<void>;
}

/**
 * Connects to Redis where there is one. It need not answer: what holds meanwhile is for the configuration to say.
 * @param journalId what this gateway reserves is found by it; absent: by nobody
 */
export async function openLimitsStore(
  redis: RedisConfig | undefined,
  log: Logger,
  journalId?: string,
): Promise<LimitsStore> {
  if (redis === undefined) return embedded();
  const { settings, onFailure } = redis;
  const connection = new RedisConnection(settings);
  const admission = new SharedAdmission(connection, {
    onFailure,
    ...(journalId !== undefined && { journalId }),
  });
  // The router's clock, by which cooldowns end.
  const health = new RedisHealthStore(connection, { nowMs: () => performance.now() });
  const name = redisName(settings);
  admission.onState((state) => {
    if (state.kind === "shared") log.info({ redis: name }, "limits are shared again");
    else {
      const { reason } = state;
      log.error({ redis: name, reason, policy: onFailure }, "Redis does not answer: limits are not shared");
    }
  });
  const peers = new RedisPeers(connection, admission);
  await admission.start(connectMs);
  return {
    admission,
    health,
    name,
    get state() {
      return admission.state;
    },
    get degradedAnswers() {
      return admission.degradedAnswers;
    },
    get owedSettlements() {
      return admission.owedSettlements;
    },
    peers,
    reservations: new LostReservations(connection),
    channel: (called) => redisChannel(connection, called),
    close: async () => {
      health.close();
      peers.close();
      await admission.close();
      connection.close();
    },
  };
}

function embedded(): LimitsStore {
  const admission = new EmbeddedAdmission({ nowMs: Date.now });
  return {
    admission,
    health: new LocalHealthStore(),
    name: "in this process",
    state: { kind: "shared" },
    degradedAnswers: 0,
    owedSettlements: 0,
    close: () => {
      admission.close();
      return Promise.resolve();
    },
  };
}
