import { send } from "./form-request.js";
import { until } from "./until.js";

/** The samples of a `/metrics` page at one moment. */
export class MetricsReading {
  readonly #samples: { readonly name: string; readonly labels: string; readonly value: number }[];

  constructor(readonly text: string) {
    this.#samples = text.split("\n").flatMap((line) => {
      const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return name === undefined ? [] : [{ name, labels, value: Number(value) }];
    });
  }

  /** Sum of the samples that have all these labels. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#samples
      .filter((sample) => sample.name === name)
      .filter((sample) =>
        Object.entries(labels).every(([label, value]) => sample.labels.includes(`${label}="${value}"`)),
      )
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** The number of series of that name. */
  series(name: string): number {
    return this.#samples.filter((sample) => sample.name === name).length;
  }
}

export async function readMetrics(gateway: { readonly url: string }, key?: string): Promise<MetricsReading> {
  const { status, body } = await send(`${gateway.url}/metrics`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  const text = body.toString("utf8");
  if (status !== 200) throw new Error(`/metrics answered with status ${status}: ${text}`);
  return new MetricsReading(text);
}

/** Waits until the samples of a name sum up to this. */
export async function metricIs(
  gateway: { readonly url: string },
  name: string,
  value: number,
  key?: string,
): Promise<void> {
  await until(async () => (await readMetrics(gateway, key)).sum(name) === value);
}
