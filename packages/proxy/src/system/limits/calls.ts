/** One edit as the simulator's `GET /_simulator/calls` tells of it. */
export interface Call {
  readonly organization: string;
  readonly model: string | null;
  /** When its headers had arrived, in milliseconds since 1970, with fractions. */
  readonly arrivedAtMs: number;
  /** When the last byte of its answer was handed over; null: it is under way. */
  readonly endedAtMs: number | null;
  readonly status: number | null;
  readonly images: number | null;
  readonly inputImages: number | null;
  readonly tokens: number | null;
}

/**
 * All edits that arrived at a simulator.
 * @throws Error where it has forgotten some: no proof can be made of the rest
 */
export async function callsAt(simulatorUrl: string): Promise<readonly Call[]> {
  const answer = await fetch(`${simulatorUrl}/_simulator/calls`);
  const dropped = Number(answer.headers.get("x-simulator-dropped"));
  if (!answer.ok || dropped > 0) {
    throw new Error(`the simulator answered ${answer.status} and has forgotten ${dropped} calls`);
  }
  const calls: Call[] = [];
  let rest = "";
  // Line by line: of millions of calls one text would be too long.
  for await (const text of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) calls.push(JSON.parse(line) as Call);
  }
  return calls;
}
