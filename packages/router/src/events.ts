import { EventEmitter } from "node:events";
import type { LimitDiffers } from "./admission/learning/learned-limits.js";
import type { SharedOrganisationEvent } from "./deployments/quota-sharing.js";
import type { Deployment } from "./deployments/deployment.js";
import type { RouterError } from "./errors.js";
import type { CooldownEvent } from "./health/health.js";
import type { AttemptReport, EditReport } from "./report.js";
import type { Verdict } from "./retries/classification.js";

/** A call of a deployment is about to be made. */
export interface AttemptStartedEvent {
  readonly requestId: string;
  readonly group: string;
  readonly deployment: Deployment;
  /** 0 for the first attempt of a request in a group. */
  readonly retry: number;
  /** Whether it tries out a deployment that had been left alone. */
  readonly isProbe: boolean;
}

/** One attempt has ended. */
export interface AttemptEvent extends AttemptReport {
  readonly requestId: string;
  readonly group: string;
  /** 0 for the first attempt of a request in a group. */
  readonly retry: number;
  /** What its failure means for the request, the deployment and the bill; absent where it succeeded. */
  readonly verdict: Verdict | undefined;
}

/** A request goes on in another group. */
export interface FallbackEvent {
  readonly requestId: string;
  readonly from: string;
  readonly to: string;
  /** Why the group before did not serve it. */
  readonly reason: string;
}

/** A group that a request would be tried in has no deployment that can take it. */
export interface PassedOverEvent {
  readonly requestId: string;
  readonly group: string;
  /** What the client would have been told, had it asked for this group alone. */
  readonly refusal: RouterError;
}

/** A request waits until a deployment may be called. */
export interface WaitEvent {
  readonly requestId: string;
  readonly group: string;
  readonly deployment: Deployment;
  readonly waitMs: number;
}

/** A request waits until a deployment of its groups has room. */
export interface QueuedEvent {
  readonly requestId: string;
  /** In whose room it waits. */
  readonly group: string;
  readonly reason: string;
}

/** A request is not tried again, since its group has made as many retries as it may. */
export interface RetryRefusedEvent {
  readonly requestId: string;
  readonly group: string;
  /** Why it would have been tried again. */
  readonly reason: string;
}

export interface RouterEventMap {
  attemptStarted: [AttemptStartedEvent];
  attempt: [AttemptEvent];
  retryRefused: [RetryRefusedEvent];
  wait: [WaitEvent];
  queued: [QueuedEvent];
  fallback: [FallbackEvent];
  limitDiffers: [LimitDiffers];
  organizationShared: [SharedOrganisationEvent];
  passedOver: [PassedOverEvent];
  cooldownBegan: [CooldownEvent];
  cooldownEnded: [CooldownEvent];
  /** An edit was answered, whether or not its client was still there. */
  edit: [EditReport];
}

export type RouterEvents = EventEmitter<RouterEventMap>;

export function createRouterEvents(): RouterEvents {
  return new EventEmitter<RouterEventMap>();
}
