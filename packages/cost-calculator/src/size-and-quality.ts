/** `standard` is DALL·E's only quality and no GPT model's: unless it has a price it says as little as `auto`. */
export function isUnresolved(value: string | undefined): boolean {
  return value === undefined || value === "" || value === "auto" || value === "standard";
}

/** The sides of a size such as `1024x1536`, in pixels; `undefined` where it is none. */
export function sidesOf(size: string | undefined): { width: number; height: number } | undefined {
  const [, width, height] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(size ?? "") ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}
