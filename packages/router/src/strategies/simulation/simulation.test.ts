import { type RoutingStrategy, routingStrategies } from "../routing-strategy.js";
import { recordedEdits } from "./recorded-edits.test.support.js";
import { simulatedDeployments } from "./simulated-deployments.test.support.js";
import { percentileOf, type SimulationResult, simulate } from "./simulation.test.support.js";

const edits = recordedEdits({ seed: 0, edits: 3000, perSecond: 1, deployments: simulatedDeployments.length });
const run = (name: RoutingStrategy): SimulationResult =>
  simulate(name, edits, simulatedDeployments, { seed: 0 });
const results = new Map(routingStrategies.map((name) => [name, run(name)]));
const of = (name: RoutingStrategy): SimulationResult => results.get(name)!;
const shareOf = (name: RoutingStrategy, id: string): number => (of(name).served.get(id) ?? 0) / edits.length;

describe("over the same mix of fast, slow and flapping deployments", () => {
  test.each(routingStrategies)("%s loses no edit, and gives the same result again", (name) => {
    const { latenciesMs, failed, served } = of(name);
    expect(latenciesMs.length + failed).toBe(edits.length);
    expect([...served.values()].reduce((sum, count) => sum + count, 0)).toBe(latenciesMs.length);
    expect(run(name)).toEqual(of(name));
  });

  test("latency-based is the fastest, and leaves the slow deployment nearly alone", () => {
    for (const other of ["simple-shuffle", "least-busy", "cost-based-routing"] as const) {
      expect(percentileOf(of("latency-based-routing").latenciesMs, 50)).toBeLessThan(
        percentileOf(of(other).latenciesMs, 50),
      );
      expect(percentileOf(of("latency-based-routing").latenciesMs, 95)).toBeLessThan(
        percentileOf(of(other).latenciesMs, 95),
      );
    }
    expect(shareOf("latency-based-routing", "slow")).toBeLessThan(0.1);
    expect(shareOf("simple-shuffle", "slow")).toBeGreaterThan(0.2);
  });

  test("least-busy is faster than the shuffle at its worst", () => {
    expect(percentileOf(of("least-busy").latenciesMs, 95)).toBeLessThan(
      percentileOf(of("simple-shuffle").latenciesMs, 95),
    );
  });

  test("cost-based is the cheapest, and pays for it with time", () => {
    for (const other of ["simple-shuffle", "least-busy", "latency-based-routing"] as const) {
      expect(of("cost-based-routing").nanoUsd).toBeLessThan(of(other).nanoUsd);
    }
    expect(percentileOf(of("cost-based-routing").latenciesMs, 95)).toBeGreaterThan(
      percentileOf(of("simple-shuffle").latenciesMs, 95),
    );
  });
});
