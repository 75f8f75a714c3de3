/** What Darkroom says of its own memory: the figures of its `/metrics` page that tell where it is. */

/** Node tells how long after a timer's start it fired: with this much of it the loop was not late. */
const lagResolutionMs = 10;

/**
 * @typedef {object} Gauges
 * @property {number} rssBytes
 * @property {number} heapBytes used
 * @property {number} externalBytes buffers, beside the heap
 * @property {number} uploadBytes of the uploads' budget
 * @property {number} answerBytes of the answers' budget
 * @property {number} editsInFlight
 * @property {number} resources open connections, timers and the like
 * @property {number} loopDelayMs p99 since the last reading
 * @property {number} loopLateMs how late the event loop was at the most since then
 */

/**
 * @param {{ port: number, headers: Record<string, string> }} gateway
 * @returns {Promise<Gauges>}
 */
export async function readGauges({ port, headers }) {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers });
  const page = await answer.text();
  if (!answer.ok) throw new Error(`/metrics answered with status ${answer.status}: ${page.slice(0, 200)}`);
  const value = (name) => {
    const [, digits] = new RegExp(`^${name} (\\S+)$`, "m").exec(page) ?? [];
    if (digits === undefined) throw new Error(`/metrics does not tell ${name}`);
    return Number(digits);
  };
  return {
    rssBytes: value("process_resident_memory_bytes"),
    heapBytes: value("nodejs_heap_size_used_bytes"),
    externalBytes: value("nodejs_external_memory_bytes"),
    uploadBytes: value("darkroom_upload_bytes"),
    answerBytes: value("darkroom_answer_bytes"),
    editsInFlight: value("darkroom_edits_in_flight"),
    resources: value("nodejs_active_resources_total"),
    loopDelayMs: value("nodejs_eventloop_lag_p99_seconds") * 1000,
    loopLateMs: value("nodejs_eventloop_lag_max_seconds") * 1000 - lagResolutionMs,
  };
}
