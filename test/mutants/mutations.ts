/**
 * The mistakes that one can make in a rule: one change each in a document of a rule's file.
 *
 * Contract: pure. Some changes give a rule that is not sound, or that means the same: who runs them finds that out. What only
 * people read (titles, levels, runbooks …) stays, and so do the rule's tests.
 */
import type { Document, Scalar } from 'yaml';
import { isMap } from 'yaml';
import { conditionMutants } from './condition.ts';

/** A change of one document. */
export interface Mutation {
  /** What changes, in words: `group-by: without actor.id`. */
  readonly what: string;
  readonly apply: (document: Document) => void;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonMap = { readonly [key: string]: Json };
type Path = readonly (string | number)[];

/** Fields that a person may have meant instead. */
const OTHER_FIELDS = ['actor.id', 'client_ip', 'target.id', 'action'] as const;
/** Under `tocsin:`, what does not decide. */
const NOTES = ['runbook', 'tests', 'defaults'];
const FLIPPED: Readonly<Record<string, readonly string[]>> = {
  lt: ['lte', 'gte'],
  lte: ['lt', 'gt'],
  gt: ['gte', 'lte'],
  gte: ['gt', 'lt'],
  eq: ['neq', 'gte'],
  neq: ['eq'],
};

/** All mutations of a document. */
export function mutationsOf(document: Document): readonly Mutation[] {
  const root = document.toJS() as JsonMap;
  return [...detectionMutations(root), ...correlationMutations(root), ...tocsinMutations(root)];
}

const set = (what: string, path: Path, value: Json): Mutation => ({
  what,
  apply: (document) => document.setIn(path, value),
});
const drop = (what: string, path: Path): Mutation => ({
  what,
  apply: (document) => {
    document.deleteIn(path);
  },
});

/** Gives a key another name. */
const rename = (what: string, path: Path, key: string): Mutation => ({
  what,
  apply: (document) => {
    const map = document.getIn(path.slice(0, -1));
    const pair = isMap(map) ? map.items.find((each) => (each.key as Scalar).value === path.at(-1)) : undefined;
    if (pair === undefined) throw new Error(`no key ${path.join('.')}`);
    (pair.key as Scalar).value = key;
  },
});

function isJsonMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const shown = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

function* detectionMutations({ detection }: JsonMap): Iterable<Mutation> {
  if (!isJsonMap(detection)) return;
  const { condition, timeframe: _, ...selections } = detection;
  for (const [name, selection] of Object.entries(selections)) {
    // A condition that names it does not stand without it: that is a mutation of the condition.
    yield drop(`without the selection ${name}`, ['detection', name]);
    yield* selectionMutations(name, ['detection', name], selection as Json);
  }
  yield* conditionMutations(['detection', 'condition'], condition ?? null);
}

function* conditionMutations(path: Path, condition: Json): Iterable<Mutation> {
  if (typeof condition === 'string') {
    for (const mutant of conditionMutants(condition)) yield set(`condition: ${mutant}`, path, mutant);
  }
  if (!Array.isArray(condition)) return;
  for (const [i, each] of condition.entries()) {
    yield drop(`condition: without ${shown(each)}`, [...path, i]);
    yield* conditionMutations([...path, i], each);
  }
}

function* selectionMutations(name: string, path: Path, selection: Json): Iterable<Mutation> {
  if (Array.isArray(selection)) {
    for (const [i, each] of selection.entries()) {
      if (selection.length > 1) yield drop(`${name}: without ${shown(each)}`, [...path, i]);
      if (isJsonMap(each)) yield* selectionMutations(name, [...path, i], each);
    }
  }
  if (!isJsonMap(selection)) return;
  const items = Object.entries(selection);
  for (const [key, value] of items) {
    if (items.length > 1) yield drop(`${name}: without ${key}: ${shown(value)}`, [...path, key]);
    yield* itemMutations(name, [...path, key], key, value);
  }
}

/** The mutations of a field's comparison. */
function* itemMutations(name: string, path: Path, key: string, value: Json): Iterable<Mutation> {
  const [field = '', ...modifiers] = key.split('|');
  const keyWith = (of: readonly string[]): string => [field, ...of].join('|');
  for (const [i, modifier] of modifiers.entries()) {
    const without = keyWith(modifiers.toSpliced(i, 1));
    yield rename(`${name}: ${key} → ${without}`, path, without);
    for (const flipped of FLIPPED[modifier] ?? []) {
      const other = keyWith(modifiers.with(i, flipped));
      yield rename(`${name}: ${key} → ${other}`, path, other);
    }
  }
  if (!modifiers.includes('neq') && field !== '' && !modifiers.some((each) => /^(exists|[lg]te?)$/.test(each))) {
    const negated = keyWith([...modifiers, 'neq']);
    yield rename(`${name}: ${key} → ${negated}`, path, negated);
  }
  const values = Array.isArray(value) ? value : [value];
  for (const [i, each] of values.entries()) {
    const at = Array.isArray(value) ? [...path, i] : path;
    if (values.length > 1) yield drop(`${name}: ${key} without ${shown(each)}`, at);
    for (const other of valueMutants(each, modifiers))
      yield set(`${name}: ${key}: ${shown(each)} → ${shown(other)}`, at, other);
  }
}

/** Other values that one may have meant. A number's neighbour is another comparison: that of `lt` is `lte`. */
function valueMutants(value: Json, modifiers: readonly string[]): readonly Json[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value !== 'string') return [];
  const mutants = [value.startsWith('*') ? value.slice(1) : null, /[^\\]\*$/.test(value) ? value.slice(0, -1) : null];
  const isText = !modifiers.some((modifier) => /^(re|cidr|expand|fieldref|base64.*|exists)$/.test(modifier));
  return [...mutants, isText ? `${value}-x` : null].filter((mutant) => mutant !== null && mutant !== '');
}

