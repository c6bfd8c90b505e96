/** A compiled engine as a subject: unprepared entries, matches with their evidence. */
import type { Engine, EntryBody } from '../../../src/sigma/index.ts';
import type { Subject } from './subject.ts';

export function engineSubject(engine: Pick<Engine, 'evaluate'>): Subject {
  const evaluate = (entry: object) => engine.evaluate(entry as EntryBody);
  return {
    count: (entry) => evaluate(entry).length,
    ids: (entry) => evaluate(entry).map(({ rule }) => rule.id),
  };
}
