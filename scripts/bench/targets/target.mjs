/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} what it is, in a line
 * @property {"streamed" | "held"} answers whether a whole answer is passed on as it comes or once it is complete
 * @property {string} model the one that has to arrive at the upstream
 * @property {(options: { mayInstall: boolean }) => Promise<Availability> | Availability} prepare
 * @property {(place: Place) => Launch} [launch] without it the load goes straight to the upstream
 */

/** @typedef {{ version: string } | { missing: string }} Availability `missing`: why, and what to do about it */

/** @typedef {{ port: number, upstreamPort: number, folder: string }} Place `folder`: empty and its own */

/**
 * @typedef {object} Launch how it is started
 * @property {string} command
 * @property {string[]} args
 * @property {Record<string, string>} [env]
 * @property {Record<string, string>} [headers] that clients send beside the key
 */

/** The key that every client sends; Darkroom checks it. */
export const clientKey = "sk-benchmark";

/** The key for the upstream, where a target has one of its own. */
export const upstreamKey = "sk-benchmark-upstream";
