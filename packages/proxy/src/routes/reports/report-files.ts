import { attemptColumns, exportFormats, exported } from "@darkroom/accounts";
import { z } from "zod";
import { caughtUp } from "../../ledger/caught-up.js";
import { dayAfter, day, daysOfMonth, month } from "../../reports/days.js";
import { namesOf } from "../../reports/names.js";
import { type Statement, statementCsv, statementHtml } from "../../reports/statement.js";
import type { ManagementContext } from "../management/context.js";
import { FileAnswer, type ManagementRoute, invalid, route } from "../management/management-route.js";
import { id } from "../management/values.js";

/** Reports that are files: a team's statement, and all attempts. */
export function reportFileRoutes({ ledger, directory, now }: ManagementContext): readonly ManagementRoute[] {
  return [
    route({
      method: "get",
      paths: ["/reports/statement"],
      summary: "What a team spent in a month: a page to print, or CSV",
      audience: "viewers",
      fields: {
        team: id,
        month,
        format: z.enum(["html", "csv"], { error: "expected html or csv" }).default("html"),
      },
      answer: z.string(),
      handle: async ({ team: teamId, month: asked, format }) => {
        await caughtUp(ledger);
        const days = daysOfMonth(asked);
        const team = await directory.read.teams.get(teamId);
        const sums = await ledger.reports.dailySpend({ scope: "team", ids: [teamId], ...days }, [
          "day",
          "keyId",
          "model",
        ]);
        // One that is gone may have spent something all the same.
        if (team === undefined && sums.length === 0)
          throw invalid(
            "team",
            `There is no team '${teamId}', and none has spent anything in ${asked}.`,
            404,
          );
        const names = await namesOf(
          directory.read,
          "key",
          sums.map(({ keyId = "" }) => keyId),
        );
        const statement: Statement = {
          month: asked,
          team: { id: teamId, name: team?.alias },
          isComplete: Date.parse(days.until) <= now(),
          madeAtMs: now(),
          lines: sums.map((sum) => ({
            ...sum,
            day: sum.day ?? "",
            keyId: sum.keyId ?? "",
            keyName: names.get(sum.keyId ?? ""),
            model: sum.model ?? "",
          })),
        };
        const name = `statement-${asked}.${format}`;
        return format === "csv"
          ? new FileAnswer("text/csv", name, statementCsv(statement))
          : new FileAnswer("text/html", name, [statementHtml(statement)]);
      },
    }),
    route({
      method: "get",
      paths: ["/reports/attempts"],
      summary: "All attempts, the oldest first, as a file that is made while it is sent",
      audience: "viewers",
      fields: {
        start: day.optional(),
        end: day.optional(),
        format: z
          .enum(exportFormats, { error: `expected one of ${exportFormats.join(", ")}` })
          .default("csv"),
      },
      answer: z.string(),
      handle: async ({ start, end, format }) => {
        await caughtUp(ledger);
        const filter = {
          ...(start !== undefined && { sinceMs: Date.parse(start) }),
          ...(end !== undefined && { untilMs: Date.parse(dayAfter(end)) }),
        };
        const parts = exported((wanted) => ledger.reports.attempts(filter, wanted), attemptColumns, format);
        return new FileAnswer(
          format === "csv" ? "text/csv" : "application/x-ndjson",
          `attempts.${format}`,
          parts,
        );
      },
    }),
  ];
}
