import { EventEmitter } from "node:events";
import type { AttemptReport, EditReport } from "./report.js";

/** One attempt has ended. */
export interface AttemptEvent extends AttemptReport {
  readonly requestId: string;
  readonly group: string;
}

export interface RouterEventMap {
  attempt: [AttemptEvent];
  /** An edit was answered, whether or not its client was still there. */
  edit: [EditReport];
}

export type RouterEvents = EventEmitter<RouterEventMap>;

export function createRouterEvents(): RouterEvents {
  return new EventEmitter<RouterEventMap>();
}
