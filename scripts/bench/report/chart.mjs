/** The picture: a row of bar charts for each payload under the closed loop with most connections, and one for memory. */
const width = 960;
const labelWidth = 90;
const valueWidth = 150;
const gap = 30;
const barHeight = 16;
const barPitch = 22;
const panelHead = 44;
const panelWidth = (width - 3 * gap) / 2;

/**
 * @param {{ scenario: import("../scenarios.mjs").Scenario, rows: import("../summary.mjs").Row[] }[]} results
 * @param {string} caption machine and versions
 */
export function chart(results, caption, base) {
  const panels = panelsOf(results, base);
  let top = 76;
  const drawn = [];
  for (let index = 0; index < panels.length; index += 2) {
    const pair = panels.slice(index, index + 2);
    pair.forEach((panel, column) => drawn.push(drawPanel(panel, gap + column * (panelWidth + gap), top)));
    top += Math.max(...pair.map(({ bars }) => panelHead + bars.length * barPitch)) + gap;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" font-family="system-ui, sans-serif" role="img">
<title>Darkroom's benchmark</title>
<style>
  .page { fill: #fff } text { fill: #1f2328 } .faint { fill: #656d76 } .bar { fill: #afb8c1 } .ours { fill: #cf222e }
  .whisker { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .faint { fill: #8d96a0 } .bar { fill: #484f58 } .ours { fill: #f85149 }
    .whisker { stroke: #e6edf3 }
  }
</style>
<rect class="page" width="${width}" height="${top}"/>
<text x="${gap}" y="34" font-size="20" font-weight="600">Image edits through gateways</text>
<text class="faint" x="${gap}" y="54" font-size="12">${escaped(caption)}. Medians; the line from least to most.</text>
${drawn.join("\n")}
</svg>
`;
}

function panelsOf(results, base) {
  const closed = results.filter(({ scenario }) => scenario.kind === "closed");
  const most = Math.max(...closed.map(({ scenario }) => scenario.connections));
  const pairs = closed
    .filter(({ scenario }) => scenario.connections === most)
    .flatMap(({ scenario, rows }) => [
      panel("Requests per second", "more is better", scenario, rows, "perSecond"),
      panel(`CPU per request, times ${base}`, "less is better", scenario, rows, "timesBase"),
    ]);
  const memory = results
    .filter(({ scenario }) => scenario.kind === "memory")
    .map(({ scenario, rows }) =>
      panel("Peak memory, MiB", "less is better", scenario, rows, "peakBytes", 1 / 1024 ** 2),
    );
  return [...pairs, ...memory].filter(({ bars }) => bars.length > 0);
}

function panel(title, direction, scenario, rows, name, scale = 1) {
  const bars = rows.flatMap(({ target, [name]: figure }) =>
    figure === undefined
      ? []
      : [{ target, value: figure.median * scale, min: figure.min * scale, max: figure.max * scale }],
  );
  return { title: `${title} (${direction})`, subtitle: scenario.title, bars };
}

function drawPanel({ title, subtitle, bars }, left, top) {
  const longest = Math.max(...bars.map(({ max }) => max));
  const room = panelWidth - labelWidth - valueWidth;
  const x = (value) => (left + labelWidth + (value / longest) * room).toFixed(1);
  const drawn = bars.map(({ target, value, min, max }, index) => {
    const y = top + panelHead + index * barPitch;
    const middle = y + barHeight / 2;
    const ours = target === "darkroom";
    const length = Math.max(1, (value / longest) * room).toFixed(1);
    return `<text x="${left}" y="${y + 12}" font-size="12"${ours ? ' font-weight="600"' : ""}>${target}</text>
<rect class="${ours ? "ours" : "bar"}" x="${left + labelWidth}" y="${y}" width="${length}" height="${barHeight}" rx="2"/>
<line class="whisker" x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}"/>
<text x="${Number(x(max)) + 6}" y="${y + 12}" font-size="12">${short(value)}<tspan class="faint">${range(min, max)}</tspan></text>`;
  });
  return `<text x="${left}" y="${top + 14}" font-size="13" font-weight="600">${escaped(title)}</text>
<text class="faint" x="${left}" y="${top + 31}" font-size="11">${escaped(subtitle)}</text>
${drawn.join("\n")}`;
}

function range(min, max) {
  return min === max ? "" : ` (${short(min)} to ${short(max)})`;
}

function short(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
