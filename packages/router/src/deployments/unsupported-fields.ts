import type { Deployment } from "./deployment.js";
import { bareModelOf } from "./known-model.js";

/** What of a field a model does not support: these values, or the field itself. */
type Unsupported = readonly string[] | "the field";

interface Row {
  readonly models: RegExp;
  readonly fields: Readonly<Record<string, Unsupported>>;
}

/**
 * What models are said to refuse, by OpenAI's reference of image edits (specification v2.3.0). Whatever does not stand here
 * passes: a field, a value or a model that is newer than this table is the upstream's to judge.
 */
const table: readonly Row[] = [
  {
    models: /^dall-e-2$/,
    fields: {
      background: "the field",
      input_fidelity: "the field",
      // Of JSON bodies only, which are for GPT image models.
      moderation: "the field",
      output_compression: "the field",
      output_format: "the field",
      partial_images: "the field",
      quality: ["low", "medium", "high", "xhigh", "max"],
      stream: "the field",
    },
  },
  { models: /^gpt-image-1-mini(-|$)/, fields: { input_fidelity: "the field" } },
  { models: /^(gpt-image-[12](\D|$)|chatgpt-image-)/, fields: { quality: ["standard"] } },
];

const everyField: ReadonlySet<string> = new Set(table.flatMap(({ fields }) => Object.keys(fields)));
const ofStreams: readonly string[] = ["stream", "partial_images"];

const byDeployment = new WeakMap<Deployment, ReadonlyMap<string, Unsupported>>();

/** Whether there is a model that does not support a field of this name, or some value of it. */
export function isUnsupportedSomewhere(field: string): boolean {
  return everyField.has(field);
}

/**
 * Whether a deployment is known not to support a field with this value. The deployment's own word counts more than what is
 * known of its model.
 */
export function isUnsupported(deployment: Deployment, field: string, value: unknown): boolean {
  const unsupported = fieldsOf(deployment).get(field);
  return unsupported === "the field" || (unsupported?.includes(String(value)) ?? false);
}

function fieldsOf(deployment: Deployment): ReadonlyMap<string, Unsupported> {
  let fields = byDeployment.get(deployment);
  if (fields === undefined) {
    fields = lookedUp(deployment);
    byDeployment.set(deployment, fields);
  }
  return fields;
}

function lookedUp(deployment: Deployment): ReadonlyMap<string, Unsupported> {
  const name = bareModelOf(deployment);
  const { supportedFields = [], capabilities } = deployment;
  const own = capabilities?.stream === true ? [...supportedFields, ...ofStreams] : supportedFields;
  return new Map(
    table
      .filter(({ models }) => models.test(name))
      .flatMap(({ fields }) => Object.entries(fields))
      .filter(([field]) => !own.includes(field)),
  );
}
