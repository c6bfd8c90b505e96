/** An expression as somebody would write it, a comparison for each value: so that the reference can say what it means. */
import type { ParsedCondition, ParsedTest } from '../../../src/sigma/parse/parsed-condition.ts';
import type { AddressRange, Expression, PatternPart, Test } from '../../../src/sigma/rule.ts';

export function asWritten(expression: Expression): ParsedCondition {
  switch (expression.kind) {
    case 'leaf':
      return { kind: 'or', of: testsOf(expression.test).map((test) => ({ ...expression, test })) };
    case 'not':
      return { kind: 'not', of: asWritten(expression.of) };
    case 'and':
    case 'or':
      return { kind: expression.kind, of: expression.of.map(asWritten) };
  }
}

const RUN: PatternPart = { wildcard: '*' };

function testsOf(test: Test): readonly ParsedTest[] {
  switch (test.op) {
    case 'equals':
      return test.values.map((value) => ({ op: 'equals', value, cased: test.cased }));
    case 'contains':
    case 'startswith':
    case 'endswith': {
      const [before, after] = [test.op === 'startswith' ? [] : [RUN], test.op === 'endswith' ? [] : [RUN]];
      return test.values.map((text) => ({ op: 'pattern', parts: [...before, { text }, ...after], cased: test.cased }));
    }
    case 'pattern':
      return test.values.map(({ parts }) => ({ op: 'pattern', parts, cased: test.cased }));
    case 're':
      return test.values.map((regex) => ({ op: 're', regex }));
    case 'cidr':
      return test.values.map((range) => ({ op: 'cidr', range: rangeText(range) }));
    case 'number':
      return test.values.map((value) => ({ op: 'number', value }));
    default:
      return [test];
  }
}

export function rangeText(range: AddressRange): string {
  return `${addressText(range.padEnd(range.startsWith('4') ? 33 : 129, '0'))}/${range.length - 1}`;
}

/** A range of one address as that address. */
export function addressText(range: AddressRange): string {
  const [group, radix, separator] = range.startsWith('4') ? [/.{8}/g, 10, '.'] : [/.{16}/g, 16, ':'];
  const numbers = (range.slice(1).match(group) ?? []).map((bits) => Number.parseInt(bits, 2));
  return numbers.map((number) => number.toString(radix)).join(separator);
}
