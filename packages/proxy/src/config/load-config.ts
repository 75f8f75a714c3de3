import type { RouterOptions } from "@darkroom/router";
import type { z } from "zod";
import { SettingsCheck } from "./catalogue/check-settings.js";
import { Findings } from "./config-error.js";
import { type Environment, withDotEnv, withFileVariables, withVariables } from "./file/environment.js";
import { readWithIncludes } from "./file/include.js";
import { type Located, type LocatedMap, positionOf } from "./file/located.js";
import type { FormatSettings } from "../formats/answer-formats.js";
import type { UploadSettings } from "../upload/upload-settings.js";
import { bytesOf, defaults, type GatewayConfig, millisecondsOf } from "./gateway-config.js";
import { type ModelList, readModelList } from "./models/model-list.js";
import { shutDownWarnings } from "./models/openai-models.js";
import { refusedModelWarnings, unpricedModels, unpricedWarning } from "./models/unpriced.js";
import { accountSettings } from "./settings/account-settings.js";
import { budgetsOf } from "./settings/budgets.js";
import { validated } from "./settings/explain.js";
import { aliasesOf } from "./settings/aliases.js";
import { contentPolicyFallbacksOf, fallbacksOf, type KnownGroups } from "./settings/fallbacks.js";
import { limitsOf } from "./settings/limits.js";
import { masterKeyOf } from "./settings/master-key.js";
import { sharedPrices } from "./settings/price-map.js";
import { fleetSettings } from "./settings/fleet.js";
import { postgresOf } from "./settings/postgres.js";
import { redisOf } from "./settings/redis.js";
import { modelsForRequests } from "./settings/request-models.js";
import { routingOf } from "./settings/routing.js";
import { routerOptions } from "./settings/router-options.js";
import { type FileSettings, fileSchemas } from "./settings/schema.js";
import { reportUnsetVariables } from "./settings/unset-variables.js";

export interface LoadOptions {
  /** The file as the operator named it; errors name it so. */
  readonly file: string;
  readonly environment: Environment;
  /** Settings that restrict money, rate or access and may go unenforced (`--allow-unenforced`). */
  readonly allowUnenforced: readonly string[];
  /** Where `.env` is looked for. */
  readonly directory?: string;
  readonly today?: Date;
}

/**
 * Reads LiteLLM's `config.yaml` as LiteLLM reads it.
 * @throws ConfigError with all that is wrong with it
 */
export function loadConfig(options: LoadOptions): GatewayConfig {
  const { file, allowUnenforced, directory = process.cwd(), today = new Date() } = options;
  const findings = new Findings();
  const written = readWithIncludes(file, findings);
  findings.throwIfAny();
  if (!written) throw new TypeError("a file without content and without a problem");

  const environment = withFileVariables(written, withDotEnv(options.environment, directory), findings);
  const resolved = withVariables(written, environment) as LocatedMap;

  const check = new SettingsCheck(findings, allowUnenforced);
  check.file(resolved);
  reportUnsetVariables(resolved, findings);
  const masterKey = masterKeyOf(resolved, environment, findings);
  const settings = fileSettings(withoutMasterKey(resolved), findings);
  const credentials = settings.credential_list;
  const prices = sharedPrices(settings, resolved, findings);
  const dropParams = settings.litellm_settings.drop_params;
  const source = { written, resolved, credentials, environment, dropParams, prices };
  const models = readModelList(source, check, findings);
  check.finish();
  // A problem in an entry hides its group; that is no reason to call fallbacks to it unknown.
  findings.throwIfAny();
  const unaliased = knownGroups(models);
  const aliases = aliasesOf(settings, resolved, unaliased, findings);
  const groups = { ...unaliased, aliases: new Map([...aliases].map(([name, { model }]) => [name, model])) };
  const upload = uploadSettings(settings, resolved, findings);
  const answers = answerLimits(settings, resolved, findings);
  const fallbacks = fallbacksOf(settings, resolved, groups, findings);
  const contentPolicyFallbacks = contentPolicyFallbacksOf(settings, resolved, groups, findings);
  const { defaultModel, forcedModel } = modelsForRequests(settings, resolved, groups, findings);
  const { notes, ...limits } = limitsOf(settings, resolved, models.deployments, findings);
  const budgets = budgetsOf(settings, resolved, models, findings);
  const redis = redisOf(settings, resolved, environment, findings);
  const postgres = postgresOf(settings, resolved, environment, findings);
  const fleet = fleetSettings(settings, resolved, findings);
  const router = routerOptions({ settings, root: resolved, ...models, fallbacks, groups }, findings);
  findings.throwIfAny();

  if (models.deployments.length === 0) findings.warn(`${file} has no deployment that can serve image edits`);
  const openAis = models.deployments.filter(({ apiBase }) => apiBase === defaults.apiBase);
  const { litellm_key_header_name, forward_client_headers_to_llm_api, store_prompts_in_spend_logs } =
    settings.general_settings;
  const { require_auth_for_metrics_endpoint } = settings.litellm_settings;
  const { maximum_spend_logs_retention_period, maximum_spend_logs_retention_interval } =
    settings.general_settings;
  const { idempotency_memory_mb, unpriced, team_metrics } = settings.general_settings;
  return {
    source: file,
    router: {
      ...router,
      ...limits,
      ...(contentPolicyFallbacks.size > 0 && { contentPolicyFallbacks }),
      ...routingOf(settings, models.deployments, findings),
      ...(aliases.size > 0 && { aliases }),
      ...(defaultModel !== undefined && { defaultModel }),
      ...answers,
    },
    ...(redis !== undefined && { redis }),
    ...(postgres !== undefined && { postgres }),
    ...(masterKey !== undefined && { masterKey }),
    ...(litellm_key_header_name !== undefined && { keyHeaderName: litellm_key_header_name }),
    ...(forcedModel !== undefined && { forcedModel }),
    forwardClientHeaders: forward_client_headers_to_llm_api ?? defaults.forwardClientHeaders,
    requireAuthForMetrics: require_auth_for_metrics_endpoint ?? defaults.requireAuthForMetrics,
    teamMetrics: team_metrics ?? defaults.teamMetrics,
    storePrompts: store_prompts_in_spend_logs ?? defaults.storePrompts,
    ...(maximum_spend_logs_retention_period !== undefined && {
      retention: {
        keepMs: maximum_spend_logs_retention_period,
        everyMs: maximum_spend_logs_retention_interval ?? defaults.retentionEveryMs,
      },
    }),
    upload,
    formats: formatSettings(settings),
    idempotencyMemoryBytes:
      idempotency_memory_mb === undefined ? defaults.idempotencyMemoryBytes : bytesOf(idempotency_memory_mb),
    accounts: accountSettings(settings, models.accessGroups, budgets),
    fleet,
    warnings: [
      ...findings.warnings,
      ...[...unpricedModels(models.deployments)].map(unpricedWarning),
      ...(unpriced === "allow" ? [] : refusedModelWarnings(models.deployments, budgets)),
      ...shutDownWarnings(
        openAis.map(({ model }) => model),
        today,
      ),
    ],
    notes,
    skipped: models.skipped,
    invalid: models.invalid,
  };
}

