/** What dashboard, alerts and rules ask of Prometheus, read from the files that are deployed. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../../setup.mjs";

const { parse } = createRequire(join(root, "packages", "proxy", "package.json"))("yaml");

const deployed = (...path) => join(root, "deploy", ...path);
const readYaml = (path) => parse(readFileSync(path, "utf8"));

export const scrapeConfig = () => readYaml(deployed("prometheus", "prometheus.yml"));
export const ruleFiles = [
  deployed("prometheus", "rules", "recording.yml"),
  deployed("prometheus", "rules", "alerts.yml"),
  deployed("prometheus", "litellm-names.yml"),
];
export const ruleTests = deployed("prometheus", "tests", "alerts.test.yml");

const rules = () => ruleFiles.flatMap((file) => readYaml(file).groups.flatMap((group) => group.rules));

/** @typedef {{ name: string, expr: string }} Query */

/**
 * Every query of the dashboard, and each of its variables; what Grafana would put in the place of variables is put there.
 * @param {Record<string, string>} values by the variable's name
 * @returns {Query[]}
 */
export function dashboardQueries(values) {
  const dashboard = JSON.parse(readFileSync(deployed("grafana", "dashboards", "darkroom.json"), "utf8"));
  const filled = (expr) =>
    expr.replace(/\$(\w+)/g, (_, name) => {
      if (values[name] === undefined) throw new Error(`The dashboard knows no variable $${name}: ${expr}`);
      return values[name];
    });
  const panels = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ name: title, expr: filled(expr) })),
  );
  const variables = dashboard.templating.list
    .filter(({ type }) => type === "query")
    .map(({ name, definition }) => {
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      if (series === undefined) throw new Error(`The variable ${name} is no label_values(series, label).`);
      return { name: `variable ${name}`, expr: `count by (${label}) (${series})` };
    });
  const annotations = dashboard.annotations.list.map(({ name, expr }) => ({ name, expr: filled(expr) }));
  return [...panels, ...variables, ...annotations];
}

/** @returns {Query[]} what recording rules have recorded */
export const recordedQueries = () =>
  rules()
    .filter(({ record }) => record !== undefined)
    .map(({ record }) => ({ name: "recorded", expr: record }));

/**
 * @param {string[]} healthy alerts whose fault is not provoked: of these all is asked for but that it fires
 * @returns {Query[]}
 */
export function alertQueries(healthy) {
  const alerts = rules().filter(({ alert }) => alert !== undefined);
  const unknown = healthy.filter((name) => !alerts.some(({ alert }) => alert === name));
  if (unknown.length > 0) throw new Error(`There is no alert ${unknown.join(", ")}.`);
  return alerts.map(({ alert, expr }) => ({
    name: alert,
    expr: healthy.includes(alert) ? withoutThreshold(alert, expr) : expr,
  }));
}

/** The comparison answers 0 or 1, and is empty only where there is nothing to compare. */
function withoutThreshold(alert, expr) {
  const compared = expr.trim().replace(/(==|>|<) ([\d.]+)$/, "$1 bool $2");
  if (compared === expr.trim()) throw new Error(`The alert ${alert} does not end in a comparison.`);
  return compared;
}
