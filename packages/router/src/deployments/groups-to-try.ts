import { type RouterOptions, defaultOptions } from "../options.js";
import type { RouterError } from "../errors.js";
import type { EditRequest } from "../request.js";
import { classify } from "../retries/classification.js";
import type { Failure } from "../retries/failure.js";
import { type EligibleGroup, eligible, whyNone } from "./eligible.js";
import type { Group, Groups } from "./groups.js";

type FallbackOptions = Pick<
  RouterOptions,
  "fallbacks" | "contentPolicyFallbacks" | "maxFallbacks" | "tagFilter"
>;

/** A group whose turn it is. */
export interface GroupToTry extends Group {
  /** No other one may serve the request after it. */
  readonly isLast: boolean;
}

/**
 * The groups that one request is tried in: the one it asked for, then its fallbacks. Only the fallbacks of the first one
 * count, and no group comes twice: no chain of them can go round.
 */
export class GroupsToTry {
  readonly #first: Group;
  readonly #tried = new Set<string>();
  #ahead: EligibleGroup[];
  #fallbacks = 0;
  #isForContent = false;

  /**
   * @param onPassedOver told of each group that would be next and cannot take the request
   * @throws TagsError, NotCapableError where no group is left
   */
  constructor(
    private readonly groups: Groups,
    private readonly request: EditRequest,
    private readonly options: FallbackOptions,
    private readonly onPassedOver: (group: Group, refusal: RouterError) => void,
  ) {
    this.#first = groups.find(request.model);
    this.#ahead = this.#eligible(request.fallbacks ?? this.#configured(options.fallbacks) ?? []);
    const refusal = whyNone(this.#ahead);
    if (refusal !== undefined) throw refusal;
  }

  get first(): Group {
    return this.#first;
  }

  /** How many fallbacks have been tried, the current one included. */
  get fallbacks(): number {
    return this.#fallbacks;
  }

  /**
   * The next group, none if the failure is one that no group can make good.
   * @param failure of the group before
   */
  next(failure?: Failure): GroupToTry | undefined {
    if (failure !== undefined) this.#turnAfter(failure);
    const { maxFallbacks = defaultOptions.maxFallbacks } = this.options;
    const next = this.#nextEligible();
    if (next === undefined) return undefined;
    const isFirst = this.#tried.size === 0 && next.asked === this.#first.asked;
    if (!isFirst) this.#fallbacks += 1;
    if (this.#fallbacks > maxFallbacks) return undefined;
    this.#tried.add(next.asked);
    const isAnyAhead = this.#ahead.some(({ refusal }) => refusal === undefined);
    return { ...next, isLast: !isAnyAhead || this.#fallbacks === maxFallbacks };
  }

  /** Of a list by group: that of the model as it was asked for, else of its group, else of all. One deployment has its own only. */
  #configured(lists: RouterOptions["fallbacks"]): readonly string[] | undefined {
    const { asked, name, isOneDeployment } = this.#first;
    const own = lists?.get(asked);
    return own ?? (isOneDeployment ? undefined : (lists?.get(name) ?? lists?.get("*")));
  }

  #nextEligible(): Group | undefined {
    for (let next = this.#ahead.shift(); next !== undefined; next = this.#ahead.shift()) {
      if (next.refusal === undefined) return next;
      this.#tried.add(next.asked);
      this.onPassedOver(next, next.refusal);
    }
    return undefined;
  }

  /** Content that a model refuses goes on in `contentPolicyFallbacks`, where there are any; else where all else does. */
  #turnAfter(failure: Failure): void {
    const { errorClass, next } = classify(failure);
    if (next === "give up") this.#ahead = [];
    if (errorClass !== "ContentPolicyViolationError" || this.#isForContent) return;
    const names = this.#configured(this.options.contentPolicyFallbacks);
    // What a request says of its own fallbacks holds for every failure.
    if (names === undefined || this.request.fallbacks !== undefined) return;
    this.#isForContent = true;
    this.#ahead = this.#eligible(names).filter(({ asked }) => !this.#tried.has(asked));
  }

  /** The first group and the named ones, in their order, each once and with what can serve the request. */
  #eligible(names: readonly string[]): EligibleGroup[] {
    const others = [...new Set(names.map((name) => this.groups.resolved(name)))].filter(
      (name) =>
        name !== this.#first.asked &&
        !this.groups.isUnusable(name) &&
        this.request.mayFallBackTo?.(name) !== false,
    );
    const all = [this.#first, ...others.map((name) => this.groups.find(name, "fallbacks"))];
    return [...eligible(all, this.request, this.options.tagFilter)];
  }
}
