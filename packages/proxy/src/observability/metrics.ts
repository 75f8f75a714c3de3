import type { AttemptEvent, Deployment, EditReport, Router } from "@darkroom/router";
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { Books } from "../books/books.js";
import type { LimitsStore } from "../limits/limits-store.js";
import type { IdempotentEdits } from "../idempotency/idempotent-edits.js";
import { bookMetrics } from "./book-metrics.js";
import { limitMetrics } from "./limit-metrics.js";
import type { SoftBudgetsCrossed } from "./soft-budgets-crossed.js";
import type { InFlight } from "../in-flight.js";
import type { ByteBudget } from "@darkroom/router";

/** An edit takes from milliseconds (a refusal) to minutes (sixteen large images). */
const durationBucketsSeconds = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600];

/** A model that nobody configured has no label of its own: typos must not fill the memory of those who collect. */
const otherGroup = "other";

/** One answered request. */
export interface RequestEvent {
  readonly route: string;
  readonly group: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  /** Whether it was given an earlier request's answer. */
  readonly isReplay: boolean;
}

/** Whose figures are told. */
export interface MetricsSources {
  readonly router: Router;
  readonly deployments: readonly Deployment[];
  readonly uploads: ByteBudget;
  readonly conversions: ByteBudget;
  readonly edits: InFlight;
  readonly books: Books;
  readonly limits: LimitsStore;
  readonly idempotentEdits: IdempotentEdits;
  readonly softBudgetsCrossed: SoftBudgetsCrossed;
}

/** The gateway's metrics, in a registry of their own. */
export class Metrics {
  readonly registry = new Registry();

