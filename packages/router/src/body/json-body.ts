import { isUtf8 } from "node:buffer";
import type { Deployment } from "../deployments/deployment.js";
import { knownModelOf } from "../deployments/known-model.js";
import { providerOf } from "../providers/providers.js";
import type { EditBody, EditContents, EditInputs, EditParameters } from "../request.js";
import { isControlField } from "./control-fields.js";
import { readParameters, text } from "./edit-parameters.js";
import { slicesOf } from "./edit-list.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import { JsonContents } from "./json-contents.js";
import { jsonInputs } from "./json-inputs.js";
import { JsonOutline } from "./json-outline.js";
import { type JsonMember, jsonMembers } from "./json-members.js";
import { ModelFields } from "./model-fields.js";
import { isLeftOut, refusedFields } from "./refused-fields.js";
import { type RequestControls, readControls } from "./request-controls.js";

/**
 * A JSON edit (`images` as references). Only spans are edited: the model, the gateway's own members and
 * those the model refuses; every other byte is sent as it came, big numbers and white space included.
 */
export class JsonBody implements EditBody {
  readonly contentType = "application/json";
  readonly parameters: EditParameters;
  readonly controls: RequestControls;
  readonly contents: EditContents;
  /** The model the client asked for. */
  readonly model: string | undefined;

  /** The body as it arrived. */
  readonly content: readonly Buffer[];
  readonly #outline: JsonOutline;
  readonly #text: string;
  readonly #members: readonly JsonMember[];
  readonly #fields: ModelFields;
  #inputs: EditInputs | undefined;

  /**
   * @param content the body in the buffers that arrived
   * @param outline made of them
   * @throws InvalidRequestError where it is no strict JSON object in UTF-8, or names the bad field
   */
  constructor(content: readonly Buffer[], outline = JsonOutline.of(content)) {
    this.content = content;
    this.#outline = outline;
    this.#text = outline.text();
    if (!isUtf8(Buffer.from(this.#text, "latin1"))) {
      throw new InvalidRequestError("The request body is not valid UTF-8.", { code: "invalid_json" });
    }
    this.#members = jsonMembers(this.#text);
    this.parameters = readParameters((name) => this.valueOf(name));
    this.controls = readControls((name) => this.valueOf(name));
    const names = this.#members.map(({ name }) => name);
    this.#fields = new ModelFields(names, (name) => this.valueOf(name), this.controls);
    this.contents = new JsonContents(this.#text, (name) => this.valueOf(name));
    this.model = text("model", this.valueOf("model")) || undefined;
  }

  /** The parsed value of a top-level member, control fields included; undefined if not sent. Long strings are cut off. */
  valueOf(name: string): unknown {
    const member = this.#members.find((candidate) => candidate.name === name);
    if (member === undefined) return undefined;
    const latin1 = this.#text.slice(member.valueStart, member.end);
    return JSON.parse(Buffer.from(latin1, "latin1").toString("utf8"));
  }

  /** How long a member's value is in the body. */
  #bytesOf(name: string): number {
    const member = this.#members.find((candidate) => candidate.name === name);
    return member === undefined ? 0 : this.#bodyOffset(member.end) - this.#bodyOffset(member.valueStart);
  }

  #bodyOffset(offset: number): number {
    return this.#outline.bodyOffset(offset);
  }

  /** The bytes of the body between two offsets of the outline. */
  #between(start: number, end: number): Buffer[] {
    return slicesOf(this.content, { start: this.#bodyOffset(start), end: this.#bodyOffset(end) });
  }

  bodyFor(deployment: Deployment, size?: string): readonly Buffer[] {
    const modelName = providerOf(deployment).modelInBody(deployment);
    const model = modelName === undefined ? undefined : jsonText(modelName);
    const values = new Map([
      ["model", model],
      ["size", size === undefined ? undefined : jsonText(size)],
    ]);
    const leftOut = [...this.droppedFor(deployment), ...(model === undefined ? ["model"] : [])];
    const kept = new Set(
      this.#members.filter(({ name }) => !(isControlField(name) || leftOut.includes(name))),
    );
    const first = this.#members[0];
    const pieces = this.#between(0, first?.start ?? this.#text.indexOf("{") + 1);
    let sent = 0;
    if (model !== undefined && !this.#members.some(({ name }) => name === "model")) {
      pieces.push(Buffer.from('"model":'), model);
      sent += 1;
    }
    this.#members.forEach((member, index) => {
      if (!kept.has(member)) return;
      // The bytes between two members, comma included, go with the second one.
      const before = this.#members[index - 1];
      if (sent > 0) pieces.push(...(before ? this.#between(before.end, member.start) : [Buffer.from(",")]));
      const value = values.get(member.name);
      if (value === undefined) pieces.push(...this.#between(member.start, member.end));
      else pieces.push(...this.#between(member.start, member.valueStart), value);
      sent += 1;
    });
    pieces.push(
      ...this.#between(this.#members.at(-1)?.end ?? this.#text.indexOf("{") + 1, this.#text.length),
    );
    return pieces;
  }

  droppedFor(deployment: Deployment): readonly string[] {
    const refused = refusedFields(knownModelOf(deployment));
    const leftOut = refused.filter(
      (name) => this.#members.some((member) => member.name === name) && isLeftOut(this.valueOf(name)),
    );
    return [...leftOut, ...this.#fields.droppedFor(deployment)];
  }

  unsupportedBy(deployment: Deployment): readonly string[] {
    return this.#fields.unsupportedBy(deployment);
  }

  inputs(): EditInputs {
    this.#inputs ??= jsonInputs(
      (name) => this.valueOf(name),
      (name) => this.#bytesOf(name),
    );
    return this.#inputs;
  }
}

function jsonText(value: string): Buffer {
  return Buffer.from(JSON.stringify(value), "utf8");
}
