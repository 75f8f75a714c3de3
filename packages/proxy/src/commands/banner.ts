import type { GatewayConfig } from "../config/index.js";
import { samplePhoto } from "../sample.js";

/** What the banner tells. */
export interface BannerOptions {
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly config: GatewayConfig;
  readonly isSimulator: boolean;
  /** A key that was made just now, and is shown this once. */
  readonly newKey?: string;
}

/** The lines a person sees once the gateway listens. */
export function banner({ version, host, port, config, isSimulator, newKey }: BannerOptions): string {
  const anyAddress = host === "0.0.0.0" || host === "::";
  const url = `http://${anyAddress ? "localhost" : host.includes(":") ? `[${host}]` : host}:${String(port)}`;
  const { deployments, unusableGroups } = config.router;
  const groups = [...new Set(deployments.map(({ group }) => group))];
  const keyFlag = config.masterKey === undefined ? "" : ' -H "Authorization: Bearer $DARKROOM_KEY"';
  const model = groups.find((group) => !group.endsWith("*")) ?? "gpt-image-1";
  const lines = [
    isSimulator
      ? `Darkroom ${version} with its simulator: nothing is sent to OpenAI and nothing costs money.`
      : `Edits cost real money: Darkroom ${version} sends them to the upstreams of ${config.source}.`,
    "",
    `  URL      ${url}`,
    `  Models   ${groups.join(", ") || "none"} (${String(deployments.length)} ${deployments.length === 1 ? "deployment" : "deployments"})`,
  ];
  if (unusableGroups !== undefined && unusableGroups.size > 0) {
    lines.push(`  Unusable ${[...unusableGroups.keys()].join(", ")}: see the warnings`);
  }
  lines.push(
    `  Try      curl ${url}/v1/images/edits${keyFlag} -F model=${model} -F image=@${samplePhoto} -F prompt="Add a red hat"`,
    `  Python   OpenAI(base_url="${url}/v1", api_key=${config.masterKey === undefined ? '"any"' : "..."}).images.edit(...)`,
  );
  if (newKey !== undefined) {
    lines.push(
      `  Key      ${newKey}`,
      "           made just now, kept in the data folder and not shown again",
    );
  }
  if (isSimulator) {
    lines.push("  For real set OPENAI_API_KEY (or OPENAI_API_KEY_1, _2, ...), or give --config config.yaml");
  }
  return `${lines.join("\n")}\n`;
}
