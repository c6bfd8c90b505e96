/**
 * What to write in place of a value that a field never has.
 *
 * Contract: a hint is what was probably meant, else what values the field has. Pure.
 */
import { nearest, wordsOf } from '../../text/nearest.ts';
import { truncate } from '../../yaml/diagnostics.ts';
import type { ScalarNode } from '../../yaml/yaml.ts';
import { type KnownField, valuesOf } from '../catalogue.ts';
import { canonicalRange, networkOf, parseRange } from '../evaluate/cidr.ts';
import type { FieldSpec } from '../parse/field-spec.ts';
import type { Order } from '../rule.ts';

/** The signs of other notations, and the modifiers that they are here. */
const SIGNS: ReadonlyMap<string, string> = new Map(
  Object.entries({ '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte', '!=': 'neq', '<>': 'neq', '!': 'neq' }),
);
/** Bits of a network as a field has it. */
const NETWORK_BITS = [24, 64] as const;
/** So many values can be named in a hint. */
const NAMED_MAX = 8;

/** The hint for a value that can never match. */
export function neverHint(spec: FieldSpec, field: KnownField, { value, source }: ScalarNode): string {
  const text = (source ?? String(value)).trim();
  const { comparison } = spec;
  if (comparison.kind === 'cidr') return 'only an address is in a network';
  if (comparison.kind === 'time') return 'only a time has parts';
  if (comparison.kind === 'exists' || value === null) return 'every entry has it';
  if (comparison.kind === 'order' && field.format === 'time') return partHint(text, comparison.op, field);
  if (comparison.kind === 'order' && field.type !== 'number')
    return 'it is text: compare it as a whole or a part of it';
  return signHint(text, field) ?? formatHint(text, spec, field) ?? valuesHint(text, field);
}

/** `>=400`, `!=GET`. */
function signHint(text: string, { name }: KnownField): string | null {
  const [, sign = '', rest = ''] = /^(>=?|<=?|!=?|<>|==?)\s*(\S.*)$/.exec(text) ?? [];
  if (rest === '') return null;
  const modifier = SIGNS.get(sign);
  return `write ${truncate(modifier === undefined ? `${name}: ${rest}` : `${name}|${modifier}: ${rest}`)}`;
}

function formatHint(text: string, spec: FieldSpec, field: KnownField): string | null {
  if (field.type === 'number') return numberHint(text, spec, field);
  switch (field.format) {
    case 'address':
      return addressHint(text, field);
    case 'network':
      return networkHint(text, field);
    case 'time':
      return timeHint(text, field);
    case 'path':
      return pathHint(text);
    case 'template':
      return templateHint(text);
    default:
      return null;
  }
}

