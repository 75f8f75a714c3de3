import type { AnswerSink } from "./answer/answer-sink.js";
import { type AnswerLimits, attempt } from "./attempt.js";
import type { Deployment } from "./deployments/deployment.js";
import { type DeploymentOptions, completed } from "./deployments/deployment-options.js";
import { eligible } from "./deployments/eligible.js";
import { type Group, Groups } from "./deployments/groups.js";
import { orderLevels } from "./deployments/order-levels.js";
import type { RouterError } from "./errors.js";
import { type RouterEvents, createRouterEvents } from "./events.js";
import {
  type ImageEditAnswer,
  type ImageEditStream,
  editImage,
  streamImageEdit,
} from "./image-edit/image-edit.js";
import type { ImageEditOptions } from "./image-edit/image-edit-options.js";
import { ByteBudget } from "./memory/byte-budget.js";
import { type RouterOptions, defaultOptions } from "./options.js";
import { EditProgress } from "./progress.js";
import type { EditReport } from "./report.js";
import type { EditRequest } from "./request.js";
import { backoffMs, retryAfterMs } from "./retries/backoff.js";
import { Deadline } from "./retries/deadline.js";
import { type Failure, errorFor, nextStepAfter } from "./retries/failure.js";
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
  readonly #connections: Connections;
  readonly #targets: UpstreamTargets;
  readonly #answers: AnswerLimits;

  constructor(
    private readonly options: RouterOptions,
    private readonly random: () => number = Math.random,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.#groups = new Groups(options.deployments, options.unusableGroups, options.aliases);
    const { strategy = defaultOptions.strategy, latency = {} } = options;
    this.#strategy = createStrategy(strategy, { random, nowMs, latency });
    this.#answers = answerLimits(options);
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

  /**
   * Serves one edit; what is answered goes to `sink`.
   *
   * When the sink's client is gone, a running call is read to its end, since it is billed anyway, and nothing new starts.
   * @returns what became of it, also where the answer is a stream that broke after its first event
   * @throws RouterError if no deployment could serve it; the sink is then untouched
   */
  async edit(request: EditRequest, sink: AnswerSink): Promise<EditReport> {
    const first = this.#groups.find(request.model);
    const asked = [first, ...this.#fallbacksOf(first, request)];
    const groups = eligible(asked, request, this.options.tagFilter);
    const progress = new EditProgress(request, first.name, this.nowMs);
    const deadline = new Deadline(this.#timeoutMsOf(request), sink, this.nowMs);

    let firstFailure: Failure | undefined;
    for (const [position, group] of groups.entries()) {
      if (group.deployments.length === 0) continue;
      progress.fallbacks = position;
      progress.group = group.name;
      const failure = await this.#editInGroup(group, progress, deadline, sink);
      if (failure === undefined) {
        const report = progress.report();
        this.events.emit("edit", report);
        return report;
      }
      firstFailure ??= failure;
      if (!nextStepAfter(failure).elsewhere || deadline.failure !== undefined) break;
    }
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

  /** Closes the connections that are kept for further edits. */
  close(): void {
    this.#connections.close();
  }

  /** The last failure of the group, or undefined once an answer has gone to the client. */
  async #editInGroup(
    group: Group,
    progress: EditProgress,
    deadline: Deadline,
    sink: AnswerSink,
  ): Promise<Failure | undefined> {
    const { request } = progress;
    let candidates = orderLevels(group.deployments).flatMap((level) => this.#strategy.order(level, request));
    const returnTo: { deployment: Deployment; retryAfterMs: number | undefined }[] = [];
    const attempts = 1 + (progress.request.retries ?? this.options.retries ?? defaultOptions.retries);
    let last: Failure | undefined;

    for (let number = 0; number < attempts; number += 1) {
      if (candidates.length === 0) {
        const again = returnTo.shift();
        const waitMs = again && backoffMs(number - 1, again.retryAfterMs, this.random);
        if (again === undefined || waitMs === undefined || !(await deadline.wait(waitMs))) break;
        progress.waitedMs += waitMs;
        candidates = [again.deployment];
      }
      last = deadline.failure ?? last;
      const deployment = candidates.shift();
      if (deployment === undefined || deadline.failure !== undefined) break;
      if (number > 0) progress.retries += 1;
      progress.deployment = deployment;

      const context = {
        deployment,
        progress,
        deadline,
        sink,
        targets: this.#targets,
        answers: this.#answers,
        nowMs: this.nowMs,
      };
      const observing = { deployment, edit: request };
      const outcome = await observed(this.#strategy.observer, observing, () => attempt(context));
      const { report } = outcome;
      this.events.emit("attempt", {
        requestId: progress.request.id,
        group: group.name,
        deployment,
        durationMs: report.durationMs,
        succeeded: report.succeeded,
        status: report.status,
        reason: report.reason,
        upstreamRequestId: report.upstreamRequestId,
      });
      if (outcome.failure === undefined || outcome.released) return undefined;

      last = outcome.failure;
      const next = nextStepAfter(last);
      if (!next.elsewhere) break;
      if (next.hereLater) {
        const headers = last.kind === "answer" ? last.head.headers : {};
        returnTo.push({ deployment, retryAfterMs: retryAfterMs(headers, Date.now()) });
      }
    }
    return last;
  }

  /** The groups to go on in, each once, so that no chain of fallbacks can go round. */
  #fallbacksOf(first: Group, request: EditRequest): Group[] {
    const { fallbacks, maxFallbacks = defaultOptions.maxFallbacks } = this.options;
    const configured = first.isOneDeployment ? [] : (fallbacks?.get(first.name) ?? fallbacks?.get("*"));
    const names = (request.fallbacks ?? configured ?? []).map((name) => this.#groups.resolved(name));
    const asked = this.#groups.resolved(request.model);
    const others = [...new Set(names)].filter((name) => name !== asked && !this.#groups.isUnusable(name));
    return others.slice(0, maxFallbacks).map((name) => this.#groups.find(name));
  }

  #timeoutMsOf({ timeoutMs, parameters }: EditRequest): number {
    const { options } = this;
    const streamTimeoutMs = parameters.stream ? options.streamTimeoutMs : undefined;
    return timeoutMs ?? streamTimeoutMs ?? options.timeoutMs ?? defaultOptions.timeoutMs;
  }
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
  const told = failure ?? deadline.failure;
  if (told === undefined) throw new TypeError("a group without deployments cannot be tried");
  const error = errorFor(told);
  error.report = progress.report();
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
