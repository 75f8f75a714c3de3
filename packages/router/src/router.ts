import type { EditEstimate } from "@darkroom/cost-calculator";
import { Gate } from "./admission/gate.js";
import { EmbeddedAdmission } from "./admission/embedded/embedded-admission.js";
import type { Admission } from "./admission/admission.js";
import { LeaseKeeper } from "./admission/lease-keeper.js";
import { Headroom } from "./admission/headroom.js";
import { type LimitsReport, LimitsReports } from "./admission/limits-report.js";
import { LearnedLimits } from "./admission/learning/learned-limits.js";
import { Lessons } from "./admission/learning/lessons.js";
import { LatestUse } from "./admission/latest-use.js";
import { WaitingRooms } from "./admission/waiting-room/waiting-rooms.js";
import type { AnswerSink } from "./answer/answer-sink.js";
import type { AnswerLimits } from "./attempt.js";
import type { Deployment } from "./deployments/deployment.js";
import { type DeploymentOptions, completed } from "./deployments/deployment-options.js";
import { Groups } from "./deployments/groups.js";
import { type GroupToTry, GroupsToTry } from "./deployments/groups-to-try.js";
import { orderLevels } from "./deployments/order-levels.js";
import { QuotaSharing } from "./deployments/quota-sharing.js";
import { Quotas } from "./deployments/quotas.js";
import { JournalUnavailableError, type RouterError } from "./errors.js";
import { estimateOf } from "./estimate.js";
import { type RouterEvents, createRouterEvents } from "./events.js";
import { GroupAttempts, type RunningEdit } from "./group-attempts.js";
import { Health } from "./health/health.js";
import {
  type ImageEditAnswer,
  type ImageEditStream,
  editImage,
  streamImageEdit,
} from "./image-edit/image-edit.js";
import type { ImageEditOptions } from "./image-edit/image-edit-options.js";
import type { JournalSettings } from "./journal/attempt-entry.js";
import { ByteBudget } from "./memory/byte-budget.js";
import { backgroundTimers, systemTimers } from "./memory/timers.js";
import { type RouterOptions, defaultOptions } from "./options.js";
import { EditProgress } from "./progress.js";
import type { EditReport } from "./report.js";
import type { EditRequest } from "./request.js";
import { type AdmittedTurn, Candidates } from "./retries/candidates.js";
import { classify } from "./retries/classification.js";
import { Deadline } from "./retries/deadline.js";
import { type Failure, errorFor } from "./retries/failure.js";
import { GroupVisit } from "./retries/group-visit.js";
import { Retries } from "./retries/retries.js";
import { type FullVisit, RoomWait } from "./retries/room-wait.js";
import { createStrategy } from "./strategies/routing-strategy.js";
import type { Strategy } from "./strategies/strategy.js";
import { Connections } from "./upstream/connections.js";
import { UpstreamTargets } from "./upstream/upstream-target.js";

/**
 * Sends edits to deployments: those of the group that was asked for, in the strategy's order, then those of its fallbacks,
 * until one has answered or the deadline has passed.
 */
export class Router {
  /** What happens while edits are served, for logs and metrics to listen to. */
  readonly events: RouterEvents = createRouterEvents();
  readonly #groups: Groups;
  readonly #strategy: Strategy;
  readonly #health: Health;
  readonly #retries: Retries;
  readonly #connections: Connections;
  readonly #answers: AnswerLimits;
  readonly #admission: Admission;
  readonly #leases: LeaseKeeper;
  readonly #gate: Gate;
  readonly #rooms: WaitingRooms;
  readonly #roomWait: RoomWait;
  readonly #attempts: GroupAttempts;
  readonly #limitsReports: LimitsReports;

