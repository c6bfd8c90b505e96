/** This engine as a subject: unprepared entries, matches with their evidence. */
import type { RuleCode } from '../../../src/sigma/codegen/rule-code.ts';
import { compile } from '../../../src/sigma/engine.ts';
import type { EntryBody, RuleSet } from '../../../src/sigma/rule.ts';
import type { BenchEntry } from './entries.ts';
import type { Subject } from './subject.ts';

export function engineSubject(ruleSet: RuleSet, code: RuleCode): Subject {
  const engine = compile(ruleSet, { code });
  const evaluate = (entry: BenchEntry) => engine.evaluate(entry as unknown as EntryBody);
  return {
    count: (entry) => evaluate(entry).length,
    ids: (entry) => evaluate(entry).map(({ rule }) => rule.id),
  };
}
