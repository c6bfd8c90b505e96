/** A measured implementation with compiled rules. */
import type { BenchEntry } from './entries.ts';

export interface Subject {
  /** The number of matching rules: this is measured. */
  count(entry: BenchEntry): number | Promise<number>;
  /** The ids of the matching rules: these are compared. */
  ids(entry: BenchEntry): readonly string[] | Promise<readonly string[]>;
}

export function subjectOf(ids: (entry: BenchEntry) => readonly string[]): Subject {
  return { ids, count: (entry) => ids(entry).length };
}

/** The subject of rules that are tested one by one. */
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
