import type { IntentRecord } from "@darkroom/accounts";
import type { Deployment, EditRequest, OpenReservation } from "@darkroom/router";
import { priceVersionOf } from "./attempt-records.js";
import { chargesOf, metersOf } from "./charges.js";
import type { Origin } from "./origins.js";

/** A request with so many payers that its note is longer is not noted: an admission must stay cheap. */
const longestNote = 16_384;

/** What clients may make as long as they like is cut. */
const longestText = 200;

/** What of an attempt stands beside its reservation, for the books of those who find it without its journal. No prompt is in it. */
interface ReservationNote {
  readonly caller: string;
  readonly model: string;
  readonly size?: string;
  readonly quality?: string;
  readonly n: number;
  readonly stream: boolean;
  readonly inputImages: number;
  readonly promptBytes: number;
  /** Meters of those who pay for the request. */
  readonly payers: readonly string[];
  readonly idempotency?: readonly [key: string, fingerprint: string];
  /** The candidates, in the order of the admission. */
  readonly to: readonly (readonly [
    deploymentId: string,
    group: string,
    provider: NonNullable<Deployment["provider"]>,
    model: string,
    priceVersion: string,
    asked: string | null,
  ])[];
}

export function reservationNote(
  { model, parameters, body }: EditRequest,
  deployments: readonly Deployment[],
  { caller, payers, idempotency }: Origin,
): string | undefined {
  const { size, quality, n, stream } = parameters;
  const { promptBytes, images } = body.inputs();
  const note: ReservationNote = {
    caller,
    model: model.slice(0, longestText),
    ...(size !== undefined && { size: size.slice(0, longestText) }),
    ...(quality !== undefined && { quality: quality.slice(0, longestText) }),
    ...{ n, stream, inputImages: images.length, promptBytes, payers: metersOf(payers) },
    ...(idempotency !== undefined && { idempotency: [idempotency.key, idempotency.fingerprint] }),
    to: deployments.map((one) => [
      one.id,
      one.group,
      one.provider ?? "openai",
      one.model,
      priceVersionOf(one),
      one.asked ?? null,
    ]),
  };
  const text = JSON.stringify(note);
  return text.length <= longestNote ? text : undefined;
}

/**
 * The intent of an attempt, from what it has reserved: for which retry and in which fallback it was made is not known, and stands
 * as 0.
 * @returns undefined where the note cannot be read
 */
export function intentOfReservation(reservation: OpenReservation): IntentRecord | undefined {
  const { requestId, candidate, atMs, nanoUsd, note: text } = reservation;
  try {
    const note = JSON.parse(text) as ReservationNote;
    const [deploymentId, group, provider, model, priceVersion, asked] = note.to[Math.max(candidate, 0)] ?? [];
    if (deploymentId === undefined || group === undefined || provider === undefined) return undefined;
    const { caller, size, quality, n, stream, inputImages, promptBytes, idempotency } = note;
    return {
      attemptId: attemptIdOf(reservation),
      ...{ requestId, atMs, caller, requestedModel: note.model, group, deploymentId, provider },
      ...{ model: model ?? "", retry: 0, fallback: 0, n, stream, inputImages, promptBytes },
      ...(size !== undefined && { size }),
      ...(quality !== undefined && { quality }),
      charges: chargesOf(
        { id: deploymentId, provider, group, ...(typeof asked === "string" && { asked }) },
        atMs,
        note.payers,
      ),
      estimateNanoUsd: nanoUsd,
      priceVersion: priceVersion ?? "",
      ...(idempotency !== undefined && {
        idempotency: { key: idempotency[0], fingerprint: idempotency[1] },
      }),
    };
  } catch {
    return undefined;
  }
}

/** As its journal knows it: one that was admitted anew has `+` and a number behind it. */
export function attemptIdOf({ admittedAs }: OpenReservation): string {
  return admittedAs.replace(/\+\d+$/, "");
}
