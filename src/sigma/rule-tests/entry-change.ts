/**
 * What a test's entry says: the fields that differ from those of a default entry.
 *
 * Contract: `actor.id: x` is `x` in the map `actor`. Maps are merged, an empty one included, all else is replaced, and null is
 * null. `without` lists fields to leave out. Takes time linear in the file and the entry. Pure.
 */
import { isObject } from '../../text/json.ts';
import { nearestHint, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { attributesOf, readTexts } from '../../yaml/fields.ts';
import type { MapEntry, MapNode, Node } from '../../yaml/yaml.ts';
import type { ParseContext } from '../parse/context.ts';
import { numberIn } from '../parse/number.ts';
import type { EntryBody } from '../rule.ts';

/** Of a dotted name. */
const PARTS_MAX = 32;

/** What differs. */
export interface EntryChange {
  /** How many fields it names. */
  readonly size: number;
  /** The entry with the change. */
  readonly apply: (body: EntryBody) => EntryBody;
}

/** A field's new value, or the fields inside it. */
type Change = { readonly place: Place } & ({ readonly value: unknown } | { readonly inside: Map<string, Change> });

/** Reads what a map changes in a default entry; `ownKeys` are no fields. */
export function readChange(
  map: MapNode,
  base: EntryBody,
  ownKeys: readonly string[],
  { report, checks }: ParseContext,
): EntryChange {
  const changes = new Map<string, Change>();
  let size = 1;
  const visit = (entry: MapEntry, into: Map<string, Change>, prefix: string): void => {
    const path = `${prefix}${entry.key}`;
    const parts = partsOf(entry.key);
    if (parts.length > PARTS_MAX) {
      report.error(entry.keyPlace, `a field of more than ${PARTS_MAX} names`);
      return;
    }
    size += parts.length;
    const name = parts.pop() ?? '';
    const inner = parts.reduce(
      (at: Map<string, Change> | null, part) => at && insideOf(at, part, entry.keyPlace),
      into,
    );
    const isMap = entry.value.kind === 'map';
    const before = inner?.get(name);
    if (inner === null) {
      report.error(
        entry.keyPlace,
        `"${truncate(path)}" is inside a field that is given a value too`,
        'remove one of them',
      );
      return;
    }
    if (before !== undefined && !(isMap && 'inside' in before)) {
      report.error(entry.keyPlace, `"${truncate(path)}" is given twice`, `first in line ${before.place.line}`);
      return;
    }
    if (entry.value.kind !== 'map') {
      checks.entryValue(path, entry.keyPlace, entry.value, report);
      inner.set(name, { place: entry.keyPlace, value: jsonOf(entry.value) });
      return;
    }
    const of = insideOf(inner, name, entry.keyPlace);
    for (const each of entry.value.entries) if (of !== null) visit(each, of, `${path}.`);
  };
  for (const each of map.entries) if (!ownKeys.includes(each.key)) visit(each, changes, '');
  const without = readWithout(map, base, changes, report);
  return { size, apply: (body) => merge(without.reduce(withoutField, body), changes) };
}

/** The changes inside a field; null if it has a value. */
function insideOf(changes: Map<string, Change>, name: string, place: Place): Map<string, Change> | null {
  const known = changes.get(name);
  if (known !== undefined) return 'inside' in known ? known.inside : null;
  const inside = new Map<string, Change>();
  changes.set(name, { place, inside });
  return inside;
}

/** The fields to leave out. */
function readWithout(
  map: MapNode,
  base: EntryBody,
  changes: ReadonlyMap<string, Change>,
  report: Report,
): readonly (readonly string[])[] {
  return readTexts(attributesOf(map).get('without'), report).flatMap(({ text, place }) => {
    const parts = partsOf(text);
    const shown = truncate(text);
    if (!hasField(base, parts)) {
      report.error(place, `the default entry has no "${shown}" to leave out`, nearestHint(text, fieldsOf(base)));
      return [];
    }
    const given = givenAt(changes, parts);
    if (given === null) return [parts];
    report.error(place, `"${shown}" is both left out and given`, `it is given in line ${given.line}`);
    return [];
  });
}

/** Where a field, or one that holds it or is in it, is given; null if it is not. */
function givenAt(changes: ReadonlyMap<string, Change>, [name = '', ...rest]: readonly string[]): Place | null {
  const change = changes.get(name);
  if (change === undefined) return null;
  return 'inside' in change && rest.length > 0 ? givenAt(change.inside, rest) : change.place;
}

/** The names of a dotted field; with an empty name it is one name. */
function partsOf(path: string): string[] {
  const parts = path.split('.');
  return parts.includes('') ? [path] : parts;
}

function merge(body: EntryBody, changes: ReadonlyMap<string, Change>): EntryBody {
  const changed = [...changes].map(([name, change]) => {
    if ('value' in change) return [name, change.value];
    const inner = own(body, name);
    return [name, merge(isObject(inner) ? inner : {}, change.inside)];
  });
  return { ...body, ...Object.fromEntries(changed) };
}

function own(body: unknown, name: string): unknown {
  return isObject(body) && Object.hasOwn(body, name) ? body[name] : undefined;
}

function withoutField(body: EntryBody, [name = '', ...rest]: readonly string[]): EntryBody {
  const { [name]: inner, ...others } = body;
  return rest.length === 0 || !isObject(inner) ? others : { ...body, [name]: withoutField(inner, rest) };
}

function hasField(body: unknown, [name = '', ...rest]: readonly string[]): boolean {
  const inner = own(body, name);
  return rest.length === 0 ? inner !== undefined : hasField(inner, rest);
}

function fieldsOf(body: EntryBody, prefix = ''): readonly string[] {
  return Object.entries(body).flatMap(([name, value]) => [
    `${prefix}${name}`,
    ...(isObject(value) ? fieldsOf(value, `${prefix}${name}.`) : []),
  ]);
}

/** A node as the JSON that an entry would have. */
export function jsonOf(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return numberIn(node) ?? node.value;
    case 'list':
      return node.items.map(jsonOf);
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, jsonOf(value)]));
  }
}
