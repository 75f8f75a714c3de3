import { type Principal, mayUseModel } from "@darkroom/accounts";
import type { Deployment, DeploymentReport } from "@darkroom/router";
import { z } from "zod";
import type { ManagementContext } from "./context.js";
import { type ManagementRoute, route } from "./management-route.js";
import { providerOf, shownApiBase } from "./models.js";
import { id } from "./values.js";

const endpoint = z.looseObject({ model: z.string(), api_base: z.string(), model_id: z.string() });

/**
 * How deployments are doing, in LiteLLM's shape. It is told from the edits that were made: LiteLLM makes a call for each
 * deployment, and an edit costs money.
 */
export function healthRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { deployments, modelNames, limits, editsInFlight } = context;
  const may = ({ account }: Principal, group: string): boolean => mayUseModel(account, group, modelNames);

  return [
    route({
      method: "get",
      paths: ["/health"],
      summary: "Which deployments serve, and which are left alone and why; no call is made to find out",
      audience: "everybody",
      fields: {
        model: id.optional().describe("a group, an alias or a deployment's id"),
        model_id: id.optional().describe("of one deployment"),
      },
      answer: z.object({
        healthy_endpoints: z.array(endpoint),
        unhealthy_endpoints: z.array(endpoint),
        healthy_count: z.number(),
        unhealthy_count: z.number(),
      }),
      handle: async ({ model, model_id }, { principal }) => {
        const names = model === undefined ? [] : [model, ...modelNames.namesOf(model)];
        const shown = deployments.filter(
          (deployment) =>
            may(principal, deployment.group) &&
            (model === undefined || names.includes(deployment.group) || model === deployment.id) &&
            (model_id === undefined || model_id === deployment.id),
        );
        const { quotas } = await limits();
        const reports = new Map(quotas.flatMap((quota) => quota.deployments).map((one) => [one.id, one]));
        const isLeftAlone = (deployment: Deployment): boolean =>
          (reports.get(deployment.id)?.standing ?? "well") !== "well";
        const healthy = shown.filter((deployment) => !isLeftAlone(deployment));
        const unhealthy = shown.filter(isLeftAlone);
        return {
          healthy_endpoints: healthy.map(endpointOf),
          unhealthy_endpoints: unhealthy.map((deployment) => ({
            ...endpointOf(deployment),
            ...troubleOf(reports.get(deployment.id)),
          })),
          healthy_count: healthy.length,
          unhealthy_count: unhealthy.length,
        };
      },
    }),
    route({
      method: "get",
      paths: ["/health/backlog"],
      summary: "How many edits are under way",
      audience: "everybody",
      fields: {},
      answer: z.object({ in_flight_requests: z.number() }),
      handle: () => Promise.resolve({ in_flight_requests: editsInFlight() }),
    }),
  ];
}

function endpointOf(deployment: Deployment): z.output<typeof endpoint> {
  const { id: modelId, group, model, apiBase } = deployment;
  return {
    model: `${providerOf(deployment)}/${model}`,
    api_base: shownApiBase(apiBase),
    model_id: modelId,
    model_group: group,
  };
}

function troubleOf(report: DeploymentReport | undefined): object {
  const { standing, cooldown } = report ?? {};
  return {
    error: cooldown?.reason ?? standing,
    standing,
    ...(cooldown !== undefined && { cause: cooldown.cause, cooling_for_seconds: cooldown.endsInMs / 1000 }),
  };
}