  constructor(
    private readonly options: RouterOptions,
    random: () => number = Math.random,
    private readonly nowMs: () => number = () => performance.now(),
    epochMs: () => number = Date.now,
  ) {
    this.#groups = new Groups(options.deployments, options.unusableGroups, options.aliases);
    this.#health = new Health(options.health ?? {}, {
      nowMs,
      random,
      ...(options.healthStore !== undefined && { store: options.healthStore }),
      listener: {
        began: (event) => this.events.emit("cooldownBegan", event),
        ended: (event) => this.events.emit("cooldownEnded", event),
      },
    });
    this.#retries = new Retries(options, this.events, random, nowMs);
    this.#answers = answerLimits(options);
    this.#connections = new Connections(options.connections);

    const {
      limitGuardMs: guardMs,
      maxQueue,
      queueTimeoutMs,
      defaultPriority,
    } = { ...defaultOptions, ...options };
    const quotas = new Quotas(options.deployments, { ...options, guardMs });
    const meters = quotas.all.flatMap(({ members: [member] }) => (member ? quotas.metersOf(member) : []));
    const use = new LatestUse(new Set(meters.map(({ key }) => key)), nowMs);
    this.#admission = options.admission ?? new EmbeddedAdmission({ nowMs: epochMs });
    this.#leases = new LeaseKeeper(this.#admission, backgroundTimers);
    const passes = {
      admission: this.#admission,
      quotas,
      leases: this.#leases,
      freshMs: guardMs / 2,
      epochMs,
      noteOf: (request: EditRequest, some: readonly Deployment[]) => options.journal?.noteOf?.(request, some),
    };
    this.#gate = new Gate(passes, use);
    this.#rooms = new WaitingRooms({ maxQueue }, { nowMs, timers: systemTimers });
    this.#admission.onReturned(() => this.#rooms.wake());
    const { events } = this;
    const health = this.#health;
    this.#roomWait = new RoomWait({
      rooms: this.#rooms,
      health,
      events,
      queueTimeoutMs,
      defaultPriority,
      nowMs,
    });

    const limits = new LearnedLimits(this.#admission, use, nowMs, (difference) => {
      events.emit("limitDiffers", difference);
    });
    const sharing = new QuotaSharing(options.deployments, quotas, (shared) => {
      events.emit("organizationShared", shared);
    });
    const lessons = new Lessons(quotas, limits, sharing);
    this.#limitsReports = new LimitsReports(this.#admission, quotas, health, this.#rooms, nowMs);

    const { strategy = defaultOptions.strategy, latency = {} } = options;
    const room = new Headroom(use, (id) => quotas.metersOf({ id }));
    this.#strategy = createStrategy(strategy, { random, nowMs, latency, room });
    this.#attempts = new GroupAttempts({
      groups: this.#groups,
      strategy: this.#strategy,
      health,
      retries: this.#retries,
      lessons,
      targets: new UpstreamTargets(this.#connections, nowMs),
      answers: this.#answers,
      journal: journalSettings(options, epochMs),
      events,
      nowMs,
    });
  }

  /** Bytes that answers hold now, from their arrival until their clients have taken them. */
  get answerBytes(): number {
    return this.#answers.memory.usedBytes;
  }

  /** The names that clients may ask for: those of all model groups, and aliases that are not hidden. */
  get modelNames(): string[] {
    return this.#groups.listed;
  }

  /** The name of the group that serves a model, by whatever name; undefined for a model that nobody configured. */
  groupNameFor(model: string): string | undefined {
    return this.#groups.nameFor(model);
  }

  /** What a model is called besides: what an alias stands for, and the group that serves it. */
  namesOf(model: string): string[] {
    const group = this.#groups.nameFor(model);
    return [this.#groups.resolved(model), ...(group === undefined ? [] : [group])];
  }

  /** The name under which limits of a model are counted: that of its group, of a wildcard group its own. */
  limitedNameOf(model: string): string {
    const group = this.#groups.nameFor(model);
    return group === undefined || group.endsWith("*") ? this.#groups.resolved(model) : group;
  }

  /**
   * The model that serves a request which names none.
   * @throws MissingModelError if there is no clear choice
   */
  get defaultModel(): string {
    return this.options.defaultModel ?? this.#groups.default;
  }

  /** How long a request may take, in milliseconds, fallbacks included. */
  timeoutMsOf({ timeoutMs, parameters }: Pick<EditRequest, "timeoutMs" | "parameters">): number {
    const { options } = this;
    const streamTimeoutMs = parameters.stream ? options.streamTimeoutMs : undefined;
    return timeoutMs ?? streamTimeoutMs ?? options.timeoutMs ?? defaultOptions.timeoutMs;
  }

  /**
   * Serves one edit; what is answered goes to `sink`.
   *
   * When the sink's client is gone, a running call is read to its end, since it is billed anyway, and nothing new starts.
   * @returns what became of it, also where the answer is a stream that broke after its first event
   * @throws RouterError if no deployment could serve it; the sink is then untouched
   */
  async edit(request: EditRequest, sink: AnswerSink): Promise<EditReport> {
    const groups = new GroupsToTry(this.#groups, request, this.options, ({ name }, refusal) => {
      this.events.emit("passedOver", { requestId: request.id, group: name, refusal });
    });
    const progress = new EditProgress(request, groups.first.name, this.nowMs);
    const deadline = new Deadline(this.timeoutMsOf(request), sink, this.nowMs);
    try {
      return await this.#serve(groups, { progress, deadline, sink });
    } finally {
      this.#gate.finish(request, progress.wasSent ? "sent" : "never sent");
    }
  }

  /**
   * What would become of an edit now. Nothing is sent, and nothing taken: what follows from it may be another's a moment later.
   * @throws RouterError for what is refused whatever the limits
   */
  async plan(request: EditRequest): Promise<EditPlan> {
    const groups = new GroupsToTry(this.#groups, request, this.options, () => undefined);
    let first: Failure | undefined;
    let failure: Failure | undefined;
    try {
      for (let group = groups.next(); group !== undefined; group = groups.next(failure)) {
        const visit = this.#visit(group, groups.fallbacks, request);
        const turn = await visit.begin();
        if (!("reason" in turn)) {
          const { deployment, pass } = turn;
          pass.end();
          this.#health.unused(turn);
          return { group: group.name, deployment, estimate: estimateOf(request, deployment) };
        }
        failure = turn;
        first ??= turn;
      }
    } finally {
      this.#gate.finish(request, "never sent");
    }
    if (first === undefined) throw new TypeError("a group without deployments cannot be tried");
    const waitsMs = first.kind === "full" ? first.fitsInMs : undefined;
    return { group: groups.first.name, refusal: errorFor(first), waitsMs };
  }

  /**
   * Edits images: the call for programs, without HTTP.
   *
   * @example
   * const { data, report } = await router.imageEdit({ image: "photo.png", prompt: "Add a red hat" });
   * @throws RouterError, InvalidRequestError, or the signal's reason
   */
  imageEdit(options: ImageEditOptions & { readonly stream?: false }): Promise<ImageEditAnswer>;
  imageEdit(options: ImageEditOptions & { readonly stream: true }): ImageEditStream;
  imageEdit({
    stream = false,
    ...options
  }: ImageEditOptions & { readonly stream?: boolean }): Promise<ImageEditAnswer> | ImageEditStream {
    return stream ? streamImageEdit(this, options) : editImage(this, options);
  }

  /** What is used of the limits now, and who waits for them. */
  limits(): Promise<LimitsReport> {
    return this.#limitsReports.now();
  }

  /** Closes the connections that are kept for further edits, and forgets which cooldowns it would have told of. */
  close(): void {
    this.#rooms.close();
    this.#leases.close();
    this.#health.close();
    this.#connections.close();
  }

  async #serve(groups: GroupsToTry, edit: RunningEdit): Promise<EditReport> {
    const { progress, deadline } = edit;
    const failures = new Map<GroupVisit, Failure>();
    let failure: Failure | undefined;
    for (let group = groups.next(); group !== undefined; group = groups.next(failure)) {
      const visit = this.#visit(group, groups.fallbacks, progress.request);
      failure = await this.#tryGroup(visit, failure, edit);
      if (failure === undefined) return this.#answered(progress);
      failures.set(visit, failure);
      if (deadline.failure !== undefined) break;
    }
    // Nobody is left to ask: of those that were full, one may have room in time.
    for (let full = fullOnes(failures); full.length > 0; full = fullOnes(failures)) {
      const found = await this.#roomWait.roomAtOneOf(full, edit);
      if ("reason" in found) {
        for (const { visit } of full.slice(0, 1)) failures.set(visit, found);
        break;
      }
      failure = await this.#makeAttempts(found.visit, found.turn, edit);
      if (failure === undefined) return this.#answered(progress);
      failures.set(found.visit, failure);
      if (deadline.failure !== undefined || classify(failure).next === "give up") break;
    }
    // Nobody is told that an edit failed before it is written down what that cost.
    await progress.concluded;
    const [firstFailure] = failures.values();
    throw failedWith(firstFailure, deadline, progress);
  }

  /** Begins to serve a request in a group: who may be called there, and in which order. */
  #visit(group: GroupToTry, fallbacks: number, request: EditRequest): GroupVisit {
    const levels = orderLevels(group.deployments).map((level) => this.#strategy.order(level, request));
    const admit = (deployments: readonly Deployment[]) => this.#gate.admit(request, deployments);
    const candidates = new Candidates(levels, this.#health, admit, this.nowMs);
    return new GroupVisit(group, fallbacks, candidates, this.nowMs);
  }

  /**
   * The group's last failure, or undefined once an answer has gone to the client.
   * @param before why the group before did not serve it
   */
  async #tryGroup(
    visit: GroupVisit,
    before: Failure | undefined,
    edit: RunningEdit,
  ): Promise<Failure | undefined> {
    const { progress } = edit;
    const { group, fallbacks } = visit;
    if (before !== undefined) {
      const { id: requestId } = progress.request;
      this.events.emit("fallback", {
        requestId,
        from: progress.group,
        to: group.name,
        reason: before.reason,
      });
    }
    progress.goTo(group.name, fallbacks);
    this.#retries.countRequest(group);
    if (isRehearsal(progress.request, visit)) return rehearsedFailure;
    const turn = this.#roomWait.othersBefore(visit) ?? (await visit.begin());
    return "reason" in turn ? turn : this.#makeAttempts(visit, turn, edit);
  }

  async #makeAttempts(
    visit: GroupVisit,
    turn: AdmittedTurn,
    edit: RunningEdit,
  ): Promise<Failure | undefined> {
    const { progress } = edit;
    progress.goTo(visit.group.name, visit.fallbacks);
    return this.#attempts.make(visit, turn, edit).catch(async (error: unknown) => {
      await progress.concluded;
      throw error instanceof JournalUnavailableError ? told(error, progress) : error;
    });
  }

  #answered(progress: EditProgress): EditReport {
    const report = progress.report();
    this.events.emit("edit", report);
    return report;
  }
}

