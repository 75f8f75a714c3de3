import { hint } from "../catalogue/nearest.js";
import type { Findings, KeyPath } from "../config-error.js";
import { find, type Located, type LocatedMap, positionOf } from "../file/located.js";
import type { EntrySettings, FileSettings } from "../settings/schema.js";

interface Source {
  readonly resolved: LocatedMap;
  /** Absent where the file has none. */
  readonly credentials: FileSettings["credential_list"];
}

interface WithCredential {
  readonly params: EntrySettings["litellm_params"];
  /** The credential's place in the file, where there is one. */
  readonly node: Located | undefined;
}

/** The entry's parameters with those of its credential (`litellm_credential_name`, `credential_list`); as in LiteLLM its own count more. */
export function applyCredential(
  { litellm_params: params }: EntrySettings,
  path: KeyPath,
  { resolved, credentials = [] }: Source,
  findings: Findings,
): WithCredential | undefined {
  const name = params.litellm_credential_name;
  if (name === undefined) return { params, node: undefined };
  const index = credentials.findIndex(({ credential_name }) => credential_name === name);
  const values = credentials[index]?.credential_values;
  if (!values) {
    const where = [...path, "litellm_params", "litellm_credential_name"];
    const known = credentials.map(({ credential_name }) => credential_name);
    findings.problem(
      positionOf(resolved, where),
      where,
      `there is no credential "${name}"${hint(name, known)}`,
    );
    return undefined;
  }
  const own = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
  return {
    params: { ...params, ...values, ...own },
    node: find(resolved, ["credential_list", index, "credential_values"]),
  };
}
