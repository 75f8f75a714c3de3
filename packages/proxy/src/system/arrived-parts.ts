import { type FormPart, post, postForm } from "./form-request.js";
import { sha256 } from "./pictures.js";
import { type RecordedPart, type RunningSimulator, simulatorKeys } from "./running-simulator.js";

/** What must be the same of a part when it arrives upstream. */
export type PartSeen = Pick<RecordedPart, "name" | "fileName" | "type" | "length" | "sha256">;

const authorization = `Bearer ${simulatorKeys.one}`;

export function seen(parts: readonly RecordedPart[] | null): PartSeen[] {
  return (parts ?? []).map(({ name, fileName, type, length, sha256: hash }) => ({
    name,
    fileName,
    type,
    length,
    sha256: hash,
  }));
}

/** A form's parts as the simulator, the independent reader, sees them without a gateway between. */
export async function readDirectly(
  simulator: RunningSimulator,
  parts: readonly FormPart[],
): Promise<PartSeen[]> {
  await postForm(simulator.url, parts, { headers: { authorization } });
  return lastSeen(simulator);
}

/** The parts of a body that arrived at another upstream, as the simulator sees them. */
export async function readAgain(
  simulator: RunningSimulator,
  body: Buffer,
  contentType = "",
): Promise<PartSeen[]> {
  await post(`${simulator.url}/v1/images/edits`, body, {
    headers: { authorization, "content-type": contentType },
  });
  return lastSeen(simulator);
}

async function lastSeen(simulator: RunningSimulator): Promise<PartSeen[]> {
  return seen((await simulator.requests()).at(-1)?.parts ?? null);
}

/**
 * What the gateway owes an upstream of `model` for a client's parts: the same ones in the same order, but for the model
 * (once, where it first stood, else first) and the names of images, which depend on how many there are.
 */
export function owed(parts: readonly PartSeen[], model: string): PartSeen[] {
  const isImage = ({ name }: PartSeen): boolean => /^image(\[\d*\])?$/.test(name);
  const imageName = parts.filter(isImage).length > 1 ? "image[]" : "image";
  const modelPart = {
    name: "model",
    fileName: null,
    type: null,
    length: model.length,
    sha256: sha256(Buffer.from(model)),
  };
  const place = parts.findIndex(({ name }) => name === "model");
  return [
    ...(place < 0 ? [modelPart] : []),
    ...parts.flatMap((part, index) => {
      if (part.name === "model") return index === place ? [modelPart] : [];
      return [isImage(part) ? { ...part, name: imageName } : part];
    }),
  ];
}
