import type http from "node:http";
import sharp from "sharp";
import { type Answer, type FormPart, editIn } from "./form-request.js";
import { png } from "./pictures.js";
import { type GatewayOptions, type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { type RunningSimulator, simulatorKeys } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

const photo: FormPart = { name: "image", content: png(), fileName: "photo.png", type: "image/png" };

/** An edit with these fields, of gpt-image-1 unless they say otherwise. */
export function edit(fields: Readonly<Record<string, string>> = {}): FormPart[] {
  const values = Object.entries({ model: "gpt-image-1", prompt: "Add a red hat", ...fields });
  return [...values.map(([name, content]) => ({ name, content })), photo];
}

/**
 * A gateway with one key for every model.
 * @param settings `general_settings`
 * @param parameters `litellm_params` of every model
 */
export function gatewayOver(
  upstream: Pick<RunningSimulator, "url">,
  settings: Readonly<Record<string, unknown>> = {},
  parameters: Readonly<Record<string, unknown>> = {},
  options: GatewayOptions = {},
): Promise<RunningGateway> {
  const keys = { one: simulatorKeys.one };
  const config = configFor(upstream, { keys, parameters, settings: { general_settings: settings } });
  return startGateway({ config, ...options });
}

export function urlsIn(answer: Answer): string[] {
  return (editIn(answer).data ?? []).map(({ url = "" }) => url);
}

export function bytesIn(answer: Answer): Buffer[] {
  return (editIn(answer).data ?? []).map(({ b64_json = "" }) => Buffer.from(b64_json, "base64"));
}

/** `png 512x512` */
export async function formatAndSize(image: Buffer): Promise<string> {
  const { width, height, format } = await sharp(image).metadata();
  return `${format} ${String(width)}x${String(height)}`;
}

/** An answer of one image with a URL. */
export const withUrl = (url: string): string => `{"created":1,"data":[{"url":${JSON.stringify(url)}}],"x":1}`;

/** An upstream whose first answer is the edit's, and every further one the image's. */
export async function upstreamWith(
  answer: (url: string) => string,
  giveImage: (response: http.ServerResponse) => void,
): Promise<ScriptedUpstream> {
  const upstream: ScriptedUpstream = await new ScriptedUpstream((response, number) => {
    if (number > 0) return giveImage(response);
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(answer(`${upstream.url}/files/1.png`));
  }).listen();
  return upstream;
}
