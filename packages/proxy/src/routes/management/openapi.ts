import { z } from "zod";
import { type ManagementRoute, methodsOf } from "./management-route.js";

/** The document of the management API, in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), from what validates it. */
export function openApiDocument(routes: readonly ManagementRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const one of routes)
    for (const path of one.paths)
      for (const method of methodsOf(one))
        paths[path] = { ...paths[path], [method]: operation(one, method, path) };
  return {
    openapi: "3.1.0",
    info: {
      title: "Darkroom",
      version,
      description: "Keys, teams and budgets. For image edits themselves see OpenAI's own document.",
    },
    paths,
    security: [{ key: [] }],
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
      schemas: { Error: errorSchema },
      responses: {
        Refused: {
          description: "Why it was refused, and which field is at fault",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
    },
  };
}

const errorSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["message", "type", "param", "code"],
      properties: {
        message: { type: "string" },
        type: { type: "string" },
        param: { type: ["string", "null"] },
        code: { type: ["string", "null"] },
      },
    },
  },
};

function operation(given: ManagementRoute, method: string, path: string): object {
  const { summary, audience, fields, answer } = given;
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  const schema = jsonSchema(z.object(fields), "input");
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, object>;
    required?: readonly string[];
  };
  const parameters = Object.entries(properties)
    .filter(([name]) => method === "get" || inPath.has(name))
    .map(([name, of]) => ({
      name,
      in: inPath.has(name) ? "path" : "query",
      required: inPath.has(name) || required.includes(name),
      schema: of,
    }));
  const inBody = Object.entries(properties).filter(([name]) => !inPath.has(name));
  return {
    summary,
    operationId: `${method}${path.replace(/\W+(\w)?/g, (_match, letter?: string) => letter?.toUpperCase() ?? "")}`,
    tags: [path.split("/").find((part) => part !== "" && part !== "v1") ?? ""],
    description: `For ${audience}.`,
    ...(parameters.length > 0 && { parameters }),
    ...(method !== "get" && {
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              properties: Object.fromEntries(inBody),
              required: required.filter((name) => !inPath.has(name)),
              additionalProperties: false,
            },
          },
        },
      },
    }),
    responses: {
      "200": {
        description: "Done",
        content: { "application/json": { schema: jsonSchema(answer, "output") } },
      },
      "4XX": { $ref: "#/components/responses/Refused" },
      "5XX": { $ref: "#/components/responses/Refused" },
    },
  };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _dialect, ...plain } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return plain;
}
