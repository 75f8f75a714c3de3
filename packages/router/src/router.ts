import type { AnswerSink } from "./answer/answer-sink.js";
import { type AnswerLimits, type AttemptOutcome, attempt } from "./attempt.js";
import { type DeploymentOptions, completed } from "./deployments/deployment-options.js";
import { type Group, Groups } from "./deployments/groups.js";
import { type GroupToTry, GroupsToTry } from "./deployments/groups-to-try.js";
import { orderLevels } from "./deployments/order-levels.js";
import { JournalUnavailableError, type RouterError } from "./errors.js";
import { type RouterEvents, createRouterEvents } from "./events.js";
import { Health, type Turn } from "./health/health.js";
import {
  type ImageEditAnswer,
  type ImageEditStream,
  editImage,
  streamImageEdit,
} from "./image-edit/image-edit.js";
import type { ImageEditOptions } from "./image-edit/image-edit-options.js";
import type { JournalSettings } from "./journal/attempt-entry.js";
import { ByteBudget } from "./memory/byte-budget.js";
import { type RouterOptions, defaultOptions } from "./options.js";
import { EditProgress } from "./progress.js";
import type { EditReport } from "./report.js";
import type { EditRequest } from "./request.js";
import { Candidates } from "./retries/candidates.js";
import { type Verdict, classify } from "./retries/classification.js";
import { Deadline } from "./retries/deadline.js";
import { type Failure, errorFor, retryAfterOf } from "./retries/failure.js";
import { Retries } from "./retries/retries.js";
import { observed } from "./strategies/attempt-observer.js";
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
  readonly #targets: UpstreamTargets;
  readonly #answers: AnswerLimits;
  readonly #journal: JournalSettings | undefined;

  constructor(
    private readonly options: RouterOptions,
    random: () => number = Math.random,
    private readonly nowMs: () => number = () => performance.now(),
    epochMs: () => number = Date.now,
  ) {
    this.#groups = new Groups(options.deployments, options.unusableGroups, options.aliases);
    const { strategy = defaultOptions.strategy, latency = {} } = options;
    this.#strategy = createStrategy(strategy, { random, nowMs, latency });
    this.#health = new Health(options.health ?? {}, {
      nowMs,
      random,
      listener: {
        began: (event) => this.events.emit("cooldownBegan", event),
        ended: (event) => this.events.emit("cooldownEnded", event),
      },
    });
    this.#retries = new Retries(options, this.events, random, nowMs);
    this.#answers = answerLimits(options);
    this.#journal = journalSettings(options, epochMs);
    this.#connections = new Connections(options.connections);
    this.#targets = new UpstreamTargets(this.#connections, nowMs);
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

    let firstFailure: Failure | undefined;
    let failure: Failure | undefined;
    for (let group = groups.next(); group !== undefined; group = groups.next(failure)) {
      if (failure !== undefined) this.#noteFallback(progress, group, failure);
      progress.fallbacks = groups.fallbacks;
      progress.group = group.name;
      failure = isRehearsal(request, groups)
        ? rehearsedFailure
        : await this.#editInGroup(group, progress, deadline, sink).catch(async (error: unknown) => {
            await progress.concluded;
            throw error instanceof JournalUnavailableError ? told(error, progress) : error;
          });
      if (failure === undefined) {
        const report = progress.report();
        this.events.emit("edit", report);
        return report;
      }
      firstFailure ??= failure;
      if (deadline.failure !== undefined) break;
    }
    // Nobody is told that an edit failed before it is written down what that cost.
    await progress.concluded;
    throw failedWith(firstFailure, deadline, progress);
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

  /** Closes the connections that are kept for further edits, and forgets which cooldowns it would have told of. */
  close(): void {
    this.#health.close();
    this.#connections.close();
  }

  /** The last failure of the group, or undefined once an answer has gone to the client. */
  async #editInGroup(
    group: GroupToTry,
    progress: EditProgress,
    deadline: Deadline,
    sink: AnswerSink,
  ): Promise<Failure | undefined> {
    this.#retries.countRequest(group);
    const levels = orderLevels(group.deployments);
    const ordered = levels.map((level) => this.#strategy.order(level, progress.request));
    const candidates = new Candidates(ordered, this.#health);
    let turn = await candidates.next();
    if (turn === undefined) return this.#allCooling(group, candidates);

    for (let retry = 0; ; retry += 1) {
      const failure = await this.#attempt(turn, retry, group, progress, deadline, sink);
      if (failure === undefined) return undefined;
      turn = await this.#retries.turnAfter({ failure, turn, retry, group, candidates, progress, deadline });
      if (turn === undefined) return deadline.failure ?? failure;
    }
  }

  /** One call, told to all who listen. Its failure, or undefined where the client has seen something of the answer. */
  async #attempt(
    turn: Turn,
    retry: number,
    group: Group,
    progress: EditProgress,
    deadline: Deadline,
    sink: AnswerSink,
  ): Promise<Failure | undefined> {
    const { deployment, isProbe } = turn;
    const requestId = progress.request.id;
    progress.deployment = deployment;
    if (this.events.listenerCount("attemptStarted") > 0) {
      this.events.emit("attemptStarted", { requestId, group: group.name, deployment, retry, isProbe });
    }
    const context = {
      deployment,
      retry,
      progress,
      deadline,
      sink,
      targets: this.#targets,
      answers: this.#answers,
      journal: this.#journal,
      nowMs: this.nowMs,
    };
    let outcome: AttemptOutcome;
    try {
      const observing = { deployment, edit: progress.request };
      outcome = await observed(this.#strategy.observer, observing, () => attempt(context));
    } catch (error) {
      this.#health.unused(turn);
      if (error instanceof JournalUnavailableError && retry > 0) progress.forgetRetry();
      throw error;
    }
    const { report, failure, released } = outcome;
    const verdict = failure && classify(failure);
    if (failure === undefined || verdict === undefined) this.#health.succeeded(turn);
    else this.#noteFailure(turn, failure, verdict, progress);
    this.events.emit("attempt", {
      requestId,
      attemptId: report.attemptId,
      group: group.name,
      deployment,
      retry,
      durationMs: report.durationMs,
      succeeded: report.succeeded,
      status: report.status,
      reason: report.reason,
      upstreamRequestId: report.upstreamRequestId,
      dropped: report.dropped,
      verdict,
    });
    return released ? undefined : failure;
  }

  #noteFailure(turn: Turn, failure: Failure, verdict: Verdict, progress: EditProgress): void {
    progress.mayBeBilled ||= verdict.ambiguous === true;
    // A client that waits for a moment only must not take deployments out for others.
    const { timeoutMs } = progress.request;
    if (failure.kind === "timeout" && failure.timeoutMs === timeoutMs) this.#health.unused(turn);
    else {
      const { reason } = failure;
      const retryAfterMs = retryAfterOf(failure);
      const group = this.#groups.membersOf(turn.deployment);
      this.#health.failed({ turn, group, verdict, reason, retryAfterMs });
    }
  }

  #noteFallback({ request, group }: EditProgress, { name }: Group, { reason }: Failure): void {
    this.events.emit("fallback", { requestId: request.id, from: group, to: name, reason });
  }

  #allCooling({ name }: Group, candidates: Candidates): Failure {
    const atMs = candidates.soonest()?.atMs ?? this.nowMs();
    const retryAfterMs = Math.max(0, atMs - this.nowMs());
    return { kind: "cooling", group: name, retryAfterMs, reason: "all deployments are cooling down" };
  }
}

/** What the group that was asked for ends with when fallbacks are rehearsed (LiteLLM's `mock_testing_fallbacks`). */
const rehearsedFailure: Failure = { kind: "connection", reason: "mock_testing_fallbacks" };

function isRehearsal({ rehearsesFallbacks }: EditRequest, { fallbacks }: GroupsToTry): boolean {
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
