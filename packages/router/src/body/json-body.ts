import { isUtf8 } from "node:buffer";
import type { Deployment } from "../deployments/deployment.js";
import { knownModelOf } from "../deployments/known-model.js";
import type { EditBody, EditInputs, EditParameters } from "../request.js";
import { isControlField } from "./control-fields.js";
import { readParameters, text } from "./edit-parameters.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import { jsonInputs } from "./json-inputs.js";
import { type JsonMember, jsonMembers } from "./json-members.js";
import { refusedFields } from "./refused-fields.js";
import { type RequestControls, readControls } from "./request-controls.js";

/**
 * A JSON edit (`images` as references). Only spans are edited: the model's value, the gateway's own members and
 * those the model refuses; every other byte is sent as it came, big numbers and white space included.
 */
export class JsonBody implements EditBody {
  readonly contentType = "application/json";
  readonly parameters: EditParameters;
  readonly controls: RequestControls;
  /** The model the client asked for. */
  readonly model: string | undefined;

  readonly #bytes: Buffer;
  readonly #members: readonly JsonMember[];
  #inputs: EditInputs | undefined;

  /**
   * @param content the body in the buffers that arrived
   * @throws InvalidRequestError where it is no strict JSON object in UTF-8, or names the bad field
   */
  constructor(content: readonly Buffer[]) {
    const [first] = content;
    this.#bytes = content.length === 1 && first !== undefined ? first : Buffer.concat(content);
    if (!isUtf8(this.#bytes)) {
      throw new InvalidRequestError("The request body is not valid UTF-8.", { code: "invalid_json" });
    }
    this.#members = jsonMembers(this.#bytes.toString("latin1"));
    this.parameters = readParameters((name) => this.valueOf(name));
    this.controls = readControls((name) => this.valueOf(name));
    this.model = text("model", this.valueOf("model")) || undefined;
  }

  /** The parsed value of a top-level member, control fields included; undefined if not sent. */
  valueOf(name: string): unknown {
    const member = this.#members.find((candidate) => candidate.name === name);
    return member && JSON.parse(this.#bytes.toString("utf8", member.valueStart, member.end));
  }

  bodyFor(deployment: Deployment): readonly Buffer[] {
    const model = Buffer.from(JSON.stringify(deployment.model), "utf8");
    const dropped = this.droppedFor(deployment);
    const kept = new Set(
      this.#members.filter(({ name }) => !(isControlField(name) || dropped.includes(name))),
    );
    const bytes = this.#bytes;
    const first = this.#members[0];
    const pieces = [bytes.subarray(0, first?.start ?? bytes.indexOf("{") + 1)];
    let sent = 0;
    if (!this.#members.some(({ name }) => name === "model")) {
      pieces.push(Buffer.from('"model":'), model);
      sent += 1;
    }
    this.#members.forEach((member, index) => {
      if (!kept.has(member)) return;
      // The bytes between two members, comma included, go with the second one.
      const before = this.#members[index - 1];
      if (sent > 0) pieces.push(before ? bytes.subarray(before.end, member.start) : Buffer.from(","));
      if (member.name === "model") pieces.push(bytes.subarray(member.start, member.valueStart), model);
      else pieces.push(bytes.subarray(member.start, member.end));
      sent += 1;
    });
    pieces.push(bytes.subarray(this.#members.at(-1)?.end ?? bytes.indexOf("{") + 1));
    return pieces;
  }

  droppedFor(deployment: Deployment): readonly string[] {
    const refused = refusedFields(knownModelOf(deployment));
    return refused.filter((name) => this.#members.some((member) => member.name === name));
  }
  inputs(): EditInputs {
    this.#inputs ??= jsonInputs((name) => this.valueOf(name));
    return this.#inputs;
  }
}
