import { type Principal, mayUseModel } from "@darkroom/accounts";
import type { Deployment } from "@darkroom/router";
import { z } from "zod";
import type { ManagementContext } from "./context.js";
import { type ManagementRoute, invalid, route } from "./management-route.js";
import { highestPrices, priceFields } from "./model-prices.js";
import { id } from "./values.js";

/** Which models there are, for whoever asks. Nothing here tells a provider's key. */
export function modelRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { modelNames, deployments, listedModels } = context;
  const may = ({ account }: Principal, model: string): boolean => mayUseModel(account, model, modelNames);

  return [
    route({
      method: "get",
      paths: ["/model/info", "/v1/model/info"],
      summary: "The deployments that the one who asks may be served by",
      audience: "everybody",
      fields: { litellm_model_id: id.optional().describe("of one deployment") },
      answer: z.object({ data: z.array(z.looseObject({ model_name: z.string() })) }),
      handle: ({ litellm_model_id }, { principal }) => {
        const shown = deployments.filter(
          (deployment) =>
            may(principal, deployment.group) &&
            (litellm_model_id === undefined || deployment.id === litellm_model_id),
        );
        if (litellm_model_id !== undefined && shown.length === 0)
          throw invalid("litellm_model_id", `There is no deployment '${litellm_model_id}'.`, 404);
        return Promise.resolve({
          data: shown.map((deployment) =>
            deploymentAnswer(deployment, modelNames.accessGroupsOf(deployment.group)),
          ),
        });
      },
    }),
    route({
      method: "get",
      paths: ["/model_group/info", "/v1/model_group/info"],
      summary: "The model groups and aliases that the one who asks may name",
      audience: "everybody",
      fields: { model_group: id.optional() },
      answer: z.object({ data: z.array(z.looseObject({ model_group: z.string() })) }),
      handle: ({ model_group }, { principal }) => {
        const shown = listedModels().filter(
          (model) => may(principal, model) && (model_group === undefined || model === model_group),
        );
        return Promise.resolve({
          data: shown.map((model) => {
            const names = new Set([model, ...modelNames.namesOf(model)]);
            const members = deployments.filter(({ group }) => names.has(group));
            return {
              model_group: model,
              providers: [...new Set(members.map(providerOf))],
              mode: "image_edit",
              ...limitsOfAll(members),
              ...highestPrices(members),
              deployments: members.length,
            };
          }),
        });
      },
    }),
  ];
}

function deploymentAnswer(deployment: Deployment, accessGroups: readonly string[]): object {
  const { id: modelId, group, model, apiBase, weight, order, tags, baseModel } = deployment;
  const { rpm, tpm, ipm, parallel } = limitsOf(deployment);
  return {
    model_name: group,
    litellm_params: {
      model: `${providerOf(deployment)}/${model}`,
      api_base: shownApiBase(apiBase),
      ...(rpm !== undefined && { rpm }),
      ...(tpm !== undefined && { tpm }),
      ...(ipm !== undefined && { ipm }),
      ...(parallel !== undefined && { max_parallel_requests: parallel }),
      ...(weight !== undefined && { weight }),
      ...(order !== undefined && { order }),
      ...(tags !== undefined && { tags }),
    },
    model_info: {
      id: modelId,
      db_model: false,
      mode: "image_edit",
      litellm_provider: providerOf(deployment),
      ...priceFields(deployment),
      ...(baseModel !== undefined && { base_model: baseModel }),
      ...(accessGroups.length > 0 && { access_groups: accessGroups }),
    },
  };
}

function limitsOf({
  limits = {},
  rpm,
}: Deployment): Readonly<Record<"rpm" | "tpm" | "ipm" | "parallel", number | undefined>> {
  const { requestsPerMinute, tokensPerMinute, imagesPerMinute, parallelCalls } = limits;
  return {
    rpm: requestsPerMinute ?? rpm,
    tpm: tokensPerMinute,
    ipm: imagesPerMinute,
    parallel: parallelCalls,
  };
}

/** Together, as LiteLLM tells them; null where nobody has one. */
function limitsOfAll(members: readonly Deployment[]): object {
  const sum = (of: "rpm" | "tpm" | "ipm"): number | null => {
    const known = members.flatMap((member) => limitsOf(member)[of] ?? []);
    return known.length === 0 ? null : known.reduce((total, one) => total + one, 0);
  };
  return { rpm: sum("rpm"), tpm: sum("tpm"), ipm: sum("ipm") };
}

export function providerOf({ provider = "openai" }: Deployment): string {
  return provider;
}

/** An address may carry a password or a key. */
export function shownApiBase(address: string): string {
  if (!URL.canParse(address)) return address;
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}
