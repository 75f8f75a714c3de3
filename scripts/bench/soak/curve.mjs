/** The soak's picture: memory, heap and delays over time, one above the other. */

const width = 960;
const left = 70;
const right = 190;
const panelHeight = 190;
const panelPitch = panelHeight + 62;
const top = 116;
const mebibyte = 1024 ** 2;

const panels = [
  {
    title: "Memory, MiB",
    lines: [
      { name: "resident", style: "ours", of: ({ rssBytes }) => rssBytes / mebibyte },
      { name: "buffers", style: "second", of: ({ externalBytes }) => externalBytes / mebibyte },
      {
        name: "uploads and answers",
        style: "third",
        of: ({ uploadBytes, answerBytes }) => (uploadBytes + answerBytes) / mebibyte,
      },
    ],
  },
  {
    title: "Heap of JavaScript, MiB",
    lines: [{ name: "used", style: "ours", of: ({ heapBytes }) => heapBytes / mebibyte }],
  },
  {
    title: "Delay of the event loop, p99, ms",
    lines: [{ name: "delay", style: "ours", of: ({ loopDelayMs }) => loopDelayMs }],
  },
  {
    title: "Open connections and timers; edits in flight",
    lines: [
      { name: "open", style: "second", of: ({ resources }) => resources },
      { name: "in flight", style: "ours", of: ({ editsInFlight }) => editsInFlight },
    ],
  },
];

/**
 * @param {({ atSeconds: number } & import("../gauges.mjs").Gauges)[]} samples
 * @param {string} caption machine and load
 * @param {string} verdict
 */
export function curve(samples, caption, verdict) {
  const height = top + panels.length * panelPitch;
  const drawn = panels.map((panel, index) => drawPanel(panel, samples, top + index * panelPitch));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" role="img">
<title>Darkroom's memory under load</title>
<style>
  .page { fill: #fff } text { fill: #1f2328 } .faint { fill: #656d76 } .grid { stroke: #d1d9e0 }
  polyline { fill: none; stroke-width: 1.3 } .ours { stroke: #cf222e } .second { stroke: #0969da } .third { stroke: #8c959f }
  .third-of-run { fill: #818b98; opacity: 0.1 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .faint { fill: #8d96a0 } .grid { stroke: #30363d }
    .ours { stroke: #f85149 } .second { stroke: #58a6ff } .third { stroke: #6e7681 }
  }
</style>
<rect class="page" width="${width}" height="${height}"/>
<text x="30" y="34" font-size="20" font-weight="600">Darkroom's memory under constant mixed load</text>
<text class="faint" x="30" y="54" font-size="12">${escaped(caption)}</text>
<text class="faint" x="30" y="71" font-size="12">${escaped(verdict)}</text>
${drawn.join("\n")}
</svg>
`;
}

function drawPanel({ title, lines }, samples, y) {
  const end = samples.at(-1).atSeconds;
  const highest = roundUp(Math.max(...lines.flatMap(({ of }) => samples.map(of))));
  const across = (seconds) => left + (seconds / end) * (width - left - right);
  const up = (value) => y + panelHeight - (value / highest) * panelHeight;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = up(part * highest).toFixed(1);
    return `<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/>
<text class="faint" x="${left - 8}" y="${Number(at) + 4}" font-size="11" text-anchor="end">${short(part * highest)}</text>`;
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map(
    (part) =>
      `<text class="faint" x="${across(part * end).toFixed(1)}" y="${y + panelHeight + 16}" font-size="11" text-anchor="middle">${short((part * end) / 60)} min</text>`,
  );
  const drawn = lines.map(({ name, style, of }, index) => {
    const points = samples.map(
      (sample) => `${across(sample.atSeconds).toFixed(1)},${up(of(sample)).toFixed(1)}`,
    );
    const label = y + 10 + index * 18;
    return `<polyline class="${style}" points="${points.join(" ")}"/>
<line class="${style}" x1="${width - right + 10}" x2="${width - right + 26}" y1="${label - 4}" y2="${label - 4}" stroke-width="3"/>
<text x="${width - right + 32}" y="${label}" font-size="12">${name}</text>`;
  });
  const lastThird = across((end * 2) / 3);
  return `<text x="${left}" y="${y - 10}" font-size="13" font-weight="600">${escaped(title)}</text>
<rect class="third-of-run" x="${lastThird.toFixed(1)}" y="${y}" width="${(width - right - lastThird).toFixed(1)}" height="${panelHeight}"/>
${[...grid, ...times, ...drawn].join("\n")}`;
}

/** To 1, 2, 4 or 8 times a power of ten, so that a quarter of it is a round number. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 0.001)));
  return [1, 2, 4, 8, 10].map((factor) => factor * power).find((rounded) => rounded >= value);
}

function short(value) {
  return Number(value.toPrecision(3)).toString();
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
