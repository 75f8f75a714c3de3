/** Tables for a terminal, which are Markdown too. */
import { parsePayload } from "../payloads.mjs";

const noFigure = "-";
const mebibyte = 1024 ** 2;

/**
 * @param {import("../scenarios.mjs").Scenario} scenario
 * @param {import("../summary.mjs").Row[]} rows
 */
export function scenarioReport(scenario, rows, base) {
  const shown = columnsOf(scenario, rows, base);
  const faults = rows.flatMap(({ target, fault }) =>
    fault === undefined ? [] : [`${target} FAILED: ${fault}`],
  );
  const cells = rows.map((row) => shown.map(({ cell }) => cell(row)));
  return [
    `\n${scenario.title}\n`,
    table(
      shown.map(({ title }) => title),
      cells,
    ),
    "",
    ...faults,
    sharedCores(rows),
  ].join("\n");
}

/** A table whose columns are as wide as they need; from the given column on they hold figures, set to the right. */
export function table(titles, rows, firstFigure = 1) {
  const widths = titles.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column])].map((text) => text.length)),
  );
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const aligned = (cells) =>
    cells.map((cell, column) => {
      return column < firstFigure ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
    });
  const rule = widths.map((width, column) => {
    return column < firstFigure ? "-".repeat(width) : `${"-".repeat(width - 1)}:`;
  });
  return [aligned(titles), rule, ...rows.map(aligned)].map(line).join("\n");
}

function columnsOf({ kind, connections, payload }, rows, base) {
  const has = (name) => rows.some(({ target }) => target === name);
  const { imageBytes, isStream } = parsePayload(payload);
  const uploadBytes = connections * imageBytes;
  const columns = [
    { title: "target", cell: ({ target }) => target },
    { title: "answers", cell: ({ answers }) => (isStream ? noFigure : answers), isShown: !isStream },
    { title: "req/s", cell: ({ perSecond }) => number(perSecond?.median, 1) },
    {
      title: "x portkey",
      cell: ({ timesPortkey }) => spread(timesPortkey),
      isShown: kind === "closed" && has("portkey"),
    },
    { title: "p50 ms", cell: ({ p50Ms }) => number(p50Ms?.median) },
    {
      title: "added p50 ms",
      cell: ({ addedP50Ms }) => spread(addedP50Ms),
      isShown: connections === 1 && has("direct"),
    },
    { title: "p99 ms", cell: ({ p99Ms }) => number(p99Ms?.median) },
    { title: "first byte ms", cell: ({ firstByteMs }) => number(firstByteMs?.median), isShown: isStream },
    { title: "CPU ms", cell: ({ cpuMs }) => number(cpuMs?.median, 3) },
    { title: `CPU x ${base}`, cell: ({ timesBase }) => spread(timesBase), isShown: has(base) },
    { title: "peak MiB", cell: ({ peakBytes }) => mebibytes(peakBytes) },
    {
      title: "less uploads MiB",
      // Who streams does not hold them.
      cell: ({ answers, peakBytes }) => (answers === "held" ? mebibytes(peakBytes, uploadBytes) : noFigure),
      isShown: kind === "memory",
    },
    { title: "waiting", cell: ({ waiting }) => number(waiting?.max, 0), isShown: kind === "open" },
    { title: "checked", cell: ({ right, wrong }) => String(right + wrong) },
    {
      title: "wrong",
      cell: ({ wrong, fault }) => (fault !== undefined && wrong === 0 ? "FAILED" : String(wrong)),
    },
  ];
  return columns.filter(({ isShown = true }) => isShown);
}

/** Honest about how much of the machine is not the target's. */
function sharedCores(rows) {
  const range = (name) => {
    const values = rows.flatMap((row) => (row[name] === undefined ? [] : [row[name].median]));
    return values.length === 0
      ? "?"
      : `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  };
  return `Cores busy beside the target: load generator ${range("generatorCores")}, upstream ${range("upstreamCores")}.`;
}

function spread(figure) {
  if (figure === undefined) return noFigure;
  const { median, min, max } = figure;
  return min === max ? number(median) : `${number(median)} (${number(min)} to ${number(max)})`;
}

function number(value, digits = 2) {
  return Number.isFinite(value) ? value.toFixed(digits) : noFigure;
}

function mebibytes(figure, less = 0) {
  return number(figure && (figure.max - less) / mebibyte, 0);
}
