/**
 * Money without floats. A price is a decimal number of dollars, kept exactly as an integer and a power of ten; amounts
 * are multiplied and added exactly and rounded once, at the end, to whole nano-dollars.
 */

/** An amount of money in billionths of a US dollar: 1 USD = 10^9. */
export type NanoUsd = bigint;

/** `coefficient × 10^-scale` dollars, exactly; `scale` is a whole number of at least 0. */
export interface ExactUsd {
  readonly coefficient: bigint;
  readonly scale: number;
}

/** How many decimal places a nano-dollar has. */
export const nanoDigits = 9;

const decimalText = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * Reads a price in dollars: `"0.02"`, `"5"`, `"1.9e-08"`.
 *
 * @throws RangeError when the text is not a non-negative decimal number with an exponent of at most three digits.
 */
export function parsePrice(text: string): ExactUsd {
  const [, whole, fraction = "", exponent = "0"] = decimalText.exec(text.trim()) ?? [];
  if (whole === undefined) {
    throw new RangeError(`"${text}" is not a price: expected a decimal number such as "0.02" or "1.9e-08"`);
  }
  const coefficient = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { coefficient, scale } : { coefficient: coefficient * powerOfTen(-scale), scale: 0 };
}

/**
 * Reads an amount in dollars that is a whole number of nano-dollars: `"0.012945"` is `12945000n`.
 *
 * @throws RangeError when the text is not a non-negative decimal number, or has more than nine decimal places.
 */
export function parseUsd(text: string): NanoUsd {
  const { coefficient, scale } = parsePrice(text);
  if (scale <= nanoDigits) return coefficient * powerOfTen(nanoDigits - scale);
  const unit = powerOfTen(scale - nanoDigits);
  if (coefficient % unit !== 0n) throw new RangeError(`"${text}" has more than ${nanoDigits} decimal places`);
  return coefficient / unit;
}

/** The amount in units of `10^-scale` dollars; `scale` must be at least the amount's own. */
export function atScale(amount: ExactUsd, scale: number): bigint {
  return amount.coefficient * powerOfTen(scale - amount.scale);
}

/** Writes an amount in dollars with no more digits than it needs: `12945000n` is `"0.012945"`, `0n` is `"0"`. */
export function formatUsd(amount: NanoUsd): string {
  const [sign, magnitude] = amount < 0n ? ["-", -amount] : ["", amount];
  const unit = powerOfTen(nanoDigits);
  const fraction = (magnitude % unit).toString().padStart(nanoDigits, "0").replace(/0+$/, "");
  const whole = (magnitude / unit).toString();
  return sign + (fraction === "" ? whole : `${whole}.${fraction}`);
}

export function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}
