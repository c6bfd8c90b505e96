/**
 * The schema of rule files: each document is a detection, a correlation or a filter.
 *
 * Contract: it has every key that is read, which the types check. Pure.
 */
import { type FieldCatalogue, vocabulary } from '../../sigma/build.ts';
import { CORRELATION_TYPES, LEVELS } from '../../sigma/index.ts';
import { entryProperties, fieldName, itemsSchema } from './field-schemas.ts';
import { closedMap, duration, listOf, oneOf, oneOrMore, type Properties, type Schema, text } from './json-schema.ts';

const TEXT: Schema = { type: 'string' };
const TEXTS = oneOrMore(TEXT);
/** What a test's entry, and a default one, have. */
const ENTRY: Schema = { $ref: '#/definitions/entry' };
const FIELDS: Schema = oneOrMore({ $ref: '#/definitions/field' });
const SELECTION: Schema = { $ref: '#/definitions/selection' };

/** The schema of a file of rules, by what is known of entries. */
export function ruleSchema(fields: FieldCatalogue): Schema {
  const properties = {
    title: text('What it finds, in a few words.', { minLength: 1, maxLength: 256 }),
    id: text('A UUID of its own: alerts, filters and correlations refer to it.'),
    related: listOf({ type: 'object' }, 'Rules that this one comes from, or that are like it.'),
    name: text('A name for correlations, filters and tuning to refer to it.', { maxLength: 256 }),
    taxonomy: text('Fields are used as written, whatever it says.'),
    status: oneOf('How well it is tried.', vocabulary.STATUSES),
    description: text('Why it matters.'),
    license: TEXT,
    author: { ...TEXTS, description: 'Who wrote it.' },
    references: { ...TEXTS, description: 'Where to read more.' },
    date: text('YYYY-MM-DD'),
    modified: text('YYYY-MM-DD'),
    logsource: closedMap(
      {
        product: { const: 'nirvana', description: 'The log of Nirvana Labs.' },
        service: { const: 'audit', description: 'Its audit log.' },
        definition: TEXT,
      },
      { description: 'Which log it is for.', required: ['product'] },
    ),
    detection: {
      type: 'object',
      description: 'Selections, and a condition over their names.',
      required: ['condition'],
      properties: { condition: conditionSchema() },
      additionalProperties: SELECTION,
    },
    correlation: correlationSchema(),
    filter: {
      type: 'object',
      description: 'What it leaves out of the rules that it names: its condition is joined to theirs with "and".',
      required: ['rules', 'condition'],
      properties: {
        rules: { description: 'Ids or names, or "any".', anyOf: [{ enum: ['any'] }, TEXTS] },
        condition: conditionSchema(),
      },
      additionalProperties: SELECTION,
    },
    generate: { type: 'boolean', description: 'Whether the rules that it refers to alert by themselves too.' },
    fields: { ...FIELDS, description: 'The fields that help to judge a match.' },
    falsepositives: { ...TEXTS, description: 'What matches and is harmless.' },
    level: oneOf('How severe it is; without it, medium.', LEVELS),
    tags: listOf(TEXT, 'Such as attack.credential-access, or attack.t1552.007.'),
    scope: TEXTS,
    tocsin: tocsinSchema(),
  } as const satisfies Properties<(typeof vocabulary.RULE_KEYS)[number]>;
  return {
    title: 'A rule of Tocsin',
    description: 'A Sigma rule about the audit log of Nirvana Labs: docs/sigma.md',
    type: 'object',
    required: ['title'],
    anyOf: [
      { required: ['detection', 'logsource'] },
      { required: ['correlation'] },
      { required: ['filter', 'logsource'] },
    ],
    properties,
    definitions: {
      field: fieldName(fields),
      items: itemsSchema(fields),
      selection: {
        description: 'A map: all of its items. A list: any of its members. A text: any value contains it.',
        anyOf: [
          { $ref: '#/definitions/items' },
          {
            type: 'array',
            minItems: 1,
            items: { anyOf: [{ $ref: '#/definitions/items' }, { type: ['string', 'number'] }] },
          },
          { type: ['string', 'number'] },
        ],
      },
      entry: entrySchema(fields),
    },
  };
}

function conditionSchema(): Schema {
  return oneOrMore(TEXT, 'Such as "selection and not 1 of filter_*".');
}

