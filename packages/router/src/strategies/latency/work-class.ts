import type { EditParameters } from "../../request.js";

const qualities = ["low", "medium", "high", "standard"];

/**
 * A class of edits that take about as long as one another: by quality, area and number of images. There are a few
 * hundred at most, whatever clients write.
 */
export function workClass({ quality = "auto", size = "auto", n }: EditParameters): string {
  const known = qualities.includes(quality) ? quality : "auto";
  return `${known} ${areaClass(size)} ${String(Math.min(Math.ceil(Math.log2(n)), 4))}`;
}

/** Areas within a factor of two of one another are alike. */
function areaClass(size: string): string {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? [];
  const pixels = Number(width) * Number(height);
  return pixels > 0 ? String(Math.round(Math.log2(pixels))) : "auto";
}
