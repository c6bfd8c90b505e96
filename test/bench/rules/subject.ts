/** What is measured: rules made ready, in whatever way. */
import type { BenchEntry } from './entries.ts';

export interface Subject {
  /** How many rules match. What is measured. */
  count(entry: BenchEntry): number | Promise<number>;
  /** Which, by their ids. What is compared. */
  ids(entry: BenchEntry): readonly string[] | Promise<readonly string[]>;
}

export function subjectOf(ids: (entry: BenchEntry) => readonly string[]): Subject {
  return { ids, count: (entry) => ids(entry).length };
}

/** Of rules that are asked one by one. */
export function subjectOfRules<T>(
  rules: readonly { readonly id: string; readonly test: (record: T) => boolean }[],
  prepare: (entry: BenchEntry) => T,
): Subject {
  return subjectOf((entry) => {
    const record = prepare(entry);
    const ids: string[] = [];
    for (const { id, test } of rules) if (test(record)) ids.push(id);
    return ids;
  });
}