function* correlationMutations({ correlation }: JsonMap): Iterable<Mutation> {
  if (!isJsonMap(correlation)) return;
  const path: Path = ['correlation'];
  const { type, rules, timespan, condition, aliases } = correlation;
  for (const other of TYPES[String(type)] ?? []) yield set(`type: ${type} → ${other}`, [...path, 'type'], other);
  if (type === 'value_count' && isJsonMap(condition)) {
    const { field: _, ...rest } = condition;
    yield {
      what: 'type: value_count → event_count',
      apply: (document) => {
        document.setIn([...path, 'type'], 'event_count');
        document.setIn([...path, 'condition'], rest);
      },
    };
  }
  if (Array.isArray(rules) && rules.length > 1)
    for (const [i, rule] of rules.entries()) yield drop(`rules: without ${shown(rule)}`, [...path, 'rules', i]);
  yield* fieldsMutations('group-by', [...path, 'group-by'], correlation['group-by']);
  yield* durationMutations('timespan', [...path, 'timespan'], timespan);
  yield* aliasMutations([...path, 'aliases'], aliases);
  if (isJsonMap(condition)) yield* thresholdMutations([...path, 'condition'], condition);
  else yield* conditionMutations([...path, 'condition'], condition ?? null);
}

const TYPES: Readonly<Record<string, readonly string[]>> = {
  temporal: ['temporal_ordered'],
  temporal_ordered: ['temporal'],
  value_sum: ['value_avg'],
  value_avg: ['value_sum', 'value_median'],
  value_median: ['value_avg'],
};

function* thresholdMutations(path: Path, condition: JsonMap): Iterable<Mutation> {
  const comparisons = Object.entries(condition).filter(([key]) => FLIPPED[key] !== undefined);
  for (const [key, value] of Object.entries(condition)) {
    const at = [...path, key];
    if (key === 'field') yield* fieldsMutations('field', at, value);
    if (typeof value !== 'number') continue;
    for (const other of [value - 1, value + 1]) yield set(`${key}: ${value} → ${other}`, at, other);
    if (key === 'percentile') continue;
    if (comparisons.length > 1) yield drop(`without ${key}: ${value}`, at);
    for (const flipped of FLIPPED[key] ?? [])
      if (condition[flipped] === undefined) yield rename(`${key}: ${value} → ${flipped}: ${value}`, at, flipped);
  }
}

/** Of a field or a list of them: without one, and with another in its place. */
function* fieldsMutations(what: string, path: Path, fields: Json | undefined): Iterable<Mutation> {
  if (fields === undefined || fields === null) return;
  const list = Array.isArray(fields) ? fields : [fields];
  if (what !== 'field' && list.length === 1) yield drop(`without ${what}: ${shown(fields)}`, path);
  for (const [i, field] of list.entries()) {
    const at = Array.isArray(fields) ? [...path, i] : path;
    if (list.length > 1) yield drop(`${what}: without ${shown(field)}`, at);
    const other = OTHER_FIELDS.find((each) => !list.includes(each));
    if (other !== undefined) yield set(`${what}: ${shown(field)} → ${other}`, at, other);
  }
}

function* durationMutations(what: string, path: Path, duration: Json | undefined): Iterable<Mutation> {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(String(duration)) ?? [];
  if (number === undefined) return;
  const seconds = Number(number) * (UNITS[unit ?? ''] ?? 1);
  for (const other of [Math.ceil(seconds / 2), seconds * 2])
    yield set(`${what}: ${duration} → ${other}s`, path, `${other}s`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function* aliasMutations(path: Path, aliases: Json | undefined): Iterable<Mutation> {
  if (!isJsonMap(aliases)) return;
  for (const [alias, fields] of Object.entries(aliases)) {
    if (!isJsonMap(fields)) continue;
    for (const [rule, field] of Object.entries(fields)) {
      const other = OTHER_FIELDS.find((each) => each !== field) ?? '';
      yield set(`aliases: ${alias} of ${rule}: ${shown(field)} → ${other}`, [...path, alias, rule], other);
    }
  }
}

/** Of what Tocsin adds: without each key, and with other fields and durations in those. */
function* tocsinMutations({ tocsin }: JsonMap): Iterable<Mutation> {
  if (!isJsonMap(tocsin)) return;
  const path: Path = ['tocsin'];
  for (const [key, value] of Object.entries(tocsin)) {
    if (NOTES.includes(key)) continue;
    yield drop(`without ${key}`, [...path, key]);
    if (key === 'during' || key === 'outside') {
      const other = key === 'during' ? 'outside' : 'during';
      if (tocsin[other] === undefined) yield rename(`${key} → ${other}`, [...path, key], other);
      if (Array.isArray(value) && value.length > 1)
        for (const [i, name] of value.entries()) yield drop(`${key}: without ${shown(name)}`, [...path, key, i]);
    }
    if (!isJsonMap(value)) continue;
    for (const [inner, of] of Object.entries(value)) {
      const at = [...path, key, inner];
      if (inner === 'by' || inner === 'group-by' || inner === 'field')
        yield* fieldsMutations(`${key}.${inner}`, at, of);
      else {
        if (typeof of === 'string' && Object.keys(value).length > 1) yield drop(`without ${key}.${inner}: ${of}`, at);
        yield* durationMutations(`${key}.${inner}`, at, of);
      }
    }
  }
}
