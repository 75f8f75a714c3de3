import type { z } from "zod";
import type { Findings, KeyPath } from "../config-error.js";
import { find, type Located, plain, positionOf } from "../file/located.js";
import { isSecret } from "./secrets.js";

/**
 * Holds the value at a path against a schema. What does not fit is reported where it stands in the file, and
 * `undefined` is returned.
 */
export function validated<Shape extends z.ZodType>(
  schema: Shape,
  root: Located,
  path: KeyPath,
  findings: Findings,
): z.output<Shape> | undefined {
  const node = find(root, path);
  const result = schema.safeParse(node && plain(node));
  if (result.success) return result.data;
  for (const issue of result.error.issues.map(mostTelling)) {
    const whole = [...path, ...(issue.path as KeyPath)];
    findings.problem(positionOf(root, whole), whole, `${issue.message}${insteadOf(root, whole)}`);
  }
  return undefined;
}

type Issue = z.core.$ZodIssue;

/** Of a choice of shapes, the one that came furthest knows best what is wrong. */
function mostTelling(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const inner = issue.errors.flat().find(({ path }) => path.length > 0);
  return inner ? mostTelling({ ...inner, path: [...issue.path, ...inner.path] }) : issue;
}

/** `, got "abc"`: what is there. Never a secret, nor what an environment variable holds. */
function insteadOf(root: Located, path: KeyPath): string {
  const node = find(root, path);
  if (!node) return ", got nothing";
  if (node.kind !== "scalar") return `, got a ${node.kind}`;
  if (node.unset) return `, but the environment variable ${node.variable} is not set`;
  if (isSecret(path)) return "";
  if (node.variable !== undefined) return `, got the value of the environment variable ${node.variable}`;
  if (node.value === null) return ", got nothing";
  const shown = JSON.stringify(node.value);
  return `, got ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`;
}
