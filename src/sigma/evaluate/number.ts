/**
 * How a number of a rule meets a number or a text of an entry (docs/sigma.md, "Numbers").
 *
 * Contract: an entry's number is a double, and meets the double nearest to the rule's number. A text that is a decimal
 * number is compared as it is written, digit by digit, and never rounded. Takes time linear in the texts. Pure.
 */
import type { Comparison, Order, Test } from '../rule.ts';

const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;
/** An entry's text with more characters is not a number. */
const TEXT_MAX = 40;

/** The number nearest to a scalar; NaN if it is neither a number nor the text of one. */
export function numberOf(scalar: string | number | boolean): number {
  if (typeof scalar === 'number') return scalar;
  const isNumber = typeof scalar === 'string' && scalar.length <= TEXT_MAX && DECIMAL.test(scalar);
  return isNumber ? Number(scalar) : Number.NaN;
}

/** Whether a scalar of an entry is in this order to the rule's number. What is not a number never is. */
export function meetsOrder(
  { op, value, exact }: Extract<Test, { op: Order }>,
  scalar: string | number | boolean,
): boolean {
  const number = numberOf(scalar);
  // Rounding keeps the order of different doubles: only texts nearest to the same one need a closer look.
  if (typeof scalar !== 'string' || number !== value) return compares(op, number, value);
  return compares(op, compareDecimals(scalar, exact ?? String(value)), 0);
}

/** Whether a comparison of two numbers is true. */
export function compares(op: Comparison, a: number, b: number): boolean {
  return COMPARISONS[op](a, b);
}

const COMPARISONS: { readonly [op in Comparison]: (a: number, b: number) => boolean } = {
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
};

/** Compares two decimals exactly: negative, 0 or positive; NaN if one of the texts is not a decimal. */
export function compareDecimals(a: string, b: string): number {
  const [one, other] = [parseDecimal(a), parseDecimal(b)];
  if (one === null || other === null) return Number.NaN;
  if (one.sign !== other.sign) return one.sign - other.sign;
  if (one.point !== other.point) return one.point < other.point ? -one.sign : one.sign;
  if (one.digits === other.digits) return 0;
  return one.digits < other.digits ? -one.sign : one.sign;
}

/** Whether two texts are the same decimal number. */
export function sameDecimal(a: string, b: string): boolean {
  return compareDecimals(a, b) === 0;
}

/**
 * The one form of a decimal, however it is written; null if the text is not one.
 *
 * @example canonicalDecimal('+0.10') // '1e-1'
 */
export function canonicalDecimal(text: string): string | null {
  const decimal = parseDecimal(text);
  if (decimal === null || decimal.sign === 0) return decimal && '0e0';
  return `${decimal.sign < 0 ? '-' : ''}${decimal.digits}e${decimal.point - BigInt(decimal.digits.length)}`;
}

/** Parses a decimal as sign × 0.digits × 10^point, without zeros at either end of the digits. */
function parseDecimal(text: string): { readonly sign: number; readonly digits: string; readonly point: bigint } | null {
  const [all, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (all === undefined) return null;
  const digits = whole + fraction;
  let [start, end] = [0, digits.length];
  while (digits[start] === '0') start++;
  while (end > start && digits[end - 1] === '0') end--;
  if (start === end) return { sign: 0, digits: '', point: 0n };
  const point = BigInt(whole.length - start) + BigInt(exponent);
  return { sign: sign === '-' ? -1 : 1, digits: digits.slice(start, end), point };
}
