/** sift. */
import dedupe from 'sift';
import type { PlainRule } from '../rules/condition.ts';
import { prepare } from '../rules/prepared.ts';
import { type Subject, subjectOfRules } from '../rules/subject.ts';
import { mongoQuery } from './mongo.ts';

export function create(rules: readonly PlainRule[]): Subject {
  return subjectOfRules(
    rules.map(({ id, condition }) => ({ id, test: dedupe(mongoQuery(condition)) })),
    prepare,
  );
}
