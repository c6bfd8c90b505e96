/** json-logic-engine, interpreted: compiled, it needs eval, which Workers forbid. */
import { LogicEngine } from 'json-logic-engine';
import type { PlainRule } from '../rules/condition.ts';
import { type Prepared, prepare } from '../rules/prepared.ts';
import { type Subject, subjectOfRules } from '../rules/subject.ts';
import { logicOf } from './json-logic.ts';

type Args = readonly [text: string | null, other: string];

export function create(rules: readonly PlainRule[]): Subject {
  const engine = new LogicEngine();
  const patterns = new Map<string, RegExp>();
  engine.addMethod('startsWith', ([text, head]: Args) => text?.startsWith(head) ?? false);
  engine.addMethod('endsWith', ([text, tail]: Args) => text?.endsWith(tail) ?? false);
  engine.addMethod('matches', ([text, source]: Args) => {
    const pattern = patterns.get(source) ?? new RegExp(source);
    patterns.set(source, pattern);
    return text !== null && pattern.test(text);
  });
  return subjectOfRules(
    rules.map(({ id, condition }) => {
      const logic = logicOf(condition);
      return { id, test: (record: Prepared) => Boolean(engine.run(logic, record)) };
    }),
    prepare,
  );
}
