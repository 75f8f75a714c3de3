import { formatUsd } from "@darkroom/cost-calculator";
import type { Reconciliation } from "./reconciliation.js";

/** How many differences are told one by one. */
const mostListed = 50;

/** The result for whoever runs it, line by line. */
export function reportOf(reconciliation: Reconciliation): string[] {
  const { lost, differences } = reconciliation;
  return [
    ...modelLines(reconciliation),
    "",
    `Answers that were billed and lost, whole or in part: ${lost.length}`,
    ...lostLines(reconciliation),
    "",
    ...sumLines(reconciliation),
    "",
    ...(differences.length === 0
      ? ["Every call agrees."]
      : [
          `${differences.length} DIFFERENCES`,
          ...differences.slice(0, mostListed).map((text) => `  ${text}`),
        ]),
  ];
}

function modelLines({ models }: Reconciliation): string[] {
  const row = (model: string, ...cells: readonly string[]): string =>
    model.padEnd(36) + cells.map((cell) => cell.padStart(10)).join("");
  return [
    row("model", "calls", "pictures", "USD"),
    ...[...models].map(([model, { calls, images, nanoUsd }]) =>
      row(model, String(calls), String(images), rounded(nanoUsd)),
    ),
  ];
}

/** One line for each kind of fault. */
function lostLines({ lost }: Reconciliation): string[] {
  return [...new Set(lost.map(({ fault }) => fault))].sort().map((fault) => {
    const calls = lost.filter((one) => one.fault === fault);
    const nanoUsd = calls.reduce((sum, call) => sum + call.nanoUsd, 0n);
    return `  ${fault.padEnd(14)}${String(calls.length).padStart(5)}   ${formatUsd(nanoUsd)} USD`;
  });
}

/** One line for each call whose answer was lost, whole or in part. */
export function lostCallsOf({ lost }: Reconciliation): string[] {
  return lost.map(({ line: { requestId, model, images, nanoUsd: billed }, fault, nanoUsd }) => {
    const part = String(nanoUsd) === billed ? "" : ` of ${billed}`;
    return `${requestId}  ${fault}  ${images} x ${model}  ${nanoUsd}${part} nano-dollars`;
  });
}

function sumLines(of: Reconciliation): string[] {
  return [
    `told to clients  ${formatUsd(of.toldNanoUsd)} USD (${of.answered} of ${of.edits} edits)`,
    `lost             ${formatUsd(of.lostNanoUsd)} USD`,
    `billed           ${formatUsd(of.billedNanoUsd)} USD`,
    `difference       ${of.differenceNanoUsd} nano-dollars`,
  ];
}

/** To cents, for the table alone. */
function rounded(nanoUsd: bigint): string {
  return (Number(nanoUsd) / 1e9).toFixed(2);
}
