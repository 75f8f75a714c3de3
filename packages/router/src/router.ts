import type { LimitsReport } from "./admission/limits-report.js";
import type { AnswerSink } from "./answer/answer-sink.js";
import type { Deployment } from "./deployments/deployment.js";
import { type DeploymentOptions, completed } from "./deployments/deployment-options.js";
import { type GroupToTry, GroupsToTry } from "./deployments/groups-to-try.js";
import { orderLevels } from "./deployments/order-levels.js";
import type { EditPlan } from "./edit-plan.js";
import { JournalUnavailableError, type RouterError } from "./errors.js";
import { estimateOf } from "./estimate.js";
import { type RouterEvents, createRouterEvents } from "./events.js";
import type { RunningEdit } from "./group-attempts.js";
import {
  type ImageEditAnswer,
  type ImageEditStream,
  editImage,
  streamImageEdit,
} from "./image-edit/image-edit.js";
import type { ImageEditOptions } from "./image-edit/image-edit-options.js";
import { type RouterOptions, defaultOptions } from "./options.js";
import { EditProgress } from "./progress.js";
import type { EditReport } from "./report.js";
import type { EditRequest } from "./request.js";
import { type AdmittedTurn, Candidates } from "./retries/candidates.js";
import { classify } from "./retries/classification.js";
import { Deadline } from "./retries/deadline.js";
import { type Failure, errorFor } from "./retries/failure.js";
import { GroupVisit } from "./retries/group-visit.js";
import type { FullVisit } from "./retries/room-wait.js";
import { type RouterParts, routerParts } from "./router-parts.js";

/**
 * Sends edits to deployments: those of the group that was asked for, in the strategy's order, then those of its fallbacks,
 * until one has answered or the deadline has passed.
 */
export class Router {
  /** What happens while edits are served, for logs and metrics to listen to. */
  readonly events: RouterEvents = createRouterEvents();
  readonly #parts: RouterParts;

  constructor(
    private readonly options: RouterOptions,
    random: () => number = Math.random,
    private readonly nowMs: () => number = () => performance.now(),
    epochMs: () => number = Date.now,
  ) {
    this.#parts = routerParts(options, { events: this.events, random, nowMs, epochMs });
  }

  /** Bytes that answers hold now, from their arrival until their clients have taken them. */
  get answerBytes(): number {
    return this.#parts.answers.memory.usedBytes;
  }

  /** The names that clients may ask for: those of all model groups, and aliases that are not hidden. */
  get modelNames(): string[] {
    return this.#parts.groups.listed;
  }

  /** The name of the group that serves a model, by whatever name; undefined for a model that nobody configured. */
  groupNameFor(model: string): string | undefined {
    return this.#parts.groups.nameFor(model);
  }

  /** What a model is called besides: what an alias stands for, and the group that serves it. */
  namesOf(model: string): string[] {
    return this.#parts.groups.namesOf(model);
  }

  /** The name under which limits of a model are counted: that of its group, of a wildcard group its own. */
  limitedNameOf(model: string): string {
    return this.#parts.groups.limitedNameOf(model);
  }

  /**
   * The model that serves a request which names none.
   * @throws MissingModelError if there is no clear choice
   */
  get defaultModel(): string {
    return this.options.defaultModel ?? this.#parts.groups.default;
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
    const groups = new GroupsToTry(this.#parts.groups, request, this.options, ({ name }, refusal) => {
      this.events.emit("passedOver", { requestId: request.id, group: name, refusal });
    });
    const progress = new EditProgress(request, groups.first.name, this.nowMs);
    const deadline = new Deadline(this.timeoutMsOf(request), sink, this.nowMs);
    try {
      return await this.#serve(groups, { progress, deadline, sink });
    } finally {
      this.#parts.gate.finish(request, progress.wasSent ? "sent" : "never sent");
    }
  }

  /**
   * What would become of an edit now. Nothing is sent, and nothing taken: what follows from it may be another's a moment later.
   * @throws RouterError for what is refused whatever the limits
   */
  async plan(request: EditRequest): Promise<EditPlan> {
    const groups = new GroupsToTry(this.#parts.groups, request, this.options, () => undefined);
    let first: Failure | undefined;
    let failure: Failure | undefined;
    try {
      for (let group = groups.next(); group !== undefined; group = groups.next(failure)) {
        const visit = this.#visit(group, groups.fallbacks, request);
        const turn = await visit.begin();
        if (!("reason" in turn)) {
          const { deployment, pass } = turn;
          pass.end();
          this.#parts.health.unused(turn);
          return { group: group.name, deployment, estimate: estimateOf(request, deployment) };
        }
        failure = turn;
        first ??= turn;
      }
    } finally {
      this.#parts.gate.finish(request, "never sent");
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
    return this.#parts.limitsReports.now();
  }

  /** Closes the connections that are kept for further edits, and forgets which cooldowns it would have told of. */
  close(): void {
    const { rooms, leases, health, connections } = this.#parts;
    rooms.close();
    leases.close();
    health.close();
    connections.close();
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
      const found = await this.#parts.roomWait.roomAtOneOf(full, edit);
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
    const { strategy, gate, health } = this.#parts;
    const levels = orderLevels(group.deployments).map((level) => strategy.order(level, request));
    const admit = (deployments: readonly Deployment[]) => gate.admit(request, deployments);
    const candidates = new Candidates(levels, health, admit, this.nowMs);
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
    this.#parts.retries.countRequest(group);
    if (isRehearsal(progress.request, visit)) return rehearsedFailure;
    const turn = this.#parts.roomWait.othersBefore(visit) ?? (await visit.begin());
    return "reason" in turn ? turn : this.#makeAttempts(visit, turn, edit);
  }

  async #makeAttempts(
    visit: GroupVisit,
    turn: AdmittedTurn,
    edit: RunningEdit,
  ): Promise<Failure | undefined> {
    const { progress } = edit;
    progress.goTo(visit.group.name, visit.fallbacks);
    return this.#parts.attempts.make(visit, turn, edit).catch(async (error: unknown) => {
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

/** The groups of which deployments may be called, and have no room. */
function fullOnes(failures: ReadonlyMap<GroupVisit, Failure>): FullVisit[] {
  return [...failures].flatMap(([visit, failure]) => (failure.kind === "full" ? [{ visit, failure }] : []));
}

/** What the group that was asked for ends with when fallbacks are rehearsed (LiteLLM's `mock_testing_fallbacks`). */
const rehearsedFailure: Failure = { kind: "connection", reason: "mock_testing_fallbacks" };

function isRehearsal({ rehearsesFallbacks }: EditRequest, { fallbacks }: GroupVisit): boolean {
  return rehearsesFallbacks === true && fallbacks === 0;
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
