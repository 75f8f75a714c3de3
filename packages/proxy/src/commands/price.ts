import { formatUsd } from "@darkroom/cost-calculator";
import {
  type Deployment,
  Groups,
  InvalidRequestError,
  MultipartBody,
  type Part,
  RouterError,
} from "@darkroom/router";
import type { GatewayConfig } from "../config/index.js";
import { CommandError } from "./command-error.js";
import { configuredBy, environment, toldAsProblems } from "./configuration.js";
import { readImage } from "./read-image.js";
import { type PricedDeployment, type UnpricedDeployment, pricedFor } from "./price-of-deployment.js";
import { simulatorConfig } from "./simulator.js";
import { type Column, table } from "./table.js";

export interface PriceOptions {
  readonly model?: string;
  readonly image?: readonly string[];
  readonly mask?: string;
  readonly prompt: string;
  readonly n: string;
  readonly size?: string;
  readonly quality?: string;
  readonly inputFidelity?: string;
  readonly partialImages?: string;
  readonly config?: string;
  readonly allowUnenforced: readonly string[];
  readonly json: boolean;
}

const columns: readonly Column<PricedDeployment>[] = [
  ["group", ({ group }) => group],
  ["deployment", ({ deployment }) => deployment],
  ["model", ({ model }) => model],
  ["at most", ({ atMost }) => dollars(atMost.nanoUsd)],
  ["by", ({ atMost }) => atMost.basis],
  ["input text", ({ atMost }) => dollars(atMost.breakdown.inputText)],
  ["input images", ({ atMost }) => dollars(atMost.breakdown.inputImage)],
  ["output images", ({ atMost }) => dollars(atMost.breakdown.outputImage)],
  ["output text", ({ atMost }) => dollars(atMost.breakdown.outputText)],
  ["list price of the images", ({ listed }) => (listed === undefined ? "-" : dollars(listed))],
];

/** `darkroom price`: says what an edit would cost, without sending anything. */
export async function price(options: PriceOptions): Promise<void> {
  const config =
    configuredBy(options.config, options.allowUnenforced) ??
    toldAsProblems(() => simulatorConfig("http://localhost", environment()));
  const deployments = deploymentsOf(config, options.model);
  const body = await bodyFor(options);
  const found = deployments.map((deployment) => pricedFor({ parameters: body.parameters, body }, deployment));
  if (options.json) {
    console.log(JSON.stringify({ deployments: found.map(inDollars) }));
    return;
  }
  const priced = found.filter((one) => "atMost" in one);
  if (priced.length > 0) console.log(table(columns, priced));
  for (const { group, deployment, model, reason } of found.filter((one) => "reason" in one)) {
    console.log(`${group} (${deployment}): what ${model} costs is not known: ${reason}`);
  }
}

/** @throws CommandError where there is no such group */
function deploymentsOf({ router }: GatewayConfig, model: string | undefined): readonly Deployment[] {
  if (model === undefined) return router.deployments;
  try {
    return new Groups(router.deployments, router.unusableGroups, router.aliases).find(model).deployments;
  } catch (error) {
    if (error instanceof RouterError) throw new CommandError(error.message);
    throw error;
  }
}

/** The edit as a client would send it. */
async function bodyFor(options: PriceOptions): Promise<MultipartBody> {
  const fields = Object.entries({
    prompt: options.prompt,
    n: options.n,
    size: options.size,
    quality: options.quality,
    input_fidelity: options.inputFidelity,
    partial_images: options.partialImages,
    stream: options.partialImages === undefined ? undefined : "true",
  }).flatMap(([name, value]) => (value === undefined ? [] : [{ name, content: [Buffer.from(value)] }]));
  const unknown: Part = { name: "image", fileName: "", content: [] };
  const images = await Promise.all((options.image ?? []).map((file) => filePart("image", file)));
  const masks = options.mask === undefined ? [] : [await filePart("mask", options.mask)];
  try {
    return MultipartBody.of([...fields, ...(images.length === 0 ? [unknown] : images), ...masks]);
  } catch (error) {
    if (error instanceof InvalidRequestError) throw new CommandError(error.message);
    throw error;
  }
}

async function filePart(name: string, file: string): Promise<Part> {
  return { name, fileName: file, content: [(await readImage(file)).bytes] };
}

function dollars(nanoUsd: bigint): string {
  return `$${formatUsd(nanoUsd)}`;
}

/** As JSON: dollars as decimal texts, since a float would round them. */
function inDollars(found: PricedDeployment | UnpricedDeployment): unknown {
  const { group, deployment, model } = found;
  if ("reason" in found) return { group, deployment, model, atMostUsd: null, reason: found.reason };
  const { atMost, listed } = found;
  const breakdown = Object.entries<bigint>({ ...atMost.breakdown }).map(([part, nanoUsd]) => [
    part,
    formatUsd(nanoUsd),
  ]);
  return {
    group,
    deployment,
    model,
    atMostUsd: formatUsd(atMost.nanoUsd),
    basis: atMost.basis,
    breakdownUsd: Object.fromEntries(breakdown) as unknown,
    listPriceOfImagesUsd: listed === undefined ? null : formatUsd(listed),
  };
}
