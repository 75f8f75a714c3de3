import { writeFile } from "node:fs/promises";
import { basename, dirname, join, parse, resolve } from "node:path";
import { type Answer, callGateway, gatewayAt } from "./call-gateway.js";
import { CommandError } from "./command-error.js";
import { readImage } from "./read-image.js";

export interface EditOptions {
  readonly image: string;
  readonly prompt: string;
  readonly model?: string;
  readonly mask?: string;
  readonly n: string;
  readonly size?: string;
  readonly quality?: string;
  readonly output?: string;
  readonly url?: string;
  readonly key?: string;
  readonly json: boolean;
}

interface EditedImages {
  readonly data?: readonly { readonly b64_json?: string; readonly url?: string }[];
  readonly error?: { readonly message?: string };
}

/** `darkroom edit`: edits a picture through a running gateway and says what it cost. */
export async function edit(options: EditOptions): Promise<void> {
  const { base, headers } = gatewayAt(options);
  const { bytes, path } = await readImage(options.image);

  const form = new FormData();
  form.set("model", options.model ?? (await firstModel(base, headers)));
  form.set("prompt", options.prompt);
  form.set("n", options.n);
  if (options.size !== undefined) form.set("size", options.size);
  if (options.quality !== undefined) form.set("quality", options.quality);
  form.set("image", new Blob([bytes]), basename(path));
  if (options.mask !== undefined) {
    form.set("mask", new Blob([(await readImage(options.mask)).bytes]), basename(options.mask));
  }

  const startedAtMs = performance.now();
  const encoded = new Response(form);
  const answer = await callGateway(`${base}/v1/images/edits`, {
    method: "POST",
    headers: { ...headers, "content-type": encoded.headers.get("content-type") ?? "" },
    body: Buffer.from(await encoded.arrayBuffer()),
  });
  const seconds = (performance.now() - startedAtMs) / 1000;
  const edited = parsed(answer);
  const files = await writeImages(edited, options.output ?? join(dirname(path), "edited.png"));

  const header = (name: string): string | null => (answer.headers[name] as string | undefined) ?? null;
  const result = {
    files,
    costUsd: header("x-litellm-response-cost"),
    deployment: header("x-darkroom-deployment"),
    requestId: header("x-request-id"),
    seconds: Number(seconds.toFixed(3)),
  };
  if (options.json) console.log(JSON.stringify(result));
  else {
    console.log(`wrote       ${result.files.join(", ")}`);
    console.log(`cost        ${result.costUsd === null ? "not known" : `$${result.costUsd}`}`);
    console.log(`deployment  ${result.deployment ?? "not known"}`);
    console.log(`time        ${result.seconds.toFixed(2)} s`);
  }
}

async function firstModel(base: string, headers: Record<string, string>): Promise<string> {
  const answer = await callGateway(`${base}/v1/models`, { method: "GET", headers });
  const { data } = parsed(answer) as { data?: readonly { readonly id: string }[] };
  const first = data?.find(({ id }) => !id.endsWith("*"));
  if (first === undefined)
    throw new CommandError("The gateway serves no model by name: name one with --model.");
  return first.id;
}

/** Writes `edited.png`, and `edited-2.png` and so on for further images. */
async function writeImages({ data = [] }: EditedImages, output: string): Promise<string[]> {
  const { dir, name, ext } = parse(resolve(output));
  const files: string[] = [];
  for (const [index, image] of data.entries()) {
    const file = join(dir, `${name}${index === 0 ? "" : `-${String(index + 1)}`}${ext}`);
    await writeFile(file, await bytesOf(image));
    files.push(file);
  }
  return files;
}

async function bytesOf({
  b64_json,
  url,
}: {
  readonly b64_json?: string;
  readonly url?: string;
}): Promise<Buffer> {
  if (b64_json !== undefined) return Buffer.from(b64_json, "base64");
  if (url === undefined) throw new CommandError("The answer holds neither an image nor its URL.");
  const answer = await fetch(url);
  if (!answer.ok) throw new CommandError(`The image could not be fetched: status ${String(answer.status)}.`);
  return Buffer.from(await answer.arrayBuffer());
}

/** @throws CommandError with the gateway's own words where it refused */
function parsed({ status, text }: Answer): EditedImages {
  let json: EditedImages;
  try {
    json = JSON.parse(text) as EditedImages;
  } catch {
    throw new CommandError(`The gateway answered with status ${String(status)} and no JSON.`);
  }
  if (status >= 400)
    throw new CommandError(json.error?.message ?? `The gateway answered with status ${String(status)}.`);
  return json;
}
