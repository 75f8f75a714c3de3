/** Where something stands in a file. Lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing wrong with the configuration, and where. */
export interface Problem {
  /** The file as the operator named it, or what else the setting came from (`environment`, `command line`). */
  readonly file: string;
  /** Absent where the setting did not come from a file. */
  readonly line?: number;
  readonly column?: number;
  /** The key, as in `model_list[0].litellm_params.weight`. Empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** The configuration cannot be used. Carries everything that is wrong with it, so that one run shows all. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(lineOf).join("\n"));
  }
}

function lineOf({ file, line, column, path, message }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return [place, path, message].filter((part) => part !== "").join(": ");
}

export type KeyPath = readonly (string | number)[];

/** `["model_list", 0, "model_name"]` as `model_list[0].model_name`. */
export function nameOf(path: KeyPath): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === "number") return `${name}[${part}]`;
    return name === "" ? part : `${name}.${part}`;
  }, "");
}

/** Collects problems and warnings while a configuration is read, so that reading goes on after the first. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];

  problem(place: Position | { readonly file: string }, path: KeyPath, message: string): void {
    this.problems.push({ ...place, path: withoutKeys(nameOf(path)), message: withoutKeys(message) });
  }

  warn(message: string): void {
    this.warnings.push(withoutKeys(message));
  }

  throwIfAny(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }
}

/** Values under secret keys are never put in a message; this is the net below, for a key pasted in a wrong place. */
function withoutKeys(text: string): string {
  return text.replace(/sk-[\w-]{4,}/g, "sk-…");
}