  readonly #requests = new Counter({
    name: "darkroom_requests_total",
    help: "Requests answered, by route, model group and status (499: the client was gone).",
    labelNames: ["route", "group", "status"],
    registers: [this.registry],
  });
  readonly #replays = new Counter({
    name: "darkroom_replays_total",
    help: "Of these, requests that were given the answer of an earlier one with their Idempotency-Key, at no cost.",
    labelNames: ["group"],
    registers: [this.registry],
  });
  readonly #attempts = new Counter({
    name: "darkroom_attempts_total",
    help: "Calls of deployments, by outcome: succeeded or failed.",
    labelNames: ["group", "deployment", "outcome"],
    registers: [this.registry],
  });
  readonly #failures = new Counter({
    name: "darkroom_attempt_failures_total",
    help: "Calls of deployments that failed, by LiteLLM's class of the error.",
    labelNames: ["group", "deployment", "error"],
    registers: [this.registry],
  });
  readonly #retries = new Counter({
    name: "darkroom_retries_total",
    help: "Calls of deployments after a first one in the same group.",
    labelNames: ["group", "deployment"],
    registers: [this.registry],
  });
  readonly #retriesRefused = new Counter({
    name: "darkroom_retries_refused_total",
    help: "Requests that were not tried again, since their group had made as many retries as it may.",
    labelNames: ["group"],
    registers: [this.registry],
  });
  readonly #fallbacks = new Counter({
    name: "darkroom_fallbacks_total",
    help: "Requests that went on in another group.",
    labelNames: ["from", "to"],
    registers: [this.registry],
  });
  readonly #cooldowns = new Counter({
    name: "darkroom_cooldowns_total",
    help: "Times a deployment was left alone, by cause: rate limit, locked out, failures.",
    labelNames: ["group", "deployment", "cause"],
    registers: [this.registry],
  });
  readonly #requestSeconds = new Histogram({
    name: "darkroom_request_duration_seconds",
    help: "From a request's headers to the end of its answer.",
    labelNames: ["route", "group"],
    buckets: durationBucketsSeconds,
    registers: [this.registry],
  });
  readonly #attemptSeconds = new Histogram({
    name: "darkroom_attempt_duration_seconds",
    help: "From the first byte sent to a deployment to the end of its answer.",
    labelNames: ["group", "deployment"],
    buckets: durationBucketsSeconds,
    registers: [this.registry],
  });
  readonly #images = new Counter({
    name: "darkroom_images_total",
    help: "Images answered.",
    labelNames: ["group", "deployment"],
    registers: [this.registry],
  });
  readonly #unpriced = new Counter({
    name: "darkroom_unpriced_requests_total",
    help: "Edits that were served and whose price is not known: they are missing in darkroom_spend_usd_total.",
    labelNames: ["group", "deployment"],
    registers: [this.registry],
  });
  /** The exact sums behind the counter, which can only show them rounded to a float; by the id of the deployment. */
  readonly #spend = new Map<string, { labels: { group: string; deployment: string }; nanoUsd: bigint }>();
  readonly #router: Router;

  constructor(sources: MetricsSources) {
    const { router, deployments, uploads, conversions, edits, books, limits, idempotentEdits } = sources;
    sources.softBudgetsCrossed.register(this.registry);
    this.#router = router;
    const spend = this.#spend;
    for (const { id, group } of deployments) {
      // A counter that comes up with its first amount hides it from whoever asks for increases. Groups with a wildcard come up
      // under the names that they are asked by.
      if (group.includes("*")) continue;
      const labels = { group, deployment: id };
      spend.set(id, { labels, nanoUsd: 0n });
      this.#images.inc(labels, 0);
      this.#unpriced.inc(labels, 0);
    }
    new Counter({
      name: "darkroom_spend_usd_total",
      help: "Cost of the edits served, in US dollars.",
      labelNames: ["group", "deployment"],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { labels, nanoUsd } of spend.values()) this.inc(labels, Number(nanoUsd) / 1e9);
      },
    });
    new Gauge({
      name: "darkroom_upload_bytes",
      help: "Bytes of the memory budget that uploads hold now.",
      registers: [this.registry],
      collect() {
        this.set(uploads.usedBytes);
      },
    });
    new Gauge({
      name: "darkroom_answer_bytes",
      help: "Bytes of the memory budget that answers hold now, until their clients have taken them.",
      registers: [this.registry],
      collect() {
        this.set(router.answerBytes);
      },
    });
    new Gauge({
      name: "darkroom_conversion_bytes",
      help: "Bytes of the memory budget that answers in another form or size hold now, besides the answers themselves.",
      registers: [this.registry],
      collect() {
        this.set(conversions.usedBytes);
      },
    });
    new Gauge({
      name: "darkroom_idempotency_bytes",
      help: "Bytes of the memory for answers that are kept for requests with the same Idempotency-Key.",
      registers: [this.registry],
      collect() {
        this.set(idempotentEdits.keptBytes);
      },
    });
    new Gauge({
      name: "darkroom_replays_waiting",
      help: "Requests that wait for the edit of an earlier one with their Idempotency-Key.",
      registers: [this.registry],
      collect() {
        this.set(idempotentEdits.waiting);
      },
    });
    new Gauge({
      name: "darkroom_edits_in_flight",
      help: "Edits that run now, from their upload on, those whose client is gone included.",
      registers: [this.registry],
      collect() {
        this.set(edits.count);
      },
    });
    bookMetrics(this.registry, books);
    limitMetrics(this.registry, router, limits);
    collectDefaultMetrics({ register: this.registry });
    router.events.on("attempt", (event) => {
      this.#countAttempt(event);
    });
    router.events.on("edit", (report) => {
      this.#countEdit(report);
    });
    router.events.on("retryRefused", ({ group }) => {
      this.#retriesRefused.inc({ group });
    });
    router.events.on("fallback", ({ from, to }) => {
      this.#fallbacks.inc({ from, to });
    });
    router.events.on("cooldownBegan", ({ deployment: { group, id }, cause }) => {
      this.#cooldowns.inc({ group, deployment: id, cause });
    });
  }

  countRequest({ route, group, status, durationMs, isReplay }: RequestEvent): void {
    const label = (group === undefined ? undefined : this.#router.groupNameFor(group)) ?? otherGroup;
    this.#requests.inc({ route, group: label, status: String(status) });
    if (isReplay) this.#replays.inc({ group: label });
    this.#requestSeconds.observe({ route, group: label }, durationMs / 1000);
  }

  #countEdit({ group, deployment, cost, images }: EditReport): void {
    if (deployment === undefined || cost === undefined) return;
    const labels = { group, deployment: deployment.id };
    this.#images.inc(labels, images);
    if (cost === null) {
      this.#unpriced.inc(labels);
      return;
    }
    const spent = this.#spend.get(deployment.id)?.nanoUsd ?? 0n;
    this.#spend.set(deployment.id, { labels, nanoUsd: spent + cost.nanoUsd });
  }

  #countAttempt({ group, deployment, retry, succeeded, durationMs, verdict }: AttemptEvent): void {
    const labels = { group, deployment: deployment.id };
    if (retry > 0) this.#retries.inc(labels);
    if (verdict !== undefined) this.#failures.inc({ ...labels, error: verdict.errorClass });
    this.#attempts.inc({ ...labels, outcome: succeeded ? "succeeded" : "failed" });
    this.#attemptSeconds.observe(labels, durationMs / 1000);
  }
}
