/**
 * Reads the lists of values that placeholders stand for: files below `lists/`, each a map from a placeholder's name to a
 * value or a list of values.
 *
 * Contract: problems are reported with their place, unused lists too. A list with an error still counts as known, so that
 * one mistake is reported once. Pure.
 */

import { nearest } from '../../text/nearest.ts';
import { type Hint, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { kindName, type MapEntry, readDocuments, type ScalarNode, type SourceFile } from '../../yaml/yaml.ts';

export interface Lists {
  /** The values of a placeholder; undefined if there is no list. `user`: the report of what uses it. */
  find(name: string, user: Report): readonly ScalarNode[] | undefined;
  /** A list and the report of its file, without using it. */
  open(name: string): { readonly values: readonly ScalarNode[]; readonly report: Report } | undefined;
  /** A hint for a placeholder without a list. */
  hint(name: string): Hint;
  /** Reports lists that no rule uses. */
  reportUnused(): void;
}

interface List {
  readonly values: readonly ScalarNode[];
  readonly hasErrors: boolean;
  readonly report: Report;
  readonly place: Place;
}

/** Reads the lists of files, each with its report. `folder`: where the files are, for messages. */
export function readLists(
  files: readonly { readonly file: SourceFile; readonly report: Report }[],
  folder: string,
): Lists {
  const lists = new Map<string, List>();
  const used = new Set<string>();
  for (const { file, report } of files) {
    const documents = readDocuments(file, report, { noun: 'a file of lists', hint: '"name: [value, value]"' });
    for (const entry of documents.flatMap(({ entries }) => entries)) readList(entry, lists, folder, report);
  }
  return {
    find: (name, user) => {
      used.add(name);
      const list = lists.get(name);
      if (list?.hasErrors) user.errorElsewhere();
      return list?.values;
    },
    open: (name) => lists.get(name),
    hint: (name) => () => hintFor(name, lists.keys(), folder),
    reportUnused: () => {
      for (const [name, { report, place }] of lists) {
        if (!used.has(name))
          report.notice(
            place,
            `no rule uses the list "${truncate(name)}"`,
            `use it as ${truncate(`%${name}%`)} with "expand"`,
          );
      }
    },
  };
}

function readList({ key, keyPlace, value }: MapEntry, lists: Map<string, List>, folder: string, report: Report): void {
  const first = lists.get(key);
  if (first !== undefined) {
    const where = `first in ${folder}${first.report.path}:${first.place.line}`;
    report.error(keyPlace, `duplicate list "${truncate(key)}"`, where);
    return;
  }
  const errors = report.errors();
  if (/[%\\\n]/.test(key) || key.length > 256 || key === '') {
    const plain = key.replace(/^%(.+)%$/, '$1');
    report.error(
      keyPlace,
      `"${truncate(key)}" can't be the name of a list`,
      plain === key ? undefined : `remove the percent signs: ${truncate(plain)}`,
    );
  }
  const values: ScalarNode[] = [];
  if (value.kind === 'map') report.error(value.place, `"${truncate(key)}" must be a list of values, not a map`);
  for (const item of value.kind === 'list' ? value.items : value.kind === 'scalar' ? [value] : []) {
    if (item.kind === 'scalar' && item.value !== null) values.push(item);
    else {
      const hint = item.kind === 'scalar' ? 'write [] for an empty list' : undefined;
      report.error(item.place, `a value of a list must be text or a number, not ${kindName(item)}`, hint);
    }
  }
  if (value.kind === 'list' && value.items.length === 0) {
    report.notice(value.place, `the list "${truncate(key)}" is empty: a comparison with it never matches`);
  }
  lists.set(key, { values, hasErrors: report.errors() > errors, report, place: keyPlace });
}

function hintFor(name: string, known: Iterable<string>, folder: string): string {
  const near = nearest(name, known);
  if (near !== null) return `did you mean %${near}%?`;
  if (!/^[\w.-]+$/.test(name)) return 'write \\% for a percent sign';
  const list = `"${truncate(name)}: [value, value]"`;
  if (folder === '') return `add a list with this name: ${list}`;
  const file = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 60);
  return `write ${folder}lists/${file}.yml, with ${list}`;
}
