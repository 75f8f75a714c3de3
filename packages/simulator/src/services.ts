import type { EntraTokens } from "./azure/entra-tokens.js";
import type { Bill } from "./bill/bill.js";
import type { CallLog } from "./call-log.js";
import type { Clock } from "./clock.js";
import type { Configuration } from "./configuration.js";
import type { Painter } from "./drawing/painter.js";
import type { FaultList } from "./faults/fault-list.js";
import type { Holds } from "./faults/holds.js";
import type { ImageFiles } from "./image-files.js";
import type { KnownFiles } from "./known-files.js";
import type { Random } from "./random.js";
import type { RateLimits } from "./rate-limits.js";
import type { Recorder } from "./record.js";

/** The parts that the routes work with, put together once in `simulator.ts`. */
export interface Services {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly random: Random;
  readonly painter: Painter;
  readonly rateLimits: RateLimits;
  readonly faults: FaultList;
  readonly holds: Holds;
  readonly bill: Bill;
  readonly recorder: Recorder;
  readonly calls: CallLog;
  readonly imageFiles: ImageFiles;
  readonly knownFiles: KnownFiles;
  readonly entraTokens: EntraTokens;
}
