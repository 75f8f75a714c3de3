import { canFit } from "../admission/no-room.js";
import type { WaitingRooms } from "../admission/waiting-room/waiting-rooms.js";
import type { RouterEvents } from "../events.js";
import type { RunningEdit } from "../group-attempts.js";
import type { Health } from "../health/health.js";
import type { AdmittedTurn } from "./candidates.js";
import type { Failure } from "./failure.js";
import type { GroupVisit } from "./group-visit.js";

/** Where an edit is full: the visit to a group, and why it can call nobody there. */
export interface FullVisit {
  readonly visit: GroupVisit;
  readonly failure: Failure & { readonly kind: "full" };
}

export interface RoomFound {
  readonly visit: GroupVisit;
  readonly turn: AdmittedTurn;
}

export interface RoomWaitParts {
  readonly rooms: WaitingRooms;
  readonly health: Health;
  readonly events: RouterEvents;
  /** The longest wait. */
  readonly queueTimeoutMs: number;
  /** Of requests that say nothing of it; lower comes first. */
  readonly defaultPriority: number;
  readonly nowMs: () => number;
}

/** Where edits wait that none of their groups has room for. */
export class RoomWait {
  constructor(private readonly parts: RoomWaitParts) {}

  /** Why a request cannot be served in a group at once although nobody has been asked: others came before it. */
  othersBefore({ group: { name: group } }: GroupVisit): Failure | undefined {
    if (!this.parts.rooms.isWaitedIn(group)) return undefined;
    const reason = "others wait for room";
    return { kind: "full", group, refusal: undefined, fitsInMs: undefined, reason };
  }

  /**
   * Waits in the room of the first of these groups until one of them has room.
   * @returns the turn to call a deployment there, or why there is none in time
   */
  async roomAtOneOf(full: readonly FullVisit[], edit: RunningEdit): Promise<RoomFound | Failure> {
    const { rooms, health, events, queueTimeoutMs, defaultPriority, nowMs } = this.parts;
    const { progress, deadline, sink } = edit;
    const { request } = progress;
    const limitMs = Math.min(queueTimeoutMs, deadline.remainingMs);
    const first: Failure = soonestOf(full.map(({ failure }) => failure));
    let last = first;
    // Room that comes too late is not worth a wait: the client knows best what to do with its time.
    if (limitMs <= 0 || endOf(last) > limitMs) return last;

    const group = full[0]?.visit.group.name ?? "";
    events.emit("queued", { requestId: request.id, group, reason: last.reason });
    const fromMs = nowMs();
    let lastAtMs = fromMs;
    const end = await rooms.enter<RoomFound>(group, {
      caller: request.caller ?? "",
      priority: request.priority ?? defaultPriority,
      images: request.parameters.n,
      queueTimeoutMs: limitMs,
      client: sink,
      admit: async () => {
        const found = await roomIn(full);
        if (!("reason" in found)) return { kind: "admitted", turn: found };
        last = found;
        lastAtMs = nowMs();
        const endMs = endOf(found);
        if (endMs === Number.POSITIVE_INFINITY) return { kind: "failed", error: found };
        const isOwn = found.kind === "full" && found.ofAccount !== undefined;
        return { kind: "refused", fitsInMs: isForeseen(found) ? endMs : undefined, isOwn };
      },
      abandon: ({ turn }) => {
        turn.pass.end();
        health.unused(turn);
      },
    });
    progress.noteWait(`for room in ${group}: ${first.reason}`, nowMs() - fromMs);
    if (end.kind === "admitted") return end.turn;
    return deadline.failure ?? later(last, nowMs() - lastAtMs);
  }
}

/** The first turn that one of the groups gives, in their order; else what ends first of what stands in the way. */
async function roomIn(full: readonly FullVisit[]): Promise<RoomFound | Failure> {
  const failures: Failure[] = [];
  for (const { visit } of full) {
    const turn = await visit.begin();
    if (!("reason" in turn)) return { visit, turn };
    failures.push(turn);
  }
  return soonestOf(failures);
}

function soonestOf(failures: readonly Failure[]): Failure {
  const [soonest] = [...failures].sort((one, other) => endOf(one) - endOf(other));
  if (soonest === undefined) throw new TypeError("nothing stands in the way");
  return soonest;
}

/** Milliseconds until there may be room, as far as is known: what nobody can foresee may end at once. */
function endOf(failure: Failure): number {
  if (failure.kind === "cooling") return failure.retryAfterMs;
  if (failure.kind !== "full") return Number.POSITIVE_INFINITY;
  return canFit(failure) ? (failure.fitsInMs ?? 0) : Number.POSITIVE_INFINITY;
}

function isForeseen(failure: Failure): boolean {
  return failure.kind !== "full" || failure.fitsInMs !== undefined;
}

/** The same, told so much later. */
function later(failure: Failure, elapsedMs: number): Failure {
  if (failure.kind === "cooling") {
    return { ...failure, retryAfterMs: Math.max(0, failure.retryAfterMs - elapsedMs) };
  }
  if (failure.kind !== "full" || failure.fitsInMs === undefined) return failure;
  return { ...failure, fitsInMs: Math.max(0, failure.fitsInMs - elapsedMs) };
}
