/**
 * Schemas for what rules and tests say about the fields of entries, made from what is known of these.
 *
 * Contract: what a schema refuses, `tocsin check` reports; it refuses less. A name that is not known is refused only where it
 * stands for a known one, since entries may have more fields than are known. Pure.
 */
import { type FieldCatalogue, type KnownField, valuesOf, vocabulary } from '../../sigma/build.ts';
import { anyCase, escaped, type Properties, type Schema } from './json-schema.ts';

const SCALAR: Schema = { type: ['string', 'number', 'boolean', 'null'] };
/** A text with wildcards or placeholders can be anything. */
const WILD = '[*?%]';

/** What a field's values look like, as regular expressions that JSON Schema has. */
const PATTERNS: { readonly [format: string]: readonly [pattern: string, problem: string] } = {
  address: [
    `^([0-9]{1,3}([.][0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*)$|${WILD}`,
    'an address; a network needs the modifier cidr',
  ],
  network: [`/(24|64)$|${WILD}`, 'a network, such as 192.0.2.0/24'],
  time: [`^[0-9]{4}-[0-9]{2}-[0-9]{2}T|${WILD}`, 'a whole time; a day needs the modifier startswith'],
  path: [`^/|${WILD}`, 'a path begins with /'],
};

/** A selection's items: known fields, with any modifiers. */
export function itemsSchema(fields: FieldCatalogue): Schema {
  const byModifier = {
    '\\|(lt|lte|gt|gte)$': values({ anyOf: [{ type: 'number' }, { type: 'string', pattern: '%' }] }),
    '\\|exists$': { type: 'boolean' },
    '\\|cidr$': values({
      type: 'string',
      pattern: '^([0-9]{1,3}([.][0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*)(/[0-9]{1,3})?$|%',
      patternErrorMessage: 'a network, such as 10.0.0.0/8',
    }),
    '\\|fieldref(\\||$)': values({ anyOf: [{ enum: fields.map(({ name }) => name) }, { type: 'string' }] }),
  };
  return {
    type: 'object',
    minProperties: 1,
    properties: Object.fromEntries(
      fields.map((field) => [field.name, { ...valueSchema(field), description: field.about }]),
    ),
    patternProperties: { ...byModifier, ...refusedNames(fields) },
    propertyNames: {
      pattern: `^[^|]*(\\|(${vocabulary.MODIFIERS.join('|')}))*$`,
      patternErrorMessage: `a field, and modifiers after "|": ${vocabulary.MODIFIERS.join(', ')}`,
    },
    additionalProperties: values(SCALAR),
  };
}

/** The names that stand for known ones in other logs, or as people write them: each with what to write. */
function refusedNames(fields: FieldCatalogue): Properties {
  const known = new Set(fields.map(({ name }) => name));
  return Object.fromEntries(
    fields.flatMap((field) => {
      const names = [...new Set([...(field.aka ?? []), ...spellings(field.name)])].filter((name) => !known.has(name));
      if (names.length === 0) return [];
      const refused = { not: {}, errorMessage: `did you mean "${field.name}"?`, doNotSuggest: true };
      return [[`^(${names.map(escaped).join('|')})(\\||$)`, refused]];
    }),
  );
}

/** `actor_id`, `actorId`, `ActorId`, `actor-id`, `actorid` for `actor.id`. */
function spellings(name: string): readonly string[] {
  const words = name.split(/[._]/);
  const capitals = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  const camel = [words[0], ...capitals.slice(1)].join('');
  return [words.join('_'), words.join('.'), words.join('-'), words.join(''), camel, capitals.join('')].filter(
    (spelling) => spelling !== name,
  );
}

/** A value, or a list of some. */
function values(item: Schema): Schema {
  return { anyOf: [item, { type: 'array', minItems: 1, items: item }] };
}

/** The values that a field is compared with as a whole. */
export function valueSchema(field: KnownField): Schema {
  return values(wholeValue(field, true));
}

function wholeValue(field: KnownField, isPattern: boolean): Schema {
  const { type, range, closed, format } = field;
  const known = valuesOf(field);
  if (range !== undefined) {
    const number = { type: 'integer', minimum: range[0], maximum: range[1] };
    return isPattern
      ? {
          anyOf: [
            number,
            { type: 'string', pattern: '^[0-9*?]+$|%', patternErrorMessage: 'a number, such as 403, or 4*' },
            { type: 'null' },
          ],
        }
      : { anyOf: [number, { type: 'null' }] };
  }
  if (type === 'any') return SCALAR;
  if (type !== 'text') return { type: [type, 'string', 'null'] };
  if (closed) {
    const other = {
      type: 'string',
      pattern: `^(${anyCase(known)})$${isPattern ? `|${WILD}` : ''}`,
      patternErrorMessage: `one of ${known.join(', ')}`,
    };
    return { anyOf: [{ enum: known }, other, { type: 'null' }] };
  }
  const [pattern, problem] = PATTERNS[format ?? ''] ?? [];
  const any = pattern === undefined ? { type: 'string' } : { type: 'string', pattern, patternErrorMessage: problem };
  const suggested = known.length === 0 || format === 'path' ? [] : [{ enum: known }];
  return {
    anyOf: [...suggested, any, { type: 'null' }, ...(pattern === undefined ? [{ type: ['number', 'boolean'] }] : [])],
  };
}

/** The fields of an entry of a test, in dots or nested. */
export function entryProperties(fields: FieldCatalogue): Properties {
  const dotted = fields.map((field) => [field.name, { ...entryValue(field), description: field.about }] as const);
  const objects = Map.groupBy(
    fields.filter(({ name }) => name.includes('.')),
    ({ name }) => name.slice(0, name.indexOf('.')),
  );
  const nested = [...objects].map(([object, inside]) => {
    const properties = inside.map((field) => [field.name.slice(object.length + 1), entryValue(field)] as const);
    return [object, { type: ['object', 'null'], properties: Object.fromEntries(properties) }] as const;
  });
  return Object.fromEntries([...dotted, ...nested]);
}

function entryValue(field: KnownField): Schema {
  if (field.closed || field.range !== undefined) return wholeValue(field, false);
  return field.type === 'number' ? { type: ['number', 'null'] } : SCALAR;
}

/** The name of a field: a known one, or another. */
export function fieldName(fields: FieldCatalogue): Schema {
  return { anyOf: [{ enum: fields.map(({ name }) => name) }, { type: 'string', minLength: 1 }] };
}
