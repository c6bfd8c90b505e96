/**
 * Reads the numbers of rules exactly: YAML's numbers have any number of digits, JavaScript's are doubles.
 *
 * Contract: where the nearest double is another number than the one written, the result says so. Pure.
 */
import { type Report, truncate } from '../../yaml/diagnostics.ts';
import type { ScalarNode } from '../../yaml/yaml.ts';
import { canonicalDecimal, sameDecimal } from '../evaluate/number.ts';
import type { Comparison, Order } from '../rule.ts';
import type { ParsedTest } from './parsed-condition.ts';

/** The double nearest to a number of YAML, which may be infinite; null if the node is no number, or `.nan`. */
export function numberIn({ value, source }: ScalarNode): number | null {
  if (typeof value !== 'number' && source === null) return null;
  const number = Number(String(source ?? value).replace(/\.inf$/i, 'Infinity'));
  return Number.isNaN(number) ? null : number;
}

/**
 * The tests of being equal to a number, as it is written in the rule: an entry's text is that, or what JSON prints if
 * it is the same number. An entry's number is the nearest double.
 */
export function numberTests(written: string, cased: boolean): readonly ParsedTest[] {
  const number = Number(written);
  const decimal = decimalOf(written);
  const same = sameDecimal(decimal, String(number));
  const texts = new Set([same ? String(number) : decimal, written]);
  const tests = [...texts].map((value): ParsedTest => ({ op: 'equals', value, cased }));
  return same || !Number.isFinite(number) ? tests : [...tests, { op: 'number', value: number }];
}

/** The test of an order to the number of a node. */
export function orderTest(op: Order, number: number, { source }: ScalarNode): ParsedTest {
  const exact = source === null ? null : canonicalDecimal(decimalOf(source));
  return exact === null || sameDecimal(exact, String(number)) ? { op, value: number } : { op, value: number, exact };
}

/** Reports a comparison with a number that JavaScript does not hold, such as 1e400; returns whether it is one. */
export function reportInfinite(op: Comparison, number: number, { source, place }: ScalarNode, report: Report): boolean {
  if (Number.isFinite(number)) return false;
  const [end, far, near] = number > 0 ? ['largest', 'greater', 'less'] : ['least', 'less', 'greater'];
  const isNever = op.startsWith(number > 0 ? 'g' : 'l');
  report.error(
    place,
    `${truncate(String(source))} is beyond the ${end} number, ${Math.sign(number) * Number.MAX_VALUE}`,
    `${isNever ? `no number is ${far}` : `every number is ${near}`}: remove it, or write a number within these limits`,
  );
  return true;
}

/** YAML's numbers in base 16 and 8 as decimals. */
function decimalOf(written: string): string {
  return /^0[ox]/.test(written) ? String(BigInt(written)) : written;
}
