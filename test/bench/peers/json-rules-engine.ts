/** json-rules-engine. */
import { Engine } from 'json-rules-engine';
import type { PlainRule } from '../rules/condition.ts';
import type { BenchEntry } from '../rules/entries.ts';
import { prepare } from '../rules/prepared.ts';
import type { Subject } from '../rules/subject.ts';
import { rootCondition } from './json-rules.ts';

type Text = string | null;

export function create(rules: readonly PlainRule[]): Subject {
  const engine = new Engine();
  const patterns = new Map<string, RegExp>();
  engine.addOperator('contains', (fact: Text, texts: readonly string[]) => texts.some((text) => fact?.includes(text)));
  engine.addOperator('startsWith', (fact: Text, texts: readonly string[]) =>
    texts.some((text) => fact?.startsWith(text)),
  );
  engine.addOperator('endsWith', (fact: Text, texts: readonly string[]) => texts.some((text) => fact?.endsWith(text)));
  engine.addOperator('matches', (fact: Text, source: string) => {
    const pattern = patterns.get(source) ?? new RegExp(source);
    patterns.set(source, pattern);
    return fact !== null && pattern.test(fact);
  });
  for (const { id, condition } of rules) engine.addRule({ conditions: rootCondition(condition), event: { type: id } });
  const ids = async (entry: BenchEntry) => {
    const { events } = await engine.run(prepare(entry));
    return events.map(({ type }) => type);
  };
  return { ids, count: async (entry: BenchEntry) => (await ids(entry)).length };
}
