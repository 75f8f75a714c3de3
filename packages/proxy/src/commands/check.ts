import { readConfig, remarksOn } from "./configuration.js";

export interface CheckOptions {
  readonly config: string;
  readonly allowUnenforced: readonly string[];
  readonly json: boolean;
}

/** `darkroom check`: says what the gateway would make of a config. */
export function check({ config: file, allowUnenforced, json }: CheckOptions): void {
  const config = readConfig(file, allowUnenforced);
  const groups = new Map<string, number>();
  for (const { group } of config.router.deployments) groups.set(group, (groups.get(group) ?? 0) + 1);
  if (json) {
    const { notes, warnings, skipped, invalid } = config;
    console.log(
      JSON.stringify({ file, groups: Object.fromEntries(groups), notes, warnings, skipped, invalid }),
    );
    return;
  }
  console.log(`${file} is valid.`);
  for (const [group, count] of groups) {
    console.log(`  ${group}: ${String(count)} ${count === 1 ? "deployment" : "deployments"}`);
  }
  for (const remark of [...config.notes, ...remarksOn(config)]) console.log(`  note: ${remark}`);
}
