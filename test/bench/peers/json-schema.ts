/** A condition as a JSON schema, for ajv. Pure. */
import { type Condition, type FieldTest, textSource } from '../rules/condition.ts';

export type Schema = { readonly [key: string]: unknown };

/** The tests of an AND on different fields are one map of properties, as one would write it. */
export function schemaOf(condition: Condition): Schema {
  switch (condition.kind) {
    case 'or':
      return { anyOf: condition.of.map(schemaOf) };
    case 'not':
      return { not: schemaOf(condition.of) };
    case 'and': {
      const properties: Record<string, Schema> = {};
      const rest: Schema[] = [];
      for (const child of condition.of) {
        const isTest = child.kind !== 'and' && child.kind !== 'or' && child.kind !== 'not';
        if (isTest && properties[child.field] === undefined) properties[child.field] = valueSchema(child);
        else rest.push(schemaOf(child));
      }
      return rest.length === 0 ? { properties } : { properties, allOf: rest };
    }
    default:
      return { properties: { [condition.field]: valueSchema(condition) } };
  }
}

const COMPARE = { lt: 'exclusiveMaximum', lte: 'maximum', gt: 'exclusiveMinimum', gte: 'minimum' } as const;

function valueSchema(test: FieldTest): Schema {
  switch (test.kind) {
    case 'null':
      return { const: null };
    case 'in':
      return test.values.length === 1 ? { const: test.values[0] } : { enum: [...new Set(test.values)] };
    case 'text':
      return { type: 'string', pattern: textSource(test.how, test.texts) };
    case 'regex':
      return { type: 'string', pattern: test.source };
    case 'compare':
      return { type: 'number', [COMPARE[test.op]]: test.value };
    case 'range':
      return { type: 'number', minimum: test.from, maximum: test.to };
  }
}
