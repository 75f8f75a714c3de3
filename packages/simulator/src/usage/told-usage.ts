import type { ValidEdit } from "../validation/valid-edit.js";
import type { EditUsage, Usage } from "./usage.js";

/** What a broken answer leaves of its usage. */
export const usageRemains = ["nothing", "incomplete", "zeros"] as const;
export type UsageRemains = (typeof usageRemains)[number];

/** What an answer tells of its usage at one place, and what is billed for it. */
export interface ToldUsage {
  /** How many pictures it stands for. */
  readonly images: number;
  /** As the answer carries it; undefined: not at all. */
  readonly told: object | undefined;
  /** Undefined: the pictures are billed by their price. */
  readonly billed: Usage | undefined;
}

/** One for a whole answer, one for each picture of a stream. */
export function toldUsages(
  { stream, count }: ValidEdit,
  usage: EditUsage | undefined,
  remains: UsageRemains | undefined,
): readonly ToldUsage[] {
  if (usage === undefined) return [{ images: count, told: undefined, billed: undefined }];
  const [usages, images] = stream ? [usage.pictures, 1] : [[usage.whole], count];
  return usages.map((one) =>
    remains === undefined
      ? { images, told: one, billed: one }
      : { images, told: broken(one, remains), billed: undefined },
  );
}

function broken(usage: Usage, remains: UsageRemains): object | undefined {
  switch (remains) {
    case "nothing":
      return undefined;
    case "incomplete":
      return { input_tokens: usage.input_tokens, input_tokens_details: usage.input_tokens_details };
    case "zeros":
      return { total_tokens: 0, input_tokens: 0, output_tokens: 0 };
  }
}
