import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "./config-error.js";
import type { GatewayConfig } from "./gateway-config.js";
import { type LoadOptions, loadConfig } from "./load-config.js";

/** For tests: a folder of real files, gone after the test. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), "darkroom-config-"));

  write(name: string, content: string): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  load(yaml: string, options: Partial<LoadOptions> = {}): GatewayConfig {
    return loadConfig({
      file: this.write("config.yaml", yaml),
      environment: { OPENAI_API_KEY: "sk-of-the-environment" },
      allowUnenforced: [],
      directory: this.path,
      today: new Date("2026-11-23"),
      ...options,
    });
  }

  /** The message of the error that loading ends with, without the folder's name. */
  errorOf(yaml: string, options: Partial<LoadOptions> = {}): string {
    try {
      this.load(yaml, options);
    } catch (error) {
      if (error instanceof ConfigError) return this.short(error.message);
      throw error;
    }
    throw new Error("the configuration was accepted");
  }

  warningsOf(yaml: string, options: Partial<LoadOptions> = {}): string[] {
    return this.load(yaml, options).warnings.map((warning) => this.short(warning));
  }

  short(text: string): string {
    return text.replaceAll(`${this.path}/`, "");
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** One deployment, for tests of other things. */
export const oneModel = `model_list:
  - model_name: edits
    litellm_params: {model: openai/gpt-image-2, api_key: sk-secret-one}
`;
