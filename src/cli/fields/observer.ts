/**
 * Collects what entries have beyond what is documented: values of fields, and fields.
 *
 * Contract: pure. Bounded, whatever the entries: attackers write some of it. A path counts only where the request succeeded, as
 * its template; a value or field that does not look like one is left out and counted.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import { pathTemplate } from '../../audit-log/path-template.ts';
import type { FieldCatalogue, KnownField } from '../../sigma/build.ts';
import { fieldValue } from '../../sigma/index.ts';

/** Of one field. */
const VALUES_MAX = 500;
const FIELDS_MAX = 100;
const DEPTH_MAX = 4;
/** Actions, types and templates are words. */
const VALUE = /^[A-Za-z0-9_./{}:-]{1,100}$/;
const NAME = /^[A-Za-z_][\w-]{0,60}$/;
/** Names that rules have for Tocsin's own fields. */
const OWN = 'tocsin';

/** What was seen. */
export interface Observed {
  /** Of known fields: the values that are not documented. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Fields that are not known, with their types. */
  readonly fields: ReadonlyMap<string, KnownField['type']>;
  /** How many values and names did not look like any, or were too many. */
  readonly leftOut: number;
}

export interface Observer {
  add(body: EntryBody): void;
  result(): Observed;
}

export function createObserver(known: FieldCatalogue): Observer {
  const names = new Set(known.map(({ name }) => name));
  const listed = known.filter(({ name, values }) => values !== undefined && !name.startsWith(`${OWN}.`));
  const seen = new Map(listed.map(({ name }) => [name, new Set<string>()]));
  const types = new Map<string, KnownField['type']>();
  const leftOut = new Set<string>();
  const leaveOut = (what: string): void => {
    if (leftOut.size < VALUES_MAX) leftOut.add(what);
  };

  const addValue = (field: KnownField, body: EntryBody): void => {
    const value = fieldValue(body, field.name);
    if (typeof value !== 'string' || (field.format === 'path' && !isSuccess(body))) return;
    const text = field.format === 'path' ? pathTemplate(value) : value;
    const values = seen.get(field.name) as Set<string>;
    if (isDocumented(field, text) || values.has(text)) return;
    if (VALUE.test(text) && values.size < VALUES_MAX) values.add(text);
    else leaveOut(text);
  };
  const addFields = (value: unknown, path: string, depth: number): void => {
    if (Array.isArray(value)) for (const item of value.slice(0, VALUES_MAX)) addFields(item, path, depth);
    else if (typeof value === 'object' && value !== null) {
      if (depth >= DEPTH_MAX) return;
      for (const [name, inner] of Object.entries(value)) {
        if (depth === 0 && (name === OWN || name.startsWith(`${OWN}.`))) continue;
        if (NAME.test(name)) addFields(inner, path === '' ? name : `${path}.${name}`, depth + 1);
        else leaveOut(name);
      }
    } else if (path !== '' && value !== null && !names.has(path)) {
      const type = TYPES[typeof value] ?? 'any';
      const before = types.get(path);
      if (before !== undefined) types.set(path, before === type ? type : 'any');
      else if (types.size < FIELDS_MAX) types.set(path, type);
      else leaveOut(path);
    }
  };
  return {
    add(body) {
      for (const field of listed) addValue(field, body);
      addFields(body, '', 0);
    },
    result: () => ({
      values: new Map([...seen].flatMap(([name, values]) => (values.size === 0 ? [] : [[name, [...values].sort()]]))),
      fields: new Map([...types].sort()),
      leftOut: leftOut.size,
    }),
  };
}

const TYPES: { readonly [type: string]: KnownField['type'] } = { string: 'text', number: 'number', boolean: 'boolean' };

/** The path of a request that failed may be anything. */
function isSuccess({ status_code: status }: EntryBody): boolean {
  return typeof status === 'number' && status < 400;
}

/** Documented values, and those of the file, need not be written again. Case does not count where rules ignore it. */
function isDocumented({ values = {} }: KnownField, text: string): boolean {
  return [...(values.documented ?? []), ...(values.observed ?? [])].some(
    (value) => value.toLowerCase() === text.toLowerCase(),
  );
}
