/** Whether the books equal the bill, and whether whoever got an answer finds it in them. */
import { nanoUsdOf } from "../../packages/proxy/dist/system/dollars.js";

/**
 * @param {import("./drill.mjs").Result} result
 * @returns {string[]} what does not agree, in words; empty when all does
 */
export function differencesOf(result) {
  return [
    ...answersWithoutRow(result),
    ...billedWithoutRow(result),
    ...sumsOffTheBill(result),
    ...sumsThatAStartChanges(result),
    ...paidTwice(result),
    ...proofsOfNothing(result),
  ];
}

/** Whoever has an answer, or the end of one, finds the outcome of every attempt behind it. */
export function* answersWithoutRow({ clients, attempts }) {
  const byRequest = grouped(attempts, ({ requestId }) => requestId);
  for (const seen of clients.seen) {
    if (!seen.isReleased) continue;
    const { editId, requestId, status, upstreamRequestId, nanoUsd } = seen;
    const name = `${editId}, request ${requestId}, answered ${status}`;
    const rows = byRequest.get(requestId) ?? [];
    if (rows.some(({ isLost }) => isLost)) {
      yield `${name}: an answer was released whose outcome was not written`;
    } else if (status === 200) {
      const row = rows.find((one) => one.upstreamRequestId === upstreamRequestId);
      if (row === undefined) yield `${name}: an answer was released without its row (${upstreamRequestId})`;
      else if (nanoUsd !== undefined && row.nanoUsd !== nanoUsd)
        yield `${name}: told ${nanoUsd} nano-dollars, written ${row.nanoUsd}`;
    }
  }
}

/** Each line of the bill has one row, and each row one line at most: by the upstream's id, else by the edit. */
export function* billedWithoutRow({ bill, recorded, attempts }) {
  const rowsById = new Map();
  for (const row of attempts) {
    const { upstreamRequestId } = row;
    if (upstreamRequestId === null) continue;
    if (rowsById.has(upstreamRequestId)) yield `${upstreamRequestId} has two rows`;
    rowsById.set(upstreamRequestId, row);
  }
  const unanswered = attempts.filter(
    ({ state, upstreamRequestId }) => state === "uncertain" && upstreamRequestId === null,
  );
  const rowsByEdit = grouped(unanswered, ({ editId }) => editId);
  const records = new Map(recorded.map((record) => [record.requestId, record]));
  const billed = new Set();
  for (const { requestId, nanoUsd } of bill.lines) {
    const editId = userOf(records.get(requestId));
    const row = rowsById.get(requestId) ?? rowsByEdit.get(editId)?.pop();
    billed.add(row);
    const owed = BigInt(nanoUsd);
    if (row === undefined) yield `${requestId} was billed at ${owed} and has no row`;
    else if (row.state === "certain" ? row.nanoUsd !== owed : row.nanoUsd < owed)
      yield `${requestId} was billed at ${owed}, and its row is ${row.state} at ${row.nanoUsd}`;
  }
  for (const row of attempts) {
    if (row.state === "certain" && !billed.has(row))
      yield `${row.upstreamRequestId} is certain at ${row.nanoUsd}, and was not billed`;
  }
}

/** Certain ≤ bill ≤ certain + uncertain. */
export function* sumsOffTheBill({ bill, sum, attempts }) {
  const billed = BigInt(bill.totals.overall.nanoUsd);
  const certain = nanoUsdOf(sum.certain_usd);
  const most = certain + nanoUsdOf(sum.uncertain_usd);
  if (certain > billed) yield `certain ${certain} is more than the bill of ${billed}`;
  if (billed > most) yield `the bill of ${billed} is more than certain + uncertain, ${most}`;
  if (sum.rows !== attempts.length) yield `the sum has ${sum.rows} rows, the export ${attempts.length}`;
  if (sum.set_aside !== 0) yield `${sum.set_aside} entries were set aside`;
}

function* sumsThatAStartChanges({ sum, sumAfterStart }) {
  for (const name of ["rows", "certain_usd", "uncertain_usd"])
    if (sum[name] !== sumAfterStart[name])
      yield `${name} is ${sum[name]} before a start and ${sumAfterStart[name]} after it`;
}

/** Whoever sends again with the same key pays for one request, whatever dies between. */
export function* paidTwice({ clients, attempts }) {
  const keyed = new Set(clients.keyedEdits);
  const paid = grouped(
    attempts.filter(({ editId, state }) => keyed.has(editId) && state !== "failed"),
    ({ editId }) => editId,
  );
  for (const [editId, rows] of paid) {
    const requests = new Set(rows.map(({ requestId }) => requestId));
    if (requests.size > 1) yield `${editId} had one key, and was paid for by ${[...requests].join(" and ")}`;
  }
}

/** Where nothing happened, nothing is shown. */
export function* proofsOfNothing({ clients, attempts }) {
  const lost = attempts.filter(({ isLost }) => isLost).length;
  const released = clients.seen.filter(({ isReleased, status }) => isReleased && status === 200);
  const broken = clients.seen.filter(({ end }) => end === "broken").length;
  yield* missing({
    "attempts that a kill has struck": lost,
    "answers that a kill has cut off, or kept from beginning": broken,
    "JSON answers": released.filter(({ isStream }) => !isStream).length,
    streams: released.filter(({ isStream }) => isStream).length,
    "clients that have left": clients.seen.filter(({ end }) => end === "left").length,
    "edits that were sent again": clients.sentAgain,
  });
}

/** @param {Record<string, number>} needed how often each of it happened */
export function* missing(needed) {
  for (const [what, count] of Object.entries(needed)) if (count === 0) yield `there were no ${what}`;
}

function grouped(rows, keyOfRow) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOfRow(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** The field `user` of a request, by which the upstream knows the edit. */
function userOf({ parts, json } = {}) {
  return parts?.find(({ name }) => name === "user")?.value ?? json?.user;
}
