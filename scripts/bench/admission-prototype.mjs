/**
 * What a prototype of the admission in Redis did on two shared cores in November 2026, for comparison: one script, 60
 * buckets, up to 100 deployments a call. Where its notes do not name the budgets, a figure stands beside six.
 */
const figures = [
  { deployments: 1, place: "first", budgets: 0, inFlight: 64, admits: [11765, 4800, 15000] },
  { deployments: 1, place: "first", budgets: 6, inFlight: 1, admits: [2817, 210, 3700] },
  { deployments: 1, place: "first", budgets: 6, inFlight: 64, admits: [7753, 7700, 16500] },
  { deployments: 10, place: "first", inFlight: 1, admits: [2679, 300, 1500] },
  { deployments: 10, place: "first", inFlight: 64, admits: [5652, 10900, 21000] },
  { deployments: 10, place: "last", inFlight: 1, admits: [2010, 390, 3800] },
  { deployments: 10, place: "last", inFlight: 64, admits: [4889, 11400, 43000] },
  { deployments: 100, place: "first", inFlight: 1, admits: [1502, 560, 2600] },
  { deployments: 100, place: "first", inFlight: 64, admits: [1905, 33000, 46000] },
  { deployments: 100, place: "last", inFlight: 1, admits: [1062, 840, 1800] },
  { deployments: 100, place: "last", inFlight: 64, admits: [814, 77000, 115000] },
];

/** @returns {string[]} admissions a second, p50 and p99 in microseconds, or dashes */
export function prototypeFigure({ deployments, place, budgets, inFlight }) {
  const figure = figures.find(
    (each) =>
      each.deployments === deployments &&
      each.place === place &&
      each.inFlight === inFlight &&
      (each.budgets ?? 6) === budgets,
  );
  return figure?.admits.map(String) ?? ["-", "-", "-"];
}
