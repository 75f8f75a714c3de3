import type { Limits } from "@darkroom/accounts";
import type { PriceLookup } from "@darkroom/cost-calculator";
import type { Deployment } from "@darkroom/router";
import type { SettingsCheck } from "../catalogue/check-settings.js";
import type { Findings, KeyPath } from "../config-error.js";
import type { Environment } from "../file/environment.js";
import { find, type Located, type LocatedMap, plain, positionOf, scalars } from "../file/located.js";
import { defaults, type InvalidDeployment, type SkippedEntry } from "../gateway-config.js";
import { deploymentBudget } from "../settings/budgets.js";
import { validated } from "../settings/explain.js";
import { type EntrySettings, entryNameSchema, entrySchema, type FileSettings } from "../settings/schema.js";
import { applyCredential } from "./credentials.js";
import { deploymentFrom } from "./deployment.js";
import { deploymentId } from "./deployment-id.js";
import { deploymentPrices } from "./deployment-prices.js";
import { whyNotAnImageModel } from "./image-model.js";
import { isServed, providerOf, whyNotServed } from "./provider.js";

export interface ModelList {
  readonly deployments: Deployment[];
  readonly skipped: SkippedEntry[];
  readonly invalid: InvalidDeployment[];
  /** The access groups of each model group: those of all of its deployments. */
  readonly accessGroups: Map<string, readonly string[]>;
  /** The budgets of deployments, by their ids. */
  readonly budgets: Map<string, Limits>;
}

export interface ModelListSource {
  /** The file as it is written, with `os.environ/NAME` in it. */
  readonly written: LocatedMap;
  /** The same with variables looked up. */
  readonly resolved: LocatedMap;
  readonly credentials: FileSettings["credential_list"];
  readonly environment: Environment;
  /** Holds for entries that say nothing of it. */
  readonly dropParams: boolean | undefined;
  /** The prices of all deployments; the list prices where it is undefined. */
  readonly prices: PriceLookup | undefined;
}

/** Reads `model_list`: each entry becomes a deployment, or is skipped, invalid or a problem. */
export function readModelList(source: ModelListSource, check: SettingsCheck, findings: Findings): ModelList {
  const list: ModelList = {
    deployments: [],
    skipped: [],
    invalid: [],
    accessGroups: new Map(),
    budgets: new Map(),
  };
  const ids = new Map<string, KeyPath>();
  const entries = find(source.resolved, ["model_list"]);
  for (const index of entries?.kind === "list" ? entries.items.keys() : []) {
    readEntry(["model_list", index], source, check, findings, list, ids);
  }
  return list;
}

function readEntry(
  path: KeyPath,
  source: ModelListSource,
  check: SettingsCheck,
  findings: Findings,
  list: ModelList,
  ids: Map<string, KeyPath>,
): void {
  const { resolved } = source;
  const withoutModel = entryWithoutModel(path, source, ids);
  if (withoutModel) {
    list.invalid.push(withoutModel);
    return;
  }
  const named = validated(entryNameSchema, resolved, path, findings);
  if (!named) return;
  const { model_name: group, litellm_params: params, model_info: info } = named;
  const model = providerOf(params.model, params.custom_llm_provider);
  // Who deploys a model at Azure names it as he likes, and says which one it is in base_model.
  const known = [params.base_model, info?.base_model].find((name) => typeof name === "string") ?? model.model;
  const reason = whyNotAnImageModel(known, info?.mode);
  if (reason !== undefined || !isServed(model)) {
    list.skipped.push({ name: group, reason: reason ?? whyNotServed(model) });
    return;
  }

  const entry = find(resolved, path);
  if (entry?.kind === "map") check.entry(entry, path);
  const settings = validated(entrySchema, resolved, path, findings);
  const credential = settings && applyCredential(settings, path, source, findings);
  if (!credential) return;
  const deploymentId = takeId(settings, path, source, findings, ids);
  if (deploymentId === undefined) return;

  const priced = { settings, model: model.model, path, resolved, shared: source.prices };
  const prices = deploymentPrices(priced, findings);

  const drop_params = credential.params.drop_params ?? source.dropParams;
  const unset = unsetVariable(entry) ?? unsetVariable(credential.node);
  const result =
    unset === undefined
      ? deploymentFrom(
          { ...settings, litellm_params: { ...credential.params, drop_params } },
          deploymentId,
          model,
          source.environment,
          prices,
        )
      : { invalid: unsetReason(unset) };
  const { access_groups = [] } = settings.model_info ?? {};
  if (access_groups.length > 0)
    list.accessGroups.set(group, [...(list.accessGroups.get(group) ?? []), ...access_groups]);
  const budget = deploymentBudget(settings, resolved, path, findings);
  if (budget !== undefined) list.budgets.set(deploymentId, budget);
  if ("invalid" in result) list.invalid.push({ deploymentId, group, reason: result.invalid });
  else {
    list.deployments.push(result.deployment);
    if (result.keyOfOpenAi) warnOfForeignKey(result.deployment, resolved, path, findings);
  }
}

/** An entry whose `model` is a variable that is not set. What it would be cannot be told, so no more of it is read. */
function entryWithoutModel(
  path: KeyPath,
  { written, resolved }: ModelListSource,
  ids: Map<string, KeyPath>,
): InvalidDeployment | undefined {
  const model = find(resolved, [...path, "litellm_params", "model"]);
  const group = find(resolved, [...path, "model_name"]);
  if (model?.kind !== "scalar" || !model.unset) return undefined;
  if (group?.kind !== "scalar" || typeof group.value !== "string") return undefined;
  const params = find(written, [...path, "litellm_params"]);
  const id = unique(deploymentId(group.value, params && plain(params)), ids);
  ids.set(id, path);
  return { deploymentId: id, group: group.value, reason: unsetReason(model.variable) };
}

/** The entry's own id, or one made for it; `undefined` where its own is taken. */
function takeId(
  settings: EntrySettings,
  path: KeyPath,
  { written, resolved }: ModelListSource,
  findings: Findings,
  ids: Map<string, KeyPath>,
): string | undefined {
  const params = find(written, [...path, "litellm_params"]);
  const own = settings.model_info?.id;
  const id = own ?? unique(deploymentId(settings.model_name, params && plain(params)), ids);
  const other = ids.get(id);
  if (!other) {
    ids.set(id, path);
    return id;
  }
  const { file, line } = positionOf(resolved, other);
  const where = [...path, "model_info", "id"];
  findings.problem(
    positionOf(resolved, where),
    where,
    `the id "${id}" is taken by the entry at ${file}:${line}`,
  );
  return undefined;
}

/** Two entries that are the same in all count as two deployments, so the second one gets an id of its own. */
function unique(id: string, ids: ReadonlyMap<string, unknown>): string {
  let number = 1;
  while (ids.has(number === 1 ? id : `${id}-${number}`)) number++;
  return number === 1 ? id : `${id}-${number}`;
}

function unsetReason(variable: string | undefined): string {
  return `the environment variable ${variable} is not set`;
}

function unsetVariable(node: Located | undefined): string | undefined {
  if (!node) return undefined;
  for (const [, { unset, variable }] of scalars(node)) if (unset) return variable;
  return undefined;
}

function warnOfForeignKey(
  { apiBase, group }: Deployment,
  root: Located,
  path: KeyPath,
  findings: Findings,
): void {
  if (apiBase === defaults.apiBase) return;
  const { file, line, column } = positionOf(root, path);
  findings.warn(
    `${file}:${line}:${column}: ${group} has an api_base and no api_key: OPENAI_API_KEY is sent there, as by LiteLLM`,
  );
}
