import type { EditEstimate, NanoUsd } from "@darkroom/cost-calculator";
import {
  type Deployment,
  type EditBody,
  JsonBody,
  MultipartBody,
  type Part,
  estimateOf,
} from "@darkroom/router";
import { post } from "../form-request.js";
import { sentBody } from "../reconciliation/sent-body.js";
import { startSimulatorForEdits } from "../reconciliation/simulator-for-edits.js";
import { type VariedEdit, listedModels, variedEdits } from "../reconciliation/varied-edits.js";
import { type RunningSimulator, simulatorKeys } from "../running-simulator.js";

/** An edit with what was estimated of it before, and what it was billed at after. */
export interface MeasuredEdit {
  readonly edit: VariedEdit;
  /** Null where no price bounds it. */
  readonly estimate: EditEstimate | null;
  readonly billed: NanoUsd;
}

/** How many are under way at a time. */
const concurrency = 16;

/** For each model, an edit that leaves size and quality to it. */
export function bareEdits(): VariedEdit[] {
  return listedModels.map((model) => ({
    id: `bare-${model}`,
    group: model,
    body: "form",
    fields: { model, prompt: "Add a red hat", user: `bare-${model}` },
    pictures: [{ type: "png", width: 1024, height: 1024 }],
    masked: false,
    mishap: undefined,
  }));
}

/** Edits of listed models over the simulator's whole range of requests; the worst of them is an answer without usage. */
export function wholeRange(seed: number, count: number): VariedEdit[] {
  return variedEdits(seed, count).filter(
    ({ mishap, group }) => [undefined, "usage"].includes(mishap?.kind) && listedModels.includes(group),
  );
}

/**
 * Estimates each edit as the gateway would, from the bytes that a client sends, and has a simulator bill it by code and
 * prices of its own. Nothing is cached there: an estimate could not know it.
 */
export async function measured(seed: number, edits: readonly VariedEdit[]): Promise<MeasuredEdit[]> {
  const usage = { textOutput: 0.3, outputDetails: 0.7 };
  const simulator = await startSimulatorForEdits(edits, { seed, usage, recordedRequests: edits.length });
  const answered: { edit: VariedEdit; estimate: EditEstimate | null; requestId: string }[] = [];
  const waiting = [...edits];
  const work = async (): Promise<void> => {
    for (let edit = waiting.shift(); edit !== undefined; edit = waiting.shift()) {
      const body = await bodyOf(edit);
      const deployment = deploymentOf(edit, simulator);
      const estimate = estimateOf({ parameters: body.parameters, body }, deployment);
      answered.push({ edit, estimate, requestId: await requestIdOf(edit, body, deployment) });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const { lines } = await simulator.bill();
  await simulator.stop();
  const bill = new Map(lines.map(({ requestId, nanoUsd }) => [requestId, BigInt(nanoUsd)]));
  return answered.map(({ edit, estimate, requestId }) => {
    const billed = bill.get(requestId);
    if (billed === undefined) throw new Error(`${edit.id} is not on the bill`);
    return { edit, estimate, billed };
  });
}

async function requestIdOf(edit: VariedEdit, body: EditBody, deployment: Deployment): Promise<string> {
  const bytes = Buffer.concat(body.bodyFor(deployment));
  const { status, headers, ...answer } = await post(`${deployment.apiBase}/images/edits`, bytes, {
    headers: { "content-type": body.contentType, authorization: `Bearer ${deployment.apiKey ?? ""}` },
  });
  if (status !== 200) throw new Error(`${edit.id} was refused: ${answer.body.toString("utf8")}`);
  return String(headers["x-request-id"]);
}

async function bodyOf(edit: VariedEdit): Promise<JsonBody | MultipartBody> {
  const { contentType, bytes } = sentBody(edit);
  return edit.body === "json" ? new JsonBody([bytes]) : MultipartBody.of(await partsOf(contentType, bytes));
}

/** Read by the platform's own parser, in place of the gateway's upload. */
async function partsOf(contentType: string, bytes: Buffer): Promise<Part[]> {
  const form = await new Response(bytes, { headers: { "content-type": contentType } }).formData();
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === "string"
        ? { name, content: [Buffer.from(value)] }
        : { name, fileName: value.name, content: [Buffer.from(await value.arrayBuffer())] },
    ),
  );
}

function deploymentOf({ group }: VariedEdit, { url }: RunningSimulator): Deployment {
  return { id: group, group, model: group, apiBase: `${url}/v1`, apiKey: simulatorKeys.one, weight: 1 };
}
