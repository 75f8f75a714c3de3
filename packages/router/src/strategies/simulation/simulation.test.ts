import { type RoutingStrategy, routingStrategies } from "../routing-strategy.js";
import { recordedEdits } from "./recorded-edits.test.support.js";
import { distinctStrategies } from "./distinct-strategies.test.support.js";
import {
  limitedDeployments,
  limitedPerSecond,
  simulatedDeployments,
} from "./simulated-deployments.test.support.js";
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
    for (const other of distinctStrategies.filter((name) => name !== "latency-based-routing")) {
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

describe("with limits, at 90 % of what they allow", () => {
  const limited = recordedEdits({
    seed: 0,
    edits: 2000,
    perSecond: 0.9 * limitedPerSecond,
    deployments: limitedDeployments.length,
  });

  test.each(distinctStrategies)("%s serves every edit: who is full is passed over", (name) => {
    const { latenciesMs, refused, served } = simulate(name, limited, limitedDeployments, {
      seed: 0,
      gateways: 3,
    });
    expect(refused).toBe(0);
    expect(latenciesMs.length).toBeGreaterThan(0.99 * limited.length);
    // It may serve 10 a minute, and is never left alone for long.
    const minutes = limited.at(-1)!.atMs / 60_000;
    expect((served.get("fast") ?? 0) / minutes).toBeLessThan(10.1);
    expect((served.get("fast") ?? 0) / minutes).toBeGreaterThan(7);
  });
});

test.each(distinctStrategies)("%s spreads edits evenly over equals without limits", (name) => {
  const equals = ["a", "b", "c", "d"].map((id) => {
    const deployment = { ...simulatedDeployments[0]!.deployment, id };
    return { ...simulatedDeployments[0]!, deployment, places: 1000 };
  });
  const mix = recordedEdits({ seed: 0, edits: 2000, perSecond: 0.2, deployments: equals.length });
  const { served } = simulate(name, mix, equals, { seed: 0 });
  for (const { deployment } of equals) {
    const share = (served.get(deployment.id) ?? 0) / mix.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  }
});
