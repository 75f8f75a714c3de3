import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from "express";
import {
  ConflictError,
  LedgerError,
  NotFoundError,
  type Principal,
  isPostgresAway,
} from "@darkroom/accounts";
import { z } from "zod";
import { databaseAway } from "../../access/access-errors.js";
import { type Audience, checkAudience, principalOf } from "../../access/identify.js";
import { hint } from "../../config/catalogue/nearest.js";
import { GatewayError } from "../../errors.js";

/** Who called a route. */
export interface Call {
  readonly principal: Principal;
  /** For the audit log; an admin may say on whose behalf (`litellm-changed-by`). */
  readonly by: string;
}

/** A route of the management API. What validates its input describes it too. */
export interface ManagementRoute<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly method: "get" | "post";
  /** Of a `post`: another method that LiteLLM has it by. */
  readonly alsoBy?: "patch" | "delete";
  /** The first one counts; further ones are other names of it. A part such as `{key}` is a field of the input. */
  readonly paths: readonly string[];
  readonly summary: string;
  readonly audience: Audience;
  /** Of the body, or of the query of a `get`. */
  readonly fields: Shape;
  /** Fields of LiteLLM's that are lacking here and restrict something: refused, unless they ask for nothing. */
  readonly lacking?: readonly string[];
  /** Fields of LiteLLM's without effect on anything that Darkroom does. */
  readonly ignored?: readonly string[];
  readonly answer: z.ZodType;
  /** Changes what was sent before it is validated. */
  readonly prepare?: (given: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  handle(input: z.output<z.ZodObject<Shape>>, call: Call): Promise<unknown>;
}

/** Lets the compiler find out what a route's fields come to. */
export function route<Shape extends z.ZodRawShape>(given: ManagementRoute<Shape>): ManagementRoute {
  return given;
}

const largestBody = "1mb";

export function mount(application: Express, routes: readonly ManagementRoute[]): void {
  for (const one of routes) {
    const paths = one.paths.map((path) => path.replace(/\{(\w+)\}/g, ":$1"));
    if (one.method === "get") application.get(paths, handler(one));
    else
      for (const method of methodsOf(one))
        application[method](
          paths,
          allow(one),
          express.json({ limit: largestBody, type: () => true }),
          refuseOtherBodies,
          handler(one),
        );
  }
}

export function methodsOf({
  method,
  alsoBy,
}: ManagementRoute): readonly ("get" | "post" | "patch" | "delete")[] {
  return alsoBy === undefined ? [method] : [method, alsoBy];
}

/** Before the body is read. */
function allow({ audience }: ManagementRoute): RequestHandler {
  return (request, response, next) => {
    checkAudience(principalOf(response), audience, request.path);
    next();
  };
}

function handler(given: ManagementRoute): RequestHandler {
  return async (request, response) => {
    const principal = principalOf(response);
    checkAudience(principal, given.audience, request.path);
    const input = validated(given, inputOf(request, given));
    const onBehalf = principal.role === "admin" ? request.get("litellm-changed-by") : undefined;
    const by = onBehalf === undefined ? principal.name : `${onBehalf} (by ${principal.name})`;
    const answer = await given.handle(input, { principal, by }).catch((error: unknown) => {
      throw asRefusal(error);
    });
    if (answer instanceof FileAnswer) return answer.send(response);
    response.json(answer);
  };
}

/** An answer that is no JSON: a file, part by part, so that a long one takes no more memory than a short one. */
export class FileAnswer {
  constructor(
    private readonly contentType: string,
    private readonly fileName: string,
    private readonly parts: AsyncIterable<string> | Iterable<string>,
  ) {}

  async send(response: Response): Promise<void> {
    response.setHeader("content-type", `${this.contentType}; charset=utf-8`);
    response.setHeader("content-disposition", `inline; filename="${this.fileName}"`);
    response.setHeader("x-content-type-options", "nosniff");
    try {
      await pipeline(Readable.from(this.parts), response);
    } catch (error) {
      // A client that is gone needs nothing more.
      if (!response.destroyed && !response.headersSent) throw error;
      response.destroy();
    }
  }
}

