/** What figures depend on beside the code. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { isMeasurable } from "./measure.mjs";

/** A core is busy with something else from about here on. */
const busyLoad = 0.5;

export function describeMachine() {
  return {
    node: process.versions.node,
    system: `${type()} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    loadAtStart: loadavg()[0],
  };
}

/** What a reader of the figures must know of the machine. */
export function machineRemarks({ loadAtStart, cores }) {
  return [
    ...(loadAtStart > busyLoad
      ? [
          `The machine was busy before the run began (load ${loadAtStart.toFixed(1)} on ${cores} cores): figures are noisy.`,
        ]
      : []),
    ...(cores < 4
      ? [
          "Load generator, upstream and target share the cores: compare CPU per request rather than throughput.",
        ]
      : []),
    ...(isMeasurable ? [] : ["CPU and memory are not available: they are read from Linux's /proc."]),
  ];
}
