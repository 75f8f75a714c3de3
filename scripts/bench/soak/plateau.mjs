/** Whether memory has stopped to grow. */

const mostGrowth = 0.02;

/** The rule, for those who read the result. */
export const plateauRule =
  "a plateau: over the last third of the run a line through all samples (least squares) rises by 2 % of their mean at most";

/**
 * @param {{ atSeconds: number, value: number }[]} samples of the whole run
 * @returns {{ isPlateau: boolean, growth: number, mean: number }} `growth`: part of the mean, over the last third
 */
export function judgePlateau(samples) {
  const endSeconds = samples.at(-1).atSeconds;
  const last = samples.filter(({ atSeconds }) => atSeconds >= (endSeconds * 2) / 3);
  const meanSeconds = average(last.map(({ atSeconds }) => atSeconds));
  const mean = average(last.map(({ value }) => value));
  const covariance = average(last.map(({ atSeconds, value }) => (atSeconds - meanSeconds) * (value - mean)));
  const variance = average(last.map(({ atSeconds }) => (atSeconds - meanSeconds) ** 2));
  const perSecond = variance === 0 ? 0 : covariance / variance;
  const growth = (perSecond * (endSeconds / 3)) / mean;
  return { isPlateau: growth <= mostGrowth, growth, mean };
}

function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
