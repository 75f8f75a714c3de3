import type { LimitReport, LimitsReport, Router } from "@darkroom/router";
import type { LimitsStore } from "../limits/limits-store.js";
import { Counter, Gauge, type Registry } from "prom-client";
import { readCounter } from "./read-counter.js";

/** The figures of limits and of those who wait for them. Quotas are those of the configuration, so that labels are bounded. */
export function limitMetrics(registry: Registry, router: Router, store: LimitsStore): void {
  const registers = [registry];
  const limits = askedOnceAtATime(() => router.limits());
  new Gauge({
    name: "darkroom_limits_degraded",
    help: "1 while limits are decided without the Redis that gateways share, since it does not answer.",
    registers,
    collect() {
      this.set(store.state.kind === "degraded" ? 1 : 0);
    },
  });
  readCounter(
    registry,
    "darkroom_limits_degraded_answers_total",
    "Admissions that were decided without the Redis that gateways share.",
    () => store.degradedAnswers,
  );
  limitGauge(registry, limits, "darkroom_limit", "What holds of a limit now.", ({ limit }) => limit);
  limitGauge(
    registry,
    limits,
    "darkroom_limit_used",
    "What is used of a limit: of the last minute, or calls under way.",
    ({ used }) => used,
  );
  new Gauge({
    name: "darkroom_queue_requests",
    help: "Edits that wait until a deployment of their group has room.",
    labelNames: ["group"],
    registers,
    async collect() {
      const { quotas, waiting } = await limits();
      this.reset();
      for (const { group } of quotas.flatMap(({ deployments }) => deployments)) this.set({ group }, 0);
      for (const { group, requests } of waiting) this.set({ group }, requests);
    },
  });
  new Gauge({
    name: "darkroom_deployment_cooling",
    help: "1 while a deployment is left alone, else 0.",
    labelNames: ["group", "deployment"],
    registers,
    async collect() {
      for (const { deployments } of (await limits()).quotas)
        for (const { group, id, standing } of deployments)
          this.set({ group, deployment: id }, standing === "cooling" ? 1 : 0);
    },
  });
  const queued = new Counter({
    name: "darkroom_queued_total",
    help: "Edits that had to wait until a deployment had room.",
    labelNames: ["group"],
    registers,
  });
  router.events.on("queued", ({ group }) => {
    queued.inc({ group });
  });
}

/** A scrape reads several figures at once: of one report, which may have to come from Redis. */
function askedOnceAtATime(ask: () => Promise<LimitsReport>): () => Promise<LimitsReport> {
  let asked: Promise<LimitsReport> | undefined;
  return () => {
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    return asked;
  };
}

function limitGauge(
  registry: Registry,
  limits: () => Promise<LimitsReport>,
  name: string,
  help: string,
  amountOf: (limit: LimitReport) => bigint,
): void {
  new Gauge({
    name,
    help: `${help} By quota, and what it counts.`,
    labelNames: ["quota", "of"],
    registers: [registry],
    async collect() {
      for (const { name: quota, limits: own } of (await limits()).quotas) {
        for (const limit of own) this.set({ quota, of: limit.dimension }, Number(amountOf(limit)));
      }
    },
  });
}
