import type { AnswerLayout, Deployment, EditReport, EditRequest } from "@darkroom/router";
import { type AskedForm, askedForm } from "./asked-form.js";

/** An answer in its new form. */
export interface FormedAnswer {
  readonly body: readonly Buffer[];
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** To be called when the client has taken the body, or is gone. Resolves when nothing reads the answer as it came any more. */
  release(): Promise<void>;
}

/** A whole answer as it came. */
export interface GivenAnswer {
  readonly body: readonly Buffer[];
  readonly layout: AnswerLayout;
  readonly deployment: Deployment;
}

/** Gives an answer the form that was asked for. Never rejects. */
export type Convert = (answer: GivenAnswer, asked: AskedForm, gone: AbortSignal) => Promise<FormedAnswer>;

/** The form in which one request wants its answer. */
export class RequestedFormat {
  constructor(
    private readonly edit: EditRequest,
    private readonly convert: Convert,
  ) {}

  /** Undefined where the answer goes as it came, as nearly always. */
  formed(
    body: readonly Buffer[],
    report: EditReport,
    layout: AnswerLayout,
    whenGone: (callback: () => void) => void,
  ): Promise<FormedAnswer> | undefined {
    const { deployment } = report;
    if (deployment === undefined) return undefined;
    const asked = askedForm(this.edit, deployment, layout);
    if (asked === undefined) return undefined;
    const gone = new AbortController();
    whenGone(() => gone.abort());
    return this.convert({ body, layout, deployment }, asked, gone.signal);
  }

  /** What a stream says beforehand: its events carry base64, whatever was asked for. */
  get streamHeaders(): readonly string[] {
    return this.edit.parameters.responseFormat === "url"
      ? ["x-darkroom-response-format", "b64_json: events carry no URLs"]
      : [];
  }
}
