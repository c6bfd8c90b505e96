/** mingo. */
import { Query } from 'mingo';
import type { PlainRule } from '../rules/condition.ts';
import { type Prepared, prepare } from '../rules/prepared.ts';
import { type Subject, subjectOfRules } from '../rules/subject.ts';
import { mongoQuery } from './mongo.ts';

export function create(rules: readonly PlainRule[]): Subject {
  return subjectOfRules(
    rules.map(({ id, condition }) => {
      const query = new Query(mongoQuery(condition));
      return { id, test: (record: Prepared) => query.test(record) };
    }),
    prepare,
  );
}
