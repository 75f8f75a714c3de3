import { type Deployment, type DeploymentLimits, Quotas, type RouterOptions } from "@darkroom/router";
import { hint } from "../catalogue/nearest.js";
import type { LimitSetting } from "../catalogue/limit-settings.js";
import type { Findings } from "../config-error.js";
import { type Located, positionOf } from "../file/located.js";
import { millisecondsOf } from "../gateway-config.js";
import { bySection } from "./router-options.js";
import type { FileSettings } from "./schema.js";

type WrittenLimits = { readonly [Name in LimitSetting]?: number | undefined };

const settingOf: Readonly<Record<keyof DeploymentLimits, LimitSetting>> = {
  requestsPerMinute: "rpm",
  imagesPerMinute: "ipm",
  tokensPerMinute: "tpm",
  parallelCalls: "max_parallel_requests",
};

const limitNames = Object.keys(settingOf) as (keyof DeploymentLimits)[];

/** What is said of limits; undefined where nothing is. */
export function limitsFrom(written: WrittenLimits): DeploymentLimits | undefined {
  const said = limitNames.flatMap((name) => {
    const value = written[settingOf[name]];
    return value === undefined ? [] : [[name, value] as const];
  });
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

type LimitOptions = Pick<
  RouterOptions,
  | "deployments"
  | "quotas"
  | "defaultParallelCalls"
  | "limitGuardMs"
  | "queueTimeoutMs"
  | "maxQueue"
  | "defaultPriority"
>;

/**
 * Limits of deployments and quotas, and what becomes of requests that have to wait for them. `rate_limits: hint` leaves
 * the deployments without limits of rates, as LiteLLM does; limits of parallel calls hold there too.
 */
export function limitsOf(
  settings: FileSettings,
  root: Located,
  deployments: readonly Deployment[],
  findings: Findings,
): LimitOptions & { readonly notes: readonly string[] } {
  const router = bySection(settings);
  const quotas = new Map(
    Object.entries(settings.quotas ?? {}).map(([name, limits]) => [name, limitsFrom(limits) ?? {}]),
  );
  const areHints = router.rate_limits === "hint";
  if (areHints && router.optional_pre_call_checks?.includes("enforce_model_rate_limits") === true) {
    const path = ["router_settings", "rate_limits"];
    findings.problem(positionOf(root, path), path, "hint contradicts the check enforce_model_rate_limits");
  }
  const defaultParallelCalls = router.default_max_parallel_requests;
  const written = new Quotas(deployments, {
    quotas,
    guardMs: 0,
    ...(defaultParallelCalls !== undefined && { defaultParallelCalls }),
  });
  warnOfQuotas(written, quotas, root, findings);
  const kept = areHints ? withoutRates : (limits: DeploymentLimits) => limits;
  return {
    deployments: deployments.map(({ limits, ...deployment }) => ({
      ...deployment,
      ...(limits !== undefined && { limits: kept(limits) }),
    })),
    ...(quotas.size > 0 && { quotas: new Map([...quotas].map(([name, limits]) => [name, kept(limits)])) }),
    ...(defaultParallelCalls !== undefined && { defaultParallelCalls }),
    ...(router.limit_guard_ms !== undefined && { limitGuardMs: router.limit_guard_ms }),
    ...(router.queue_timeout !== undefined && { queueTimeoutMs: millisecondsOf(router.queue_timeout) }),
    ...(router.max_queue !== undefined && { maxQueue: router.max_queue }),
    ...(router.default_priority !== undefined && { defaultPriority: router.default_priority }),
    notes: notesOn(written, areHints),
  };
}

function withoutRates({ parallelCalls }: DeploymentLimits): DeploymentLimits {
  return parallelCalls === undefined ? {} : { parallelCalls };
}

function warnOfQuotas(
  written: Quotas,
  declared: ReadonlyMap<string, DeploymentLimits>,
  root: Located,
  findings: Findings,
): void {
  const named = new Set(written.all.map(({ name }) => name));
  for (const name of declared.keys()) {
    if (named.has(name)) continue;
    const { file, line, column } = positionOf(root, ["quotas", name]);
    findings.warn(`${file}:${line}:${column}: no usable deployment has the quota "${name}"`);
  }
  for (const { name, members } of written.all) {
    const isDeclared = members.some(({ quota }) => quota === name);
    const told = [declared.get(name), ...members.map(({ limits }) => limits)];
    if (!isDeclared || told.some((limits) => Object.keys(limits ?? {}).length > 0)) continue;
    findings.warn(`the quota "${name}" of ${groupsOf(members)} has no limits${hint(name, declared.keys())}`);
  }
  for (const { quota, limit, values } of written.differences) {
    const members = written.all.find(({ name }) => name === quota)?.members ?? [];
    const setting = settingOf[limit];
    findings.warn(
      `the quota "${quota}" of ${groupsOf(members)} has several ${setting} (${values.join(", ")}): the lowest holds`,
    );
  }
}

function groupsOf(members: readonly Deployment[]): string {
  return [...new Set(members.map(({ group }) => group))].join(", ");
}

/** For every group that has limits, whether they hold. */
function notesOn(written: Quotas, areHints: boolean): string[] {
  const byGroup = new Map<string, Set<keyof DeploymentLimits>>();
  for (const { members, limits } of written.all) {
    for (const { group } of members) {
      const known = byGroup.get(group) ?? new Set();
      for (const name of limitNames) if (limits[name] !== undefined) known.add(name);
      byGroup.set(group, known);
    }
  }
  return [...byGroup].flatMap(([group, limits]) => noteOn(group, limits, areHints));
}

function noteOn(group: string, limits: ReadonlySet<keyof DeploymentLimits>, areHints: boolean): string[] {
  const names = limitNames.filter((name) => limits.has(name));
  const hints = areHints ? names.filter((name) => name !== "parallelCalls") : [];
  const enforced = areHints ? names.filter((name) => name === "parallelCalls") : names;
  const listed = (those: readonly (keyof DeploymentLimits)[]) =>
    those.map((name) => settingOf[name]).join(", ");
  const parts = [
    ...(enforced.length > 0 ? [`enforced: ${listed(enforced)}`] : []),
    ...(hints.length > 0 ? [`hints, as rate_limits says: ${listed(hints)}`] : []),
  ];
  return parts.length === 0 ? [] : [`limits of ${group} are ${parts.join("; ")}`];
}