/** What would become of an edit. */
export type EditPlan =
  | {
      readonly group: string;
      readonly deployment: Deployment;
      /** The most that it may cost there; null where no price bounds it. */
      readonly estimate: EditEstimate | null;
    }
  | {
      readonly group: string;
      /** What its client would be told, unless it waits for room. */
      readonly refusal: RouterError;
      /** Milliseconds until there will be room, where it would wait and that is known. */
      readonly waitsMs: number | undefined;
    };

/** The groups of which deployments may be called, and have no room. */
function fullOnes(failures: ReadonlyMap<GroupVisit, Failure>): FullVisit[] {
  return [...failures].flatMap(([visit, failure]) => (failure.kind === "full" ? [{ visit, failure }] : []));
}

/** What the group that was asked for ends with when fallbacks are rehearsed (LiteLLM's `mock_testing_fallbacks`). */
const rehearsedFailure: Failure = { kind: "connection", reason: "mock_testing_fallbacks" };

function isRehearsal({ rehearsesFallbacks }: EditRequest, { fallbacks }: GroupVisit): boolean {
  return rehearsesFallbacks === true && fallbacks === 0;
}

/** Answers of unknown length get memory in such steps: a picture of the usual size fits into one. */
const answerStepBytes = 4 * 1024 * 1024;