function correlationSchema(): Schema {
  const number = { type: 'number' };
  const comparisons = Object.fromEntries(vocabulary.COMPARISONS.map((op) => [op, number]));
  const properties = {
    type: oneOf('What is counted.', CORRELATION_TYPES),
    rules: oneOrMore(TEXT, 'Ids or names of the rules whose matches count.'),
    aliases: {
      type: 'object',
      description: 'Names for fields that are called differently in each rule: {who: {rule: field}}',
      additionalProperties: { type: 'object', additionalProperties: { $ref: '#/definitions/field' } },
    },
    'group-by': { ...FIELDS, description: 'Each combination of their values is counted by itself.' },
    timespan: duration('How long a window is.'),
    condition: {
      description: 'Comparisons with the count, or for temporal types a text over the rules.',
      anyOf: [
        closedMap({
          field: { ...FIELDS, description: 'The field whose values are counted, or summed.' },
          percentile: { type: 'number', minimum: 0, maximum: 100 },
          ...comparisons,
        }),
        TEXT,
      ],
    },
    generate: { type: 'boolean', description: 'Whether the rules that it refers to alert by themselves too.' },
  } as const satisfies Properties<(typeof vocabulary.CORRELATION_KEYS)[number]>;
  return closedMap(properties, {
    description: 'Counts the matches of rules.',
    required: ['type', 'rules', 'timespan'],
  });
}

function tocsinSchema(): Schema {
  const firstSeen = {
    field: { ...FIELDS, description: 'Whose value must be new.' },
    'group-by': { ...FIELDS, description: 'New for each of these; without it, new for all entries.' },
    learn: duration('For how long it only learns; without it, 7d.'),
    forget: duration('For how long a value is remembered; without it, 30d.'),
  } as const satisfies Properties<(typeof vocabulary.FIRST_SEEN_KEYS)[number]>;
  const absence = {
    after: duration('For how long an entry is waited for, after the last one.'),
    'group-by': { ...FIELDS, description: 'Each of these is waited for by itself; without it, one of all entries.' },
  } as const satisfies Properties<(typeof vocabulary.ABSENCE_KEYS)[number]>;
  const properties = {
    during: { ...TEXTS, description: 'Names of times in rules/routing.yml in which it matches.' },
    outside: { ...TEXTS, description: 'Names of times in rules/routing.yml outside of which it matches.' },
    first_seen: closedMap(firstSeen, { description: 'It matches only where a value is new.', required: ['field'] }),
    absence: closedMap(absence, { description: 'It matches where nothing comes for so long.', required: ['after'] }),
    dedup: dedupSchema(),
    runbook: text('What to do. It is in every message.'),
    noise: text('How often it alerts on ordinary days, and on what.'),
    defaults: { ...ENTRY, description: 'In which fields the entries of all its tests differ from the default one.' },
    tests: listOf(testSchema(), 'What it matches, and what it does not.'),
  } as const satisfies Properties<(typeof vocabulary.TOCSIN_KEYS)[number]>;
  return closedMap(properties, { description: "Tocsin's own keys." });
}

/** `dedup`, of a rule and of a tuning. */
export function dedupSchema(): Schema {
  const properties = {
    by: { ...FIELDS, description: 'Matches with the same values of these fields are one alert.' },
    period: duration('Below high: how long without a match before one may notify again.'),
    reopen: duration('A match so long after the last one is of another alert.'),
  } as const satisfies Properties<(typeof vocabulary.DEDUP_KEYS)[number]>;
  return closedMap(properties, { description: 'Which matches are one alert.' });
}

/** A test of a rule or of a filter. */
export function testSchema(): Schema {
  const expected = {
    key: { type: 'object', description: 'The dedup key: {actor.id: u-1}' },
    matches: { type: 'integer', minimum: 1 },
    notifications: { type: 'integer', minimum: 0 },
    level: oneOf('Its level.', LEVELS),
    at: text('When it opens, after the first entry: +50s'),
  } as const satisfies Properties<(typeof vocabulary.EXPECTED_KEYS)[number]>;
  const properties = {
    name: text('What it shows.'),
    entry: { ...ENTRY, description: 'In which fields it differs from the default entry.' },
    entries: listOf(ENTRY, 'In order.'),
    match: { type: 'boolean', description: 'Whether the rule should match.' },
    expect: listOf(closedMap(expected), 'The alerts that should open, and no others.'),
    excluded: { type: 'boolean', description: 'Whether the filter should leave the entry out.' },
  } as const satisfies Properties<(typeof vocabulary.TEST_KEYS)[number] | (typeof vocabulary.FILTER_TEST_KEYS)[number]>;
  return closedMap(properties, {
    anyOf: [{ required: ['match'] }, { required: ['expect'] }, { required: ['excluded'] }],
    oneOf: [{ required: ['entry'] }, { required: ['entries'] }],
  });
}

/** An entry of a test. */
export function entrySchema(fields: FieldCatalogue): Schema {
  const own = {
    at: text('When: +30s after the entry before, or a time.'),
    repeat: { type: 'integer', minimum: 1, description: 'So many of them.' },
    every: text('How far apart they are: 1s'),
    without: oneOrMore(TEXT, 'Fields that it does not have.'),
  } as const satisfies Properties<(typeof vocabulary.TEST_ENTRY_KEYS)[number]>;
  return { type: 'object', properties: { ...own, ...entryProperties(fields) } };
}
