import {
  type Admission,
  type AdmissionState,
  EmbeddedAdmission,
  type HealthStore,
  LocalHealthStore,
  RedisConnection,
  RedisHealthStore,
  SharedAdmission,
  redisName,
} from "@darkroom/router";
import type { Logger } from "pino";
import type { RedisConfig } from "../config/settings/redis.js";

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
  close(): Promise<void>;
}

/** Connects to Redis where there is one. It need not answer: what holds meanwhile is for the configuration to say. */
export async function openLimitsStore(redis: RedisConfig | undefined, log: Logger): Promise<LimitsStore> {
  if (redis === undefined) return embedded();
  const { settings, onFailure } = redis;
  const connection = new RedisConnection(settings);
  const admission = new SharedAdmission(connection, { onFailure });
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
    close: async () => {
      health.close();
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
    close: () => {
      admission.close();
      return Promise.resolve();
    },
  };
}