function inputOf(request: Request, { method, prepare }: ManagementRoute): Readonly<Record<string, unknown>> {
  const given: unknown = method === "get" ? request.query : (request.body ?? {});
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw notAnObject();
  const input = { ...(given as Record<string, unknown>), ...request.params };
  return prepare === undefined ? input : prepare(input);
}

/** @throws GatewayError with the field that is at fault */
function validated(
  { fields, lacking = [], ignored = [] }: ManagementRoute,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(fields, name)) known[name] = value;
    else if (!ignored.includes(name)) refuseUnlessInert(name, value, lacking, Object.keys(fields));
  }
  const result = z.object(fields).safeParse(known);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const issue = first && innermost(first);
  const path = issue?.path.map(String) ?? [];
  const [field] = path;
  const message = issue?.message ?? "invalid";
  throw invalid(field, field === undefined ? message : `Invalid value for '${path.join(".")}': ${message}.`);
}

/** Of a value that may have several forms: what is wrong with the one that it comes nearest to. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const [nearest] = issue.errors
    .flatMap(([first]) => (first === undefined ? [] : [innermost(first)]))
    .sort((one, other) => other.path.length - one.path.length);
  if (nearest === undefined || nearest.path.length === 0) return issue;
  return { ...nearest, path: [...issue.path, ...nearest.path] };
}

function refuseUnlessInert(
  name: string,
  value: unknown,
  lacking: readonly string[],
  known: readonly string[],
): void {
  if (!lacking.includes(name)) throw invalid(name, sentence(`'${name}' is unknown here${hint(name, known)}`));
  if (asksForNothing(value)) return;
  throw invalid(name, `'${name}' is not supported yet, and restricts what may be done; leave it out.`);
}

function sentence(text: string): string {
  return text.endsWith("?") ? text : `${text}.`;
}

/** Of what is made: that it has spent nothing yet, which LiteLLM's scripts say of it, goes without saying. */
export function withoutOwnSpend(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { spend, ...others } = given;
  return spend === 0 ? others : given;
}

function asksForNothing(value: unknown): boolean {
  if (value === null || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function asRefusal(error: unknown): unknown {
  if (error instanceof NotFoundError) {
    return new GatewayError({
      status: 404,
      type: "not_found_error",
      code: "404",
      param: idFields[error.kind],
      message: `There is no ${error.kind} '${error.id}'.`,
    });
  }
  if (error instanceof ConflictError) {
    const isId = error.field === "id";
    // Of a secret, not even the hash is told.
    const value = error.kind === "secret" ? "" : ` '${error.value}'`;
    return new GatewayError({
      status: 409,
      type: "invalid_request_error",
      code: "409",
      param: isId ? idFields[error.kind] : `${error.kind}_alias`,
      message: `There is a ${error.kind === "secret" ? "key with this secret" : error.kind}${value} already.`,
    });
  }
  if (error instanceof LedgerError || isPostgresAway(error)) {
    return new GatewayError({
      ...databaseAway,
      message:
        "The database of keys and spend does not answer at present. A change may have been made, or not: look before you ask for it again.",
    });
  }
  return error;
}

const idFields = {
  key: "key",
  secret: "key",
  user: "user_id",
  organization: "organization_id",
  team: "team_id",
  member: "user_id",
  customer: "user_id",
  tag: "name",
  budget: "budget_id",
} as const;

const refuseOtherBodies: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  if (error instanceof GatewayError) return next(error);
  const isTooLarge = typeof error === "object" && error !== null && "status" in error && error.status === 413;
  if (isTooLarge) throw invalid("request_body", "The body must not have more than 1 MiB.", 413);
  throw notAnObject();
};

function notAnObject(): GatewayError {
  return invalid("request_body", "The body must be a JSON object.");
}

export function invalid(param: string | undefined, message: string, status = 400): GatewayError {
  return new GatewayError({
    status,
    type: "invalid_request_error",
    code: String(status),
    message,
    ...(param === undefined ? {} : { param }),
  });
}
