import type { Call } from "./calls.js";

/** What an upstream counts of a call. */
export type Counted = "requests" | "images" | "inputImages" | "tokens";

/** The most that an organisation got, whatever was answered: a refused call was sent too. */
export interface Most {
  /** In any window. */
  readonly requests: number;
  readonly images: number;
  readonly inputImages: number;
  readonly tokens: number;
  /** At any moment. */
  readonly parallel: number;
}

const minuteMs = 60_000;

/** What a call counts as; one that was never understood has no images and no tokens. */
function amountOf(call: Call, counted: Counted): number {
  return counted === "requests" ? 1 : (call[counted] ?? 0);
}

/** By organisation; in the order in which they were first called. */
export function mostByOrganization(
  calls: readonly Call[],
  windowMs: number = minuteMs,
): ReadonlyMap<string, Most> {
  const organizations = new Set(calls.map(({ organization }) => organization));
  return new Map(
    [...organizations].map((organization) => [
      organization,
      mostOf(
        calls.filter((call) => call.organization === organization),
        windowMs,
      ),
    ]),
  );
}

function mostOf(calls: readonly Call[], windowMs: number): Most {
  return {
    requests: mostInWindow(calls, "requests", windowMs),
    images: mostInWindow(calls, "images", windowMs),
    inputImages: mostInWindow(calls, "inputImages", windowMs),
    tokens: mostInWindow(calls, "tokens", windowMs),
    parallel: mostAtOnce(calls),
  };
}

/**
 * The most that arrived in any window: from any moment on and shorter than `windowMs`, so that two calls a whole window
 * apart are never in one. It is enough to look at the windows that begin with a call.
 */
export function mostInWindow(calls: readonly Call[], counted: Counted, windowMs: number = minuteMs): number {
  const inOrder = calls.toSorted((a, b) => a.arrivedAtMs - b.arrivedAtMs);
  let most = 0;
  let inWindow = 0;
  let end = 0;
  for (const first of inOrder) {
    for (let next = inOrder[end]; next !== undefined; next = inOrder[end]) {
      if (next.arrivedAtMs >= first.arrivedAtMs + windowMs) break;
      inWindow += amountOf(next, counted);
      end += 1;
    }
    most = Math.max(most, inWindow);
    inWindow -= amountOf(first, counted);
  }
  return most;
}

/** The most calls that were under way at any moment. One that ends when another arrives is not there with it. */
export function mostAtOnce(calls: readonly Call[]): number {
  const changes = calls
    .flatMap(({ arrivedAtMs, endedAtMs }) => [
      { atMs: arrivedAtMs, by: 1 },
      { atMs: Math.max(arrivedAtMs, endedAtMs ?? Number.POSITIVE_INFINITY), by: -1 },
    ])
    .sort((a, b) => (a.atMs === b.atMs ? a.by - b.by : a.atMs - b.atMs));
  let most = 0;
  let underWay = 0;
  for (const { by } of changes) {
    underWay += by;
    most = Math.max(most, underWay);
  }
  return most;
}

/**
 * Which share of what a limit allows in a time was used: what of it was answered with 200, to what whole windows allow.
 * @param limit for one window
 */
export function utilisation(
  calls: readonly Call[],
  counted: Counted,
  limit: number,
  time: { readonly fromMs: number; readonly toMs: number },
  windowMs: number = minuteMs,
): number {
  const { fromMs, toMs } = time;
  const used = calls
    .filter((call) => call.status === 200 && call.arrivedAtMs >= fromMs && call.arrivedAtMs < toMs)
    .reduce((sum, call) => sum + amountOf(call, counted), 0);
  return used / (limit * ((toMs - fromMs) / windowMs));
}
