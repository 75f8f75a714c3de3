import { z } from "zod";
import type { ManagementContext } from "./context.js";
import { type ManagementRoute, route } from "./management-route.js";
import { count, isoTime, pageSize } from "./values.js";

export function auditRoutes({ directory }: ManagementContext): readonly ManagementRoute[] {
  return [
    route({
      method: "get",
      paths: ["/audit"],
      summary: "Who changed what, the newest first",
      audience: "viewers",
      fields: { page_size: pageSize, before: count.optional().describe("the `next` of the page before") },
      answer: z.object({
        audit_logs: z.array(
          z.looseObject({
            id: z.string(),
            updated_at: z.string(),
            changed_by: z.string(),
            action: z.string(),
          }),
        ),
        next: z.number().nullable(),
      }),
      handle: async ({ page_size, before }) => {
        const entries = await directory.audit({ limit: page_size, ...(before !== undefined && { before }) });
        return {
          audit_logs: entries.map((entry) => ({
            id: `${entry.version}.${entry.part}`,
            updated_at: isoTime(entry.atMs),
            changed_by: entry.changedBy,
            action: actionOf(entry),
            table_name: entry.kind,
            object_id: entry.recordId,
            before_value: shown(entry.before),
            updated_values: shown(entry.after),
          })),
          next: entries.at(-1)?.version ?? null,
        };
      },
    }),
  ];
}

function actionOf(entry: { readonly before?: unknown; readonly after?: unknown }): string {
  if (entry.before === undefined) return "created";
  return entry.after === undefined ? "deleted" : "updated";
}

/** JSON has no number for an amount of nano-dollars. */
function shown(record: unknown): unknown {
  if (record === undefined) return null;
  return JSON.parse(
    JSON.stringify(record, (_name, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
  );
}
