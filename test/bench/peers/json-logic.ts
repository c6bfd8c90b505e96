/** A condition in JsonLogic; parts of texts and regular expressions by operators of our own, as its users do. Pure. */
import type { Condition } from '../rules/condition.ts';

export type Logic = { readonly [operator: string]: unknown };

const COMPARE = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

export function logicOf(condition: Condition): Logic {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { [condition.kind]: condition.of.map(logicOf) };
    case 'not':
      return { '!': [logicOf(condition.of)] };
  }
  const value = { var: condition.field };
  switch (condition.kind) {
    case 'null':
      return { '===': [value, null] };
    case 'in':
      return condition.values.length === 1
        ? { '===': [value, condition.values[0]] }
        : { in: [value, condition.values] };
    case 'text': {
      const tests = condition.texts.map((text) =>
        condition.how === 'contains' ? { in: [text, value] } : { [condition.how]: [value, text] },
      );
      return tests.length === 1 && tests[0] !== undefined ? tests[0] : { or: tests };
    }
    case 'regex':
      return { matches: [value, condition.source] };
    case 'compare':
      return { [COMPARE[condition.op]]: [value, condition.value] };
    case 'range':
      return { '<=': [condition.from, value, condition.to] };
  }
}
