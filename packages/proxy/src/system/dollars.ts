/**
 * Dollars in decimals as nano-dollars, digit by digit: no float comes near.
 * @throws Error if it is no amount, or finer than a nano-dollar
 */
export function nanoUsdOf(dollars: string): bigint {
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d{1,9}))?$/.exec(dollars) ?? [];
  if (whole === undefined) throw new Error(`This is no amount of dollars: '${dollars}'`);
  return BigInt(whole + fraction.padEnd(9, "0"));
}