/** Section by section, so that a problem in one does not hide those of another. A section with problems is empty. */
function fileSettings(root: Located, findings: Findings): FileSettings {
  const sections = Object.entries(fileSchemas).map(([name, schema]) => {
    const absent = name.endsWith("_settings") ? {} : undefined;
    return [name, validated<z.ZodType>(schema, root, [name], findings) ?? absent] as const;
  });
  return Object.fromEntries(sections) as unknown as FileSettings;
}

function knownGroups({ deployments, skipped, invalid }: ModelList): KnownGroups {
  return {
    served: new Set([...deployments, ...invalid].map(({ group }) => group)),
    skipped: new Set(skipped.map(({ name }) => name)),
    ids: new Set(deployments.map(({ id }) => id)),
    aliases: new Map(),
  };
}

function uploadSettings(
  { general_settings: general }: FileSettings,
  root: Located,
  findings: Findings,
): UploadSettings {
  const { max_request_size_mb, upload_memory_mb, upload_wait, upload_timeout } = general;
  const { upload } = defaults;
  const maxRequestBytes =
    max_request_size_mb === undefined ? upload.maxRequestBytes : bytesOf(max_request_size_mb);
  const memoryBudgetBytes =
    upload_memory_mb === undefined
      ? Math.max(upload.memoryBudgetBytes, maxRequestBytes)
      : bytesOf(upload_memory_mb);
  if (memoryBudgetBytes < maxRequestBytes) {
    const path = ["general_settings", "upload_memory_mb"];
    findings.problem(positionOf(root, path), path, "expected at least as much as max_request_size_mb");
  }
  return {
    maxRequestBytes,
    memoryBudgetBytes,
    waitMs: upload_wait === undefined ? upload.waitMs : millisecondsOf(upload_wait),
    timeoutMs: upload_timeout === undefined ? upload.timeoutMs : millisecondsOf(upload_timeout),
    minimumBytesPerSecond: general.upload_minimum_bytes_per_second ?? upload.minimumBytesPerSecond,
  };
}

function formatSettings({ general_settings: general }: FileSettings): FormatSettings {
  const { public_url, use_x_forwarded_host, keep_images, keep_images_mb, keep_images_count } = general;
  const { conversion_memory_mb: memory } = general;
  const { formats } = defaults;
  return {
    ...(public_url !== undefined && { publicUrl: public_url }),
    trustForwardedHost: use_x_forwarded_host ?? formats.trustForwardedHost,
    keepImages: keep_images ?? formats.keepImages,
    keptBytes: keep_images_mb === undefined ? formats.keptBytes : bytesOf(keep_images_mb),
    keptFiles: keep_images_count ?? formats.keptFiles,
    memoryBytes: memory === undefined ? formats.memoryBytes : bytesOf(memory),
  };
}

function answerLimits(
  { general_settings: general }: FileSettings,
  root: Located,
  findings: Findings,
): Pick<RouterOptions, "answerMemoryBytes" | "maxAnswerBytes"> {
  const { max_response_size_mb: largest, answer_memory_mb: memory } = general;
  if (largest !== undefined && memory !== undefined && memory < largest) {
    const path = ["general_settings", "answer_memory_mb"];
    findings.problem(positionOf(root, path), path, "expected at least as much as max_response_size_mb");
  }
  return {
    ...(memory !== undefined && { answerMemoryBytes: bytesOf(memory) }),
    ...(largest !== undefined && { maxAnswerBytes: bytesOf(largest) }),
  };
}

/** The master key has stricter rules than a schema, and has been held against them already. */
function withoutMasterKey(root: LocatedMap): Located {
  const general = root.entries.get("general_settings");
  if (general?.value.kind !== "map") return root;
  const entries = new Map(general.value.entries);
  entries.delete("master_key");
  return {
    ...root,
    entries: new Map(root.entries).set("general_settings", {
      ...general,
      value: { ...general.value, entries },
    }),
  };
}
