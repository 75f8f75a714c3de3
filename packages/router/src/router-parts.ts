import { EmbeddedAdmission } from "./admission/embedded/embedded-admission.js";
import { Gate } from "./admission/gate.js";
import { Headroom } from "./admission/headroom.js";
import { LatestUse } from "./admission/latest-use.js";
import { LearnedLimits } from "./admission/learning/learned-limits.js";
import { Lessons } from "./admission/learning/lessons.js";
import { LeaseKeeper } from "./admission/lease-keeper.js";
import { LimitsReports } from "./admission/limits-report.js";
import { WaitingRooms } from "./admission/waiting-room/waiting-rooms.js";
import { type AnswerLimits, answerLimits } from "./answer/answer-limits.js";
import { Groups } from "./deployments/groups.js";
import { QuotaSharing } from "./deployments/quota-sharing.js";
import { Quotas } from "./deployments/quotas.js";
import type { RouterEvents } from "./events.js";
import { GroupAttempts } from "./group-attempts.js";
import { Health } from "./health/health.js";
import type { JournalSettings } from "./journal/attempt-entry.js";
import type { Journal } from "./journal/journal.js";
import { backgroundTimers, systemTimers } from "./memory/timers.js";
import { type RouterOptions, defaultOptions } from "./options.js";
import { Retries } from "./retries/retries.js";
import { RoomWait } from "./retries/room-wait.js";
import { createStrategy } from "./strategies/routing-strategy.js";
import type { Strategy } from "./strategies/strategy.js";
import { Connections } from "./upstream/connections.js";
import { UpstreamTargets } from "./upstream/upstream-target.js";

/** What a router works with. */
export interface RouterParts {
  readonly groups: Groups;
  readonly strategy: Strategy;
  readonly health: Health;
  readonly retries: Retries;
  readonly connections: Connections;
  readonly answers: AnswerLimits;
  readonly leases: LeaseKeeper;
  readonly gate: Gate;
  readonly rooms: WaitingRooms;
  readonly roomWait: RoomWait;
  readonly attempts: GroupAttempts;
  readonly limitsReports: LimitsReports;
}

/** What a router stands in. */
export interface Surroundings {
  readonly events: RouterEvents;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Milliseconds since whenever; never goes back. */
  readonly nowMs: () => number;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

/** Puts the parts of a router together. */
export function routerParts(options: RouterOptions, surroundings: Surroundings): RouterParts {
  const { events, random, nowMs, epochMs } = surroundings;
  const given = { ...defaultOptions, ...options };
  const { limitGuardMs: guardMs, maxQueue, queueTimeoutMs, defaultPriority } = given;
  const groups = new Groups(options.deployments, options.unusableGroups, options.aliases);
  const retries = new Retries(options, events, random, nowMs);
  const answers = answerLimits(options);
  const connections = new Connections(options.connections);
  const health = new Health(options.health ?? {}, {
    nowMs,
    random,
    ...(options.healthStore !== undefined && { store: options.healthStore }),
    listener: {
      began: (event) => events.emit("cooldownBegan", event),
      ended: (event) => events.emit("cooldownEnded", event),
    },
  });

  const quotas = new Quotas(options.deployments, { ...options, guardMs });
  const meters = quotas.all.flatMap(({ members: [member] }) => (member ? quotas.metersOf(member) : []));
  const use = new LatestUse(new Set(meters.map(({ key }) => key)), nowMs);
  const admission = options.admission ?? new EmbeddedAdmission({ nowMs: epochMs });
  const leases = new LeaseKeeper(admission, backgroundTimers);
  const noteOf: Journal["noteOf"] = (request, some) => options.journal?.noteOf?.(request, some);
  const gate = new Gate({ admission, quotas, leases, freshMs: guardMs / 2, epochMs, noteOf }, use);
  const rooms = new WaitingRooms({ maxQueue }, { nowMs, timers: systemTimers });
  admission.onReturned(() => rooms.wake());
  const roomWait = new RoomWait({ rooms, health, events, queueTimeoutMs, defaultPriority, nowMs });

  const limits = new LearnedLimits(admission, use, nowMs, (difference) => {
    events.emit("limitDiffers", difference);
  });
  const sharing = new QuotaSharing(options.deployments, quotas, (shared) => {
    events.emit("organizationShared", shared);
  });
  const lessons = new Lessons(quotas, limits, sharing);
  const limitsReports = new LimitsReports(admission, quotas, health, rooms, nowMs);

  const room = new Headroom(use, (id) => quotas.metersOf({ id }));
  const strategy = createStrategy(given.strategy, { random, nowMs, latency: given.latency ?? {}, room });
  const targets = new UpstreamTargets(connections, nowMs);
  const journal = journalSettings(options, epochMs);
  const attempts = new GroupAttempts({
    ...{ groups, strategy, health, retries, lessons, targets, answers, journal, events, nowMs },
  });
  return {
    groups,
    strategy,
    health,
    retries,
    connections,
    answers,
    leases,
    gate,
    rooms,
    roomWait,
    attempts,
    limitsReports,
  };
}

function journalSettings(
  { journal, serverErrors = defaultOptions.serverErrors }: RouterOptions,
  epochMs: () => number,
): JournalSettings | undefined {
  return journal && { journal, serverErrorsUnbilled: serverErrors === "unbilled", epochMs };
}
