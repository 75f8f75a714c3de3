import type { ManagementContext } from "../management/context.js";
import type { ManagementRoute } from "../management/management-route.js";
import { dailyActivityRoutes } from "./daily-activity.js";
import { globalSpendRoutes } from "./global-spend.js";
import { forecastRoute } from "./forecast-report.js";
import { reportFileRoutes } from "./report-files.js";
import { spendReportRoute } from "./spend-report.js";
import { spendListRoutes } from "./spend-lists.js";
import { spendLogRoutes } from "./spend-logs.js";

/** What was spent, for people and for programs: LiteLLM's routes and shapes, and Darkroom's own. */
export function reportRoutes(context: ManagementContext): readonly ManagementRoute[] {
  return [
    spendReportRoute(context),
    forecastRoute(context),
    ...reportFileRoutes(context),
    ...spendLogRoutes(context),
    ...spendListRoutes(context),
    ...globalSpendRoutes(context),
    ...dailyActivityRoutes(context),
  ];
}
