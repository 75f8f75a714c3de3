import type { Payer } from "@darkroom/accounts";
import {
  type Deployment,
  type EditRequest,
  type Intent,
  MultipartBody,
  type OpenReservation,
} from "@darkroom/router";
import type { Idempotency } from "../idempotency/idempotency.js";
import { intentRecord } from "./attempt-records.js";
import { attemptIdOf, intentOfReservation, reservationNote } from "./reservation-note.js";

const deployment: Deployment = {
  id: "first",
  group: "edits",
  model: "gpt-image-1",
  provider: "azure",
  apiBase: "https://api.openai.com/v1",
  apiKey: "sk-secret",
};
const wild: Deployment = { ...deployment, id: "wild", group: "any/*", asked: "any/model" };
const body = MultipartBody.of([
  { name: "prompt", content: [Buffer.from("Add a red hat")] },
  { name: "size", content: [Buffer.from("1024x1024")] },
  { name: "quality", content: [Buffer.from("low")] },
  { name: "n", content: [Buffer.from("2")] },
  { name: "image", fileName: "a.png", content: [Buffer.from("picture")] },
]);
const request: EditRequest = { id: "req_1", model: "edits", parameters: body.parameters, body };
const payer = (scope: Payer["scope"], meter: string): Payer => ({ scope, id: meter, meter, limits: {} });
const origin = {
  caller: "key-1",
  payers: [payer("proxy", "proxy"), payer("team", "team:red"), payer("key", "key:1")],
  prompt: "Add a red hat",
  idempotency: { key: "hash of a key", fingerprint: "hash of a body" } as Idempotency,
};
const atMs = Date.UTC(2026, 10, 30, 23, 59, 59);

function reservationOf(note: string | undefined, given: Partial<OpenReservation> = {}): OpenReservation {
  return {
    admittedAs: "0198",
    requestId: "req_1",
    candidate: 0,
    note: note ?? "",
    atMs,
    nanoUsd: 60n,
    ...given,
  };
}

function intentOf(to: Deployment): Intent {
  const parts = { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: 60n, outputText: 0n };
  return {
    ...{
      attemptId: "0198",
      atMs,
      request,
      group: to.group,
      deployment: to,
      retry: 0,
      fallback: 0,
      paidFrom: [],
    },
    estimate: { nanoUsd: 60n, basis: "tokens", breakdown: parts },
  };
}

it("is all that the journal's intent has, but for the prompt", () => {
  const note = reservationNote(request, [wild, deployment], origin);
  expect(note).not.toContain("red hat");
  expect(note).not.toContain("sk-secret");
  const { prompt, ...intent } = intentRecord(intentOf(deployment), origin);
  expect(prompt).toBe("Add a red hat");
  expect(intentOfReservation(reservationOf(note, { candidate: 1 }))).toEqual(intent);
  const { prompt: _, ...toWild } = intentRecord(intentOf(wild), origin);
  expect(intentOfReservation(reservationOf(note))).toEqual(toWild);
});

it("is of the attempt as the journal knows it, even if that was admitted anew", () => {
  const note = reservationNote(request, [deployment], origin);
  const reservation = reservationOf(note, { admittedAs: "0198+12" });
  expect(attemptIdOf(reservation)).toBe("0198");
  expect(intentOfReservation(reservation)?.attemptId).toBe("0198");
});

it("is short, whatever a client sends", () => {
  const long = { ...request, model: "m".repeat(100_000) };
  expect(reservationNote(long, [deployment], origin)?.length).toBeLessThan(1_000);
  expect(reservationNote(request, [deployment], origin)?.length).toBeLessThan(500);
  const many = Array.from({ length: 1_000 }, (_, index) => payer("tag", `tag:${"x".repeat(50)}${index}`));
  expect(reservationNote(request, [deployment], { ...origin, payers: many })).toBeUndefined();
});

it.each(["", "null", "{}", '{"to":[["a","b","c","d","e"]]}', '{"to":{}}', "[1]"])(
  "%j is no note, and tells of no attempt",
  (note) => {
    expect(intentOfReservation(reservationOf(note))).toBeUndefined();
  },
);
