/** A condition as a query of MongoDB's kind, as ucast, mingo and sift take it. Pure. */
import { type Condition, type FieldTest, textSource } from '../rules/condition.ts';

export type MongoQuery = { readonly [key: string]: unknown };

export function mongoQuery(condition: Condition): MongoQuery {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { [`$${condition.kind}`]: condition.of.map(mongoQuery) };
    case 'not':
      return { $nor: [mongoQuery(condition.of)] };
    default:
      return { [condition.field]: valueQuery(condition) };
  }
}

function valueQuery(test: FieldTest): unknown {
  switch (test.kind) {
    case 'null':
      return null;
    case 'in':
      return test.values.length === 1 ? test.values[0] : { $in: test.values };
    case 'text':
      return { $regex: new RegExp(textSource(test.how, test.texts)) };
    case 'regex':
      return { $regex: new RegExp(test.source) };
    case 'compare':
      return { [`$${test.op}`]: test.value };
    case 'range':
      return { $gte: test.from, $lte: test.to };
  }
}