function answerLimits(options: RouterOptions): AnswerLimits {
  const { answerMemoryBytes, maxAnswerBytes } = options;
  const totalBytes = answerMemoryBytes ?? Math.max(defaultOptions.answerMemoryBytes, maxAnswerBytes ?? 0);
  const maxBytes = maxAnswerBytes ?? Math.min(defaultOptions.maxAnswerBytes, totalBytes);
  const settings = { totalBytes, largestLeaseBytes: maxBytes, stepBytes: answerStepBytes };
  // Nobody is refused: what is paid waits as long as its request may.
  return { maxBytes, memory: new ByteBudget(settings, () => new TypeError("an answer was refused memory")) };
}

/** The first group's failure is the client's: that is the model it asked for. */
function failedWith(failure: Failure | undefined, deadline: Deadline, progress: EditProgress): RouterError {
  const last = failure ?? deadline.failure;
  if (last === undefined) throw new TypeError("a group without deployments cannot be tried");
  return told(errorFor(last), progress);
}

/** With what had been tried. */
function told(error: RouterError, progress: EditProgress): RouterError {
  error.report = progress.report();
  error.mayBeBilled = progress.mayBeBilled;
  return error;
}

function journalSettings(
  { journal, serverErrors = defaultOptions.serverErrors }: RouterOptions,
  epochMs: () => number,
): JournalSettings | undefined {
  return journal && { journal, serverErrorsUnbilled: serverErrors === "unbilled", epochMs };
}

/** What a router is made of; of a deployment, group and key are enough. */
export type CreateRouterOptions = Omit<RouterOptions, "deployments"> & {
  readonly deployments: readonly DeploymentOptions[];
};

/**
 * A router over the given deployments.
 *
 * @example
 * const router = createRouter({
 *   deployments: [
 *     { group: "gpt-image-1", apiKey: "sk-one" },
 *     { group: "gpt-image-1", apiKey: "sk-two" },
 *   ],
 * });
 */
export function createRouter(options: CreateRouterOptions): Router {
  return new Router({ ...options, deployments: completed(options.deployments) });
}
