import type { LimitReport, Router } from "@darkroom/router";
import type { LimitsStore } from "../limits/limits-store.js";
import { Counter, Gauge, type Registry } from "prom-client";

/** The figures of limits and of those who wait for them. Quotas are those of the configuration, so that labels are bounded. */
export function limitMetrics(registry: Registry, router: Router, store: LimitsStore): void {
  const registers = [registry];
  new Gauge({
    name: "darkroom_limits_degraded",
    help: "1 while limits are decided without the Redis that gateways share, since it does not answer.",
    registers,
    collect() {
      this.set(store.state.kind === "degraded" ? 1 : 0);
    },
  });
  new Counter({
    name: "darkroom_limits_degraded_answers_total",
    help: "Admissions that were decided without the Redis that gateways share.",
    registers,
    collect() {
      this.reset();
      this.inc(store.degradedAnswers);
    },
  });
  limitGauge(registry, router, "darkroom_limit", "What holds of a limit now.", ({ limit }) => limit);
  limitGauge(
    registry,
    router,
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
      this.reset();
      for (const { group, requests } of (await router.limits()).waiting) this.set({ group }, requests);
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

function limitGauge(
  registry: Registry,
  router: Router,
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
      for (const { name: quota, limits } of (await router.limits()).quotas) {
        for (const limit of limits) this.set({ quota, of: limit.dimension }, Number(amountOf(limit)));
      }
    },
  });
}
