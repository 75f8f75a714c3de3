import { auditRoutes } from "./audit.js";
import { budgetRoutes } from "./budgets.js";
import type { ManagementContext } from "./context.js";
import { customerRoutes } from "./customers.js";
import { healthRoutes } from "./health.js";
import { keyRoutes } from "./keys.js";
import type { ManagementRoute } from "./management-route.js";
import { modelRoutes } from "./models.js";
import { organizationMemberRoutes } from "./organization-members.js";
import { organizationRoutes } from "./organizations.js";
import { tagRoutes } from "./tags.js";
import { teamRoutes } from "./teams.js";
import { userRoutes } from "./users.js";

/** LiteLLM's management API: routes and shapes. */
export function managementRoutes(context: ManagementContext): readonly ManagementRoute[] {
  return [
    ...keyRoutes(context),
    ...userRoutes(context),
    ...organizationRoutes(context),
    ...organizationMemberRoutes(context),
    ...teamRoutes(context),
    ...customerRoutes(context),
    ...budgetRoutes(context),
    ...tagRoutes(context),
    ...modelRoutes(context),
    ...healthRoutes(context),
    ...auditRoutes(context),
  ];
}
