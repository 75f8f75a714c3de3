import { formatUsd } from "@darkroom/cost-calculator";

/** An amount as a person reads it. */
export function dollars(nanoUsd: bigint | null): string {
  return nanoUsd === null ? "not known" : `$${formatUsd(nanoUsd)}`;
}

/** To the second, in UTC. */
export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** How long, in the largest unit that there is one of. */
export function age(milliseconds: number): string {
  const [unit, length] = units.find(([, one]) => milliseconds >= one) ?? units[3];
  return `${Math.floor(Math.max(0, milliseconds) / length)} ${unit}`;
}
