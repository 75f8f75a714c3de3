import type { JsonBody, MultipartBody } from "@darkroom/router";
import type { AttemptCharge } from "./attempt-charges.js";
import { type Route, fingerprintOf } from "./fingerprint.js";
import { keyOfCaller } from "./idempotency-key.js";

/** What is known of a request by its key. */
export interface Idempotency {
  /** Of caller and key together. */
  readonly key: string;
  /** Of what was asked for. */
  readonly fingerprint: string;
  /** What its attempts were charged at so far; whoever writes that down adds to it. */
  readonly charges: AttemptCharge[];
}

export async function idempotencyOf(
  caller: string,
  key: string,
  body: MultipartBody | JsonBody,
  route: Route,
): Promise<Idempotency> {
  return { key: keyOfCaller(caller, key), fingerprint: await fingerprintOf(body, route), charges: [] };
}
