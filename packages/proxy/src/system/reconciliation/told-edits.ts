import { nanoUsdOf } from "../dollars.js";
import { type Answer, post } from "../form-request.js";
import { sentBody } from "./sent-body.js";
import type { VariedEdit } from "./varied-edits.js";

/** What the client of an edit was told. */
export interface ToldEdit {
  readonly edit: VariedEdit;
  readonly status: number;
  /** The gateway's own id of the request. */
  readonly requestId: string;
  /** The upstream's id of the call whose answer, or error, this is. */
  readonly upstreamRequestId: string | undefined;
  /** The group that served. */
  readonly group: string | undefined;
  readonly isStream: boolean;
  /** Complete pictures that came. */
  readonly images: number;
  /** As the header, or the trailer of a stream, says. */
  readonly nanoUsd: bigint | undefined;
}

/**
 * Sends the edits, so many at a time.
 * @param onTold called after each answer
 * @throws Error if the gateway gives no answer at all
 */
export async function sendEdits(
  url: string,
  edits: readonly VariedEdit[],
  concurrency: number,
  onTold: () => void = () => undefined,
): Promise<ToldEdit[]> {
  const told: ToldEdit[] = [];
  const waiting = edits[Symbol.iterator]();
  const client = async (): Promise<void> => {
    for (const edit of waiting) {
      const { contentType, bytes } = sentBody(edit);
      const headers = { "content-type": contentType };
      told.push(toldBy(edit, await post(`${url}/v1/images/edits`, bytes, { headers })));
      onTold();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return told;
}

const costHeader = "x-litellm-response-cost";

function toldBy(edit: VariedEdit, { status, headers, trailers, body }: Answer): ToldEdit {
  const isStream = headers["content-type"]?.startsWith("text/event-stream") ?? false;
  const text = body.toString("latin1");
  const cost = headers[costHeader] ?? trailers[costHeader];
  return {
    edit,
    status,
    requestId: String(headers["x-request-id"]),
    upstreamRequestId: headers["llm_provider-x-request-id"]?.toString(),
    group: headers["x-litellm-model-group"]?.toString(),
    isStream,
    images: isStream ? completedEvents(text) : imagesOf(status, text),
    nanoUsd: cost === undefined ? undefined : nanoUsdOf(cost.toString()),
  };
}

function imagesOf(status: number, text: string): number {
  return status === 200 ? (JSON.parse(text) as { data: unknown[] }).data.length : 0;
}

/** Events that came whole, in JSON that can be read. */
function completedEvents(text: string): number {
  return text
    .split("\n\n")
    .slice(0, -1)
    .filter((event) => event.startsWith("event: image_edit.completed\n") && hasReadableData(event)).length;
}

function hasReadableData(event: string): boolean {
  try {
    JSON.parse(event.slice(event.indexOf("data: ") + "data: ".length));
    return true;
  } catch {
    return false;
  }
}
