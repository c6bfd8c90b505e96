/**
 * Lists of values that placeholders stand for: files below `lists/`, each a map from a placeholder's name to a value
 * or a list of them.
 *
 * Contract: what is wrong is reported with its place, and a list that no rule uses as well. A list that has an error
 * is known all the same, so that one mistake is told once. Pure.
 */

import { nearest } from '../../text/nearest.ts';
import { type Hint, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { kindName, type MapEntry, readDocuments, type ScalarNode, type SourceFile } from '../../yaml/yaml.ts';

/** What may stand in a list. */
export type ListValue = string | number | boolean;

export interface Lists {
  /** The values a placeholder stands for; 'broken' where the list has an error, undefined where there is none. */
  find(name: string): readonly ListValue[] | 'broken' | undefined;
  /** What to do about a placeholder that no list is for. */
  hint(name: string): Hint;
  /** Tells the lists that nobody has asked for. */
  reportUnused(): void;
}

interface List {
  readonly values: readonly ListValue[] | 'broken';
  readonly report: Report;
  readonly place: Place;
}

/** Whether a file of the folder of rules holds lists, not rules. */
export function isListFile(file: SourceFile): boolean {
  return file.path.startsWith('lists/');
}

/** Reads the lists of some files, each with its report. */
export function readLists(files: readonly { readonly file: SourceFile; readonly report: Report }[]): Lists {
  const lists = new Map<string, List>();
  const used = new Set<string>();
  for (const { file, report } of files) {
    const documents = readDocuments(file, report, { noun: 'a file of lists', hint: '"name: [value, value]"' });
    for (const entry of documents.flatMap(({ entries }) => entries)) readList(entry, lists, report);
  }
  return {
    find: (name) => {
      used.add(name);
      return lists.get(name)?.values;
    },
    hint: (name) => () => hintFor(name, lists.keys()),
    reportUnused: () => {
      for (const [name, { report, place }] of lists) {
        if (!used.has(name))
          report.notice(
            place,
            `no rule uses the list "${truncate(name)}"`,
            `as ${truncate(`%${name}%`)}, with "expand"`,
          );
      }
    },
  };
}

function readList({ key, keyPlace, value }: MapEntry, lists: Map<string, List>, report: Report): void {
  const first = lists.get(key);
  if (first !== undefined) {
    const where = `first in ${first.report.path}:${first.place.line}`;
    report.error(keyPlace, `the list "${truncate(key)}" is here twice`, where);
    return;
  }
  const errors = report.errors();
  if (/[%\\\n]/.test(key) || key.length > 256 || key === '') {
    const plain = key.replace(/^%(.+)%$/, '$1');
    report.error(
      keyPlace,
      `"${truncate(key)}" cannot be the name of a list`,
      plain === key ? undefined : `without its percent signs: ${truncate(plain)}`,
    );
  }
  const values: ListValue[] = [];
  if (value.kind === 'map') report.error(value.place, `"${truncate(key)}" is a list of values, not a map`);
  for (const item of value.kind === 'list' ? value.items : value.kind === 'scalar' ? [value] : []) {
    if (item.kind === 'scalar' && item.value !== null) values.push(item.value);
    else report.error(item.place, `a value of a list is text or a number, not ${kindName(item)}`, emptyHint(item));
  }
  if (value.kind === 'list' && value.items.length === 0) {
    report.notice(value.place, `the list "${truncate(key)}" is empty: what is compared with it never matches`);
  }
  lists.set(key, { values: report.errors() > errors ? 'broken' : values, report, place: keyPlace });
}

function emptyHint(item: { readonly kind: string } | ScalarNode): Hint | undefined {
  return item.kind === 'scalar' ? 'a list without values is []' : undefined;
}

function hintFor(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  if (near !== null) return `did you mean %${near}%?`;
  if (!/^[\w.-]+$/.test(name)) return 'a plain percent sign is \\%';
  const file = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 60);
  return `write rules/lists/${file}.yml, with "${truncate(name)}: [value, value]"`;
}