function numberHint(text: string, { comparison }: FieldSpec, { name, range }: KnownField): string | null {
  const [, first, last] = /^(\d+)\s*(?:-|–|\.\.\.?|to)\s*(\d+)$/.exec(text) ?? [];
  if (first !== undefined) return `write two items, ${name}|gte: ${first} and ${name}|lte: ${last}`;
  const [, digits = ''] = /^(\d+)(?:[x.#_*?]+|xx|nn)$/i.exec(text) ?? [];
  const isLike = range !== undefined && text.length === String(range[1]).length && digits !== '';
  if (isLike && comparison.kind === 'text') return `write ${name}: ${digits}*`;
  return range === undefined ? 'it is a number' : `it is a number from ${range[0]} to ${range[1]}`;
}

function addressHint(text: string, { name }: KnownField): string {
  const network = networkIn(text);
  if (network !== null) return `write ${name}|cidr: ${network}`;
  const bare = text.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  if (bare !== text && parseRange(bare) !== null) return `write it without brackets and port: ${bare}`;
  return 'it is an IP address, such as 192.0.2.7';
}

function networkHint(text: string, { name }: KnownField): string {
  const network = networkOf(networkIn(text)?.replace(/\/.*/, '') ?? '', NETWORK_BITS);
  return network === null ? 'it is a network, such as 192.0.2.0/24' : `write ${name}: ${network}`;
}

/** The network that a text means, as `10.0.0.0/8`, `10.0.0.x` and `10.0` do; null if it means none. */
function networkIn(text: string): string | null {
  if (parseRange(text) !== null) return canonicalRange(text) ?? text;
  const [, start] = /^((?:\d{1,3}\.){0,2}\d{1,3})\.?(?:(?:[x*]|0\/)+(?:\.[x*])*|)$/i.exec(text) ?? [];
  const parts = start?.split('.') ?? [];
  if (parts.length === 0 || parts.length > 3) return null;
  const network = `${[...parts, '0', '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`;
  return parseRange(network) === null ? null : network;
}

function timeHint(text: string, { name }: KnownField): string {
  const [day] = /^\d{4}(?:-\d{2}){0,2}(?=$|[T ])/.exec(text) ?? [];
  if (day !== undefined && day === text) return `write ${name}|startswith: "${day}"`;
  return `such as 2026-01-05T12:00:00Z; its parts have modifiers: ${name}|hour|gte: 22`;
}

/** A time is compared by its parts. */
function partHint(text: string, op: Order, { name }: KnownField): string {
  return /^(?:19|20)\d\d$/.test(text) ? `write ${name}|year|${op}: ${text}` : `compare a part: ${name}|hour|${op}: 22`;
}

function pathHint(text: string): string {
  const [, path = ''] = /^(?:[A-Z]+\s+)?(?:https?:\/\/[^/]+)?(\/.*)$/i.exec(text) ?? [];
  if (path !== '' && path !== text) return `write ${truncate(path)}`;
  return /^[\w{}*?]/.test(text) ? `it begins with "/": did you mean ${truncate(`/${text}`)}?` : 'it begins with "/"';
}

/** A template has no query, no slash at the end and no ids. */
function templateHint(text: string): string {
  const template = text
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
    .replace(/(?<=\/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\/|$)/gi, '{id}')
    .replace(/(?<=\/)[{<:](?!id\})\w+[}>]?(?=\/|$)/g, '{id}');
  const whole = /^[a-z]/i.test(template) ? `/${template}` : template;
  if (whole !== text && whole.startsWith('/')) return `did you mean ${truncate(whole)}?`;
  return 'it begins with "/", and has {id} in place of each id';
}

/** The nearest known value and, if they are few, those that there are. */
function valuesHint(text: string, field: KnownField): string {
  const values = valuesOf(field);
  const near = nearValue(text, field);
  const few = values.length <= NAMED_MAX ? `known: ${values.join(', ')}` : null;
  return [near === null ? null : `did you mean "${near}"?`, few].filter((part) => part !== null).join(' ');
}

/** The known value that differs from an unknown one by a slip of the hand; null if none does. */
export function misspelled(field: KnownField, text: string): string | null {
  const values = valuesOf(field);
  return isOfPaths(field) ? misspelledPath(text, values) : nearest(text, values);
}

/** The hint for a value that nobody has seen: the nearest known one, or the known ones of the same kind. */
export function unseenHint(field: KnownField, { value, source }: ScalarNode): string | undefined {
  const text = (source ?? String(value)).trim();
  const values = valuesOf(field);
  const near = nearValue(text, field) ?? (isOfPaths(field) ? nearPath(text, values) : null);
  if (near !== null) return `did you mean "${near}"?`;
  if (isOfPaths(field)) return undefined;
  const [kind = ''] = /^[a-z_]+\./i.exec(text) ?? [];
  const words = wordsOf(kind === '' ? text : '');
  const similar = values.filter((each) =>
    kind === '' ? words.length > 0 && words.some((word) => wordsOf(each).includes(word)) : each.startsWith(kind),
  );
  if (similar.length === 0) return undefined;
  return `known: ${similar.slice(0, NAMED_MAX).join(', ')}${similar.length > NAMED_MAX ? ', …' : ''}`;
}

function isOfPaths({ format }: KnownField): boolean {
  return format === 'path' || format === 'template';
}

/** The value that is near in letters, that has other words for the same, or that has the text as one of its words. */
function nearValue(text: string, field: KnownField): string | null {
  const values = valuesOf(field);
  const plain = text.replace(/[*?\\^$()]/g, '').toLowerCase();
  const translated = plain.replace(/[a-z]+/g, (word) => translationOf(word, field) ?? word);
  const known = values.find((value) => [translated, plain.replace(/s$/, '')].includes(value.toLowerCase()));
  const near = known ?? nearest(plain, values);
  if (near !== null) return near;
  const words = wordsOf(plain);
  const sharing = values.filter((value) => words.length > 0 && words.every((word) => wordsOf(value).includes(word)));
  return sharing.length === 1 ? (sharing[0] ?? null) : null;
}

function translationOf(word: string, { words = {} }: KnownField): string | undefined {
  const known = Object.hasOwn(words, word) ? word : nearest(word, Object.keys(words));
  return known === null ? undefined : words[known];
}

/** The known path that ends in the same word, or the path with its misspelled word corrected. */
function nearPath(text: string, values: readonly string[]): string | null {
  const near = misspelledPath(text, values);
  if (near !== null) return near;
  const last = wordsOfPath(text).at(-1);
  const ending = values.filter((value) => last !== undefined && value.endsWith(`/${last}`));
  return ending.length === 1 ? (ending[0] ?? null) : null;
}

function misspelledPath(text: string, values: readonly string[]): string | null {
  const known = new Set(values.flatMap(wordsOfPath));
  const wrong = wordsOfPath(text).find((word) => !known.has(word.toLowerCase()));
  const near = wrong === undefined ? null : nearest(wrong, known);
  return wrong === undefined || near === null ? null : text.replace(wrong, near);
}

/** The parts of a path that are words, not ids, versions or wildcards. */
function wordsOfPath(path: string): readonly string[] {
  return path
    .replace(/\?.*$/, '')
    .split('/')
    .filter((part) => /^[a-z_]{2,}$/i.test(part));
}
