export {
  type AnswerLayout,
  type ImageForm,
  type ImageMember,
  type ImageMembers,
} from "./answer/answer-layout.js";
export { usualForm } from "./answer/usual-form.js";
export type { AnswerHead, AnswerSink } from "./answer/answer-sink.js";
export { dimensionsOf } from "./image-dimensions/dimensions-of.js";
export type { Admission } from "./admission/admission.js";
export { LostReservations, type OpenReservation } from "./admission/redis/lost-reservations.js";
export { SharedAdmission } from "./admission/redis/shared-admission.js";
export type {
  AdmissionState,
  OnRedisFailure,
  SharedAdmissionSettings,
} from "./admission/redis/shared-admission-settings.js";
export { type HealthStore, LocalHealthStore } from "./health/health-store.js";
export { RedisHealthStore } from "./health/redis/redis-health-store.js";
export { RedisConnection } from "./redis/redis-connection.js";
export { RedisUnavailableError } from "./redis/redis-errors.js";
export {
  defaultRedisKeyPrefix,
  defaultRedisPort,
  redisName,
  type RedisAddress,
  type RedisSettings,
  type RedisTls,
  type RedisTopology,
} from "./redis/redis-settings.js";
export { settingsFromRedisUrl } from "./redis/redis-url.js";
export { InvalidRequestError } from "./body/invalid-request-error.js";
export { JsonBody } from "./body/json-body.js";
export { JsonOutline } from "./body/json-outline.js";
export { type Edit, type Span, applyEdits, slicesOf } from "./body/edit-list.js";
export { imageType, imageTypeLength } from "./body/image-type.js";
export { MultipartBody } from "./body/multipart-body.js";
export type { OriginalPart } from "./body/original-form.js";
export type { Part } from "./body/part.js";
export type { RequestControls } from "./body/request-controls.js";
export type { Account, AccountRefusal, PlannedCall, RequestBound } from "./admission/account.js";
export { type Correction, type Refusal, type Settlement, mostCharges } from "./admission/admission.js";
export { EmbeddedAdmission } from "./admission/embedded/embedded-admission.js";
export type { Charge, Meter, MeterUse } from "./admission/meter.js";
export type {
  DeploymentReport,
  LimitReport,
  LimitsReport,
  QuotaReport,
  WaitingReport,
} from "./admission/limits-report.js";
export { largestLimit } from "./admission/meter.js";
export type { Deployment } from "./deployments/deployment.js";
export { servedModel } from "./deployments/groups.js";
export type { DeploymentOptions } from "./deployments/deployment-options.js";
export type { Capabilities } from "./deployments/capabilities.js";
export { type Alias, type Group, Groups } from "./deployments/groups.js";
export type { DeploymentLimits } from "./deployments/deployment-limits.js";
export { type LimitDifference, type Quota, Quotas } from "./deployments/quotas.js";
export { knownModelOf } from "./deployments/known-model.js";
export type { TagFilter } from "./deployments/tags.js";
export type { EditPlan } from "./edit-plan.js";
export {
  AllCoolingError,
  ClientGoneError,
  DeadlineError,
  JournalUnavailableError,
  LimitsUnavailableError,
  MissingModelError,
  NoRoomError,
  NotCapableError,
  RouterError,
  TagsError,
  UnknownModelError,
  UnusableGroupError,
  UpstreamAnswerError,
  UpstreamConnectionError,
} from "./errors.js";
export { estimateOf, plannedEdit } from "./estimate.js";
export type {
  AttemptEvent,
  AttemptStartedEvent,
  FallbackEvent,
  PassedOverEvent,
  QueuedEvent,
  RetryRefusedEvent,
  RouterEventMap,
  RouterEvents,
  WaitEvent,
} from "./events.js";
export type { CooldownEvent } from "./health/health.js";
export {
  type AllowedFailsPolicy,
  type DeploymentHealthSettings,
  type HealthSettings,
  healthDefaults,
} from "./health/health-settings.js";
export type { CooldownCause } from "./health/health-store.js";
export type { Intent, Journal, Outcome, OutcomeState } from "./journal/journal.js";
export type { ImageEditEvent } from "./image-edit/event-queue.js";
export type { EditedImage, ImageEditAnswer, ImageEditStream } from "./image-edit/image-edit.js";
export { imageEdit } from "./image-edit/image-edit-from-environment.js";
export type { ImageEditOptions, ImageInput } from "./image-edit/image-edit-options.js";
export { type BudgetSettings, ByteBudget } from "./memory/byte-budget.js";
export type { MemoryLease } from "./memory/memory-lease.js";
export { type Timers, backgroundTimers, systemTimers } from "./memory/timers.js";
export { type RouterOptions, defaultOptions } from "./options.js";
export type { AttemptReport, EditReport } from "./report.js";
export type { EditBody, EditParameters, EditRequest } from "./request.js";
export type { EntraApplication, EntraCredential } from "./providers/entra/credential.js";
export { type ErrorClass, type Verdict, classify } from "./retries/classification.js";
export type { RetryBudgetSettings } from "./retries/retry-budget.js";
export type { RetryPolicy } from "./retries/retry-limit.js";
export { type FittedSize, fittedSize } from "./sizes/fitted-size.js";
export { openAiApiBase } from "./providers/openai.js";
export type { Provider, ProviderSetting } from "./providers/provider.js";
export { type ProviderName, isProviderName, providers } from "./providers/providers.js";
export { tagsFromText } from "./body/request-tags.js";
export type { LatencyOptions } from "./strategies/latency-based.js";
export { type RoutingStrategy, routingStrategies } from "./strategies/routing-strategy.js";
export { type BodyChunks, bodyChunks } from "./memory/body-chunks.js";
export { FetchImageError, type FetchLimits, ImageFetcher } from "./upstream/fetch-image.js";
export { type CreateRouterOptions, Router, createRouter } from "./router.js";
export { type ConnectionSettings, defaultConnectionSettings } from "./upstream/connections.js";
