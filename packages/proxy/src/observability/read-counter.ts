import { Counter, type Registry } from "prom-client";

/** A counter without labels that somebody else counts: it is read whenever the metrics are. */
export function readCounter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
