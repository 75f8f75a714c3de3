import type { Deployment } from "../deployments/deployment.js";
import { knownModelOf } from "../deployments/known-model.js";
import { providerOf } from "../providers/providers.js";
import type { EditBody, EditContents, EditInputs, EditParameters } from "../request.js";
import { readParameters } from "./edit-parameters.js";
import type { FormBytes } from "./form-bytes.js";
import { FormContents } from "./form-contents.js";
import { formInputs } from "./form-inputs.js";
import { FormValues } from "./form-values.js";
import { type ArrivedForm, OriginalForm } from "./original-form.js";
import { ModelFields } from "./model-fields.js";
import type { Part } from "./part.js";
import { type PlannedPart, isField, planParts } from "./planned-parts.js";
import { RebuiltForm } from "./rebuilt-form.js";
import { isLeftOut, isRefusable, refusedFields } from "./refused-fields.js";
import { type RequestControls, readControls } from "./request-controls.js";

/** A form that can be sent to any deployment, again and again. The bytes of its parts are never copied. */
export class MultipartBody implements EditBody {
  readonly parameters: EditParameters;
  readonly controls: RequestControls;
  readonly contents: EditContents;
  /** The model the client asked for; the last one where it was sent several times. */
  readonly model: string | undefined;

  /** All that the client sent, in its order, the gateway's own fields included. */
  readonly parts: readonly Part[];
  readonly #values: FormValues;
  /** Names of the fields that some model refuses: nearly always none. */
  readonly #refusable: readonly string[];
  readonly #fields: ModelFields;
  readonly #bytes: FormBytes;
  readonly #planned: readonly PlannedPart[];
  #inputs: EditInputs | undefined;

  private constructor(parts: readonly Part[], bytesOf: (planned: readonly PlannedPart[]) => FormBytes) {
    const planned = planParts(parts);
    this.parts = parts;
    this.#planned = planned;
    this.contents = new FormContents(planned);
    const names = planned.filter(({ part }) => isField(part)).map(({ name }) => name);
    this.#bytes = bytesOf(planned);
    this.#values = new FormValues(parts);
    this.#refusable = names.filter((name) => isRefusable(name) && isLeftOut(this.valueOf(name)));
    this.parameters = readParameters((name) => this.valueOf(name));
    this.controls = readControls((name) => this.valueOf(name));
    this.#fields = new ModelFields(names, (name) => this.valueOf(name), this.controls);
    const model = this.valueOf("model");
    this.model = typeof model === "string" && model !== "" ? model : undefined;
  }

  /**
   * A form that is built from its parts.
   * @param parts in the order they are to be sent
   * @throws InvalidRequestError with the field's name
   */
  static of(parts: readonly Part[]): MultipartBody {
    return new MultipartBody(parts, (planned) => new RebuiltForm(planned));
  }

  /**
   * A form that is sent as it arrived, but for what must be changed.
   * @throws InvalidRequestError with the field's name
   */
  static asArrived(form: ArrivedForm): MultipartBody {
    return new MultipartBody(form.parts, (planned) => new OriginalForm(form, planned));
  }

  get contentType(): string {
    return this.#bytes.contentType;
  }

  /** The text of a field, control fields included; a list where it came in brackets; undefined if not sent. */
  valueOf(name: string): string | readonly string[] | undefined {
    return this.#values.valueOf(name);
  }

  bodyFor(deployment: Deployment, size?: string): readonly Buffer[] {
    const dropped = this.droppedFor(deployment);
    const model = providerOf(deployment).modelInBody(deployment);
    const values = {
      ...(model === undefined ? {} : { model: Buffer.from(model, "utf8") }),
      ...(size === undefined ? {} : { size: Buffer.from(size, "utf8") }),
    };
    return this.#bytes.render(values, ({ part, name }) => isField(part) && dropped.includes(name));
  }

  droppedFor(deployment: Deployment): readonly string[] {
    const unsupported = this.#fields.droppedFor(deployment);
    if (this.#refusable.length === 0) return unsupported;
    const refused = refusedFields(knownModelOf(deployment));
    return [...refused.filter((name) => this.#refusable.includes(name)), ...unsupported];
  }

  unsupportedBy(deployment: Deployment): readonly string[] {
    return this.#fields.unsupportedBy(deployment);
  }

  inputs(): EditInputs {
    this.#inputs ??= formInputs(this.#planned);
    return this.#inputs;
  }
}
