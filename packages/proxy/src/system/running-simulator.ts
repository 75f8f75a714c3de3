import { type Call, callsAt } from "./limits/calls.js";
import { RunningProcess } from "./running-process.js";

/** A part of a form as the simulator recorded it. */
export interface RecordedPart {
  readonly name: string;
  readonly fileName: string | null;
  readonly type: string | null;
  readonly length: number;
  readonly sha256: string;
  /** The text, of short fields that are no files. */
  readonly value?: string;
}

/** A request as it arrived at the simulator, and what became of it. */
export interface RecordedRequest {
  readonly requestId: string;
  /** Milliseconds since 1970, by a clock that nobody sets. */
  readonly arrivedAtMs: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly key: string | null;
  readonly organization: string | null;
  readonly bodyLength: number;
  readonly parts: readonly RecordedPart[] | null;
  readonly json: unknown;
  readonly fault: string | null;
  readonly status: number | null;
  readonly billed: boolean;
}

/** One line of what the simulator would charge, in nano-dollars as digits. */
export interface BillLine {
  readonly requestId: string;
  readonly key: string;
  readonly model: string;
  readonly images: number;
  readonly nanoUsd: string;
  /** What it is the sum of: one amount for a whole answer, one for each picture of a stream. */
  readonly amounts: readonly string[];
}

export interface BillTotal {
  readonly requests: number;
  readonly images: number;
  readonly nanoUsd: string;
}

export interface SimulatorBill {
  readonly lines: readonly BillLine[];
  readonly totals: {
    readonly overall: BillTotal;
    readonly keys: Readonly<Record<string, BillTotal>>;
    readonly organizations: Readonly<Record<string, BillTotal>>;
  };
}

/** One way to break, as the simulator's admin route takes it. */
export interface FaultRule {
  readonly key?: string;
  readonly model?: string;
  /** The request's field of that name. */
  readonly user?: string;
  readonly count?: number;
  readonly probability?: number;
  readonly fault: { readonly kind: string; readonly [detail: string]: unknown };
}

export interface RunningSimulator {
  readonly url: string;
  readonly process: RunningProcess;
  /** What has arrived, oldest first. */
  requests(): Promise<readonly RecordedRequest[]>;
  /** Every edit that arrived, as numbers, oldest first. */
  calls(): Promise<readonly Call[]>;
  bill(): Promise<SimulatorBill>;
  /** By organisation, from now on. */
  setLimits(limits: Readonly<Record<string, Readonly<Record<string, number>>>>): Promise<void>;
  /** How many answers the fault `hold` holds back. */
  held(): Promise<number>;
  /** Lets the first so many of them go, or all. */
  release(count?: number): Promise<void>;
  /** From now on these faults strike, and no others. */
  setFaults(...rules: readonly FaultRule[]): Promise<void>;
  /** Forgets requests, calls, bill and faults. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** The keys that every simulator started here knows; each belongs to an organisation of its own. */
export const simulatorKeys = { one: "sk-simulator-one", two: "sk-simulator-two" } as const;

/**
 * Starts a simulator. It listens on a free port, pictures are prepared and not drawn, and nothing takes longer than it
 * must, unless its configuration says otherwise.
 */
export async function startSimulator(
  configuration: Readonly<Record<string, unknown>> = {},
): Promise<RunningSimulator> {
  const organizations = { [simulatorKeys.one]: "org-one", [simulatorKeys.two]: "org-two" };
  const written = {
    port: 0,
    keys: organizations,
    draw: false,
    latency: { meanMs: 0, jitterMs: 0 },
    ...configuration,
  };
  const running = new RunningProcess({
    program: "simulator/dist/main.js",
    arguments: ["--config", "simulator.json", "--quiet", "--exit-with-parent"],
    files: { "simulator.json": JSON.stringify(written) },
  });
  const [, url = ""] = await running.printed(/listening on (\S+)/);

  const admin = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${url}/_simulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`The simulator refused ${method} ${path}: ${await answer.text()}`);
    return answer.json();
  };
  return {
    url,
    process: running,
    requests: async () => ((await admin("GET", "requests")) as { requests: RecordedRequest[] }).requests,
    calls: () => callsAt(url),
    setLimits: async (limits) => {
      await admin("PUT", "limits", limits);
    },
    held: async () => ((await admin("GET", "release")) as { held: number }).held,
    release: async (count) => {
      await admin("POST", "release", { count });
    },
    bill: async () => (await admin("GET", "bill")) as SimulatorBill,
    setFaults: async (...rules) => {
      await admin("DELETE", "faults");
      if (rules.length > 0) await admin("POST", "faults", rules);
    },
    clear: async () => {
      for (const kept of ["requests", "calls", "bill", "faults"]) await admin("DELETE", kept);
    },
    stop: () => running.stop(),
  };
}
