/** A measured implementation with compiled rules. */
export interface Subject {
  /** The number of matching rules: this is measured. */
  count(entry: object): number | Promise<number>;
  /** The ids of the matching rules: these are compared. */
  ids(entry: object): readonly string[] | Promise<readonly string[]>;
}

/** The subject of a function that returns the ids; `Entry`: what it is made for. */
export function subjectOf<Entry extends object>(ids: (entry: Entry) => readonly string[]): Subject {
  return { ids, count: (entry: Entry) => ids(entry).length };
}

/** The subject of rules that are tested one by one. */
export function subjectOfRules<T, Entry extends object>(
  rules: readonly { readonly id: string; readonly test: (record: T) => boolean }[],
  prepare: (entry: Entry) => T,
): Subject {
  return subjectOf((entry: Entry) => {
    const record = prepare(entry);
    const ids: string[] = [];
    for (const { id, test } of rules) if (test(record)) ids.push(id);
    return ids;
  });
}
