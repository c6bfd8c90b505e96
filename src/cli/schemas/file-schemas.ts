/**
 * The schemas of the other files in rules/: tuning, lists, observed fields, routing.
 *
 * Contract: each has every key that is read, which the types check. Pure.
 */

import type { MATCH_KEYS } from '../../routing/match-file.ts';
import type { ROUTE_KEYS } from '../../routing/routes-file.ts';
import type { RoutableType } from '../../routing/routing.ts';
import type { RECEIVER_KEYS } from '../../routing/routing-file.ts';
import type { TIME_KEYS } from '../../routing/times-file.ts';
import { type FieldCatalogue, valuesOf, type vocabulary } from '../../sigma/build.ts';
import { LEVELS } from '../../sigma/index.ts';
import { fieldName, valueSchema } from './field-schemas.ts';
import { closedMap, duration, listOf, oneOf, oneOrMore, type Properties, type Schema, text } from './json-schema.ts';
import { dedupSchema, entrySchema, testSchema } from './rule-schema.ts';

const TEXT: Schema = { type: 'string' };
const VALUE: Schema = { type: ['string', 'number', 'boolean'] };

/** rules/tuning.yml: a rule's name or id, and what is changed in it. */
export function tuningSchema(fields: FieldCatalogue): Schema {
  const properties = {
    why: text('Why, for those who read it next.', { minLength: 1 }),
    enabled: { type: 'boolean', description: 'false: the rule is not evaluated.' },
    level: oneOf('How severe it is here.', LEVELS),
    threshold: { type: 'integer', minimum: 1, description: 'The number in the condition of a correlation.' },
    timespan: duration('How long the window of a correlation is.'),
    dedup: dedupSchema(),
    tags: oneOrMore(TEXT, 'Added to its own.'),
    receivers: oneOrMore(TEXT, 'Receivers of rules/routing.yml, whatever its routes say.'),
    was: {
      description: 'What the rule comes with: a warning says when that is another value.',
      anyOf: [{ type: ['string', 'number'] }, { type: 'object' }],
    },
    tests: listOf(testSchema(), 'Tests of the tuned rule.'),
  } as const satisfies Properties<(typeof vocabulary.TUNING_KEYS)[number]>;
  return {
    title: "What is changed in Tocsin's rules",
    description: 'By the name or id of a rule: docs/sigma.md, "Tuning without editing"',
    type: ['object', 'null'],
    additionalProperties: closedMap(properties, { required: ['why'] }),
    definitions: { field: fieldName(fields), entry: entrySchema(fields) },
  };
}

/** A file below rules/lists/. */
export function listsSchema(): Schema {
  return {
    title: 'Lists of values for rules',
    description: 'A name, and the values that %name% stands for with the modifier expand: docs/sigma.md',
    type: ['object', 'null'],
    propertyNames: { pattern: '^[^%\\\\\\n]{1,256}$', patternErrorMessage: 'without percent signs' },
    additionalProperties: oneOrMore(VALUE),
  };
}

/** rules/observed.yml. */
export function observedSchema(fields: FieldCatalogue): Schema {
  const values = { type: 'array', items: VALUE };
  return {
    title: 'What entries have beyond what Tocsin knows',
    description: 'A field, and its type or its values: docs/sigma.md, "Fields"',
    type: ['object', 'null'],
    properties: Object.fromEntries(
      fields
        .filter((field) => valuesOf(field).length > 0 || field.format !== undefined || field.range !== undefined)
        .map(({ name, about }) => [name, { ...values, description: about }]),
    ),
    additionalProperties: { anyOf: [{ enum: ['text', 'number', 'boolean', 'any'] }, values] },
  };
}

/** rules/routing.yml. */
export function routingSchema(types: readonly RoutableType[], fields: FieldCatalogue): Schema {
  const name = text('1 to 40 of a-z, 0-9 and "-".', { pattern: '^[a-z0-9-]{1,40}$' });
  const setting = { type: 'string', pattern: '^[A-Z][A-Z0-9_]{0,63}$', patternErrorMessage: 'the name of a setting' };
  const receiver = {
    name: { ...name, description: 'Its name: unique.' },
    type: oneOf(
      'What it is.',
      types.map(({ type }) => type),
    ),
    secret: { ...setting, description: 'The name of the setting with its address; never the address itself.' },
    signing_secret: { ...setting, description: 'The name of the setting with the key that signs its messages.' },
    min_level: oneOf('It is notified from this level on; without it, low.', LEVELS),
  } as const satisfies Properties<(typeof RECEIVER_KEYS)[number]>;
  const time = {
    weekdays: oneOrMore({ type: 'string' }, 'Such as mon-fri, or [sat, sun].'),
    dates: oneOrMore(TEXT, 'Only on these: YYYY-MM-DD.'),
    holidays: oneOrMore(TEXT, 'Not on these: YYYY-MM-DD.'),
    from: text('From this time of the day on: 09:00', { pattern: '^[0-9]{2}:[0-9]{2}$' }),
    to: text('Up to this time of the day: 17:00', { pattern: '^[0-9]{2}:[0-9]{2}$' }),
    time_zone: text('Such as Europe/Berlin, or UTC.'),
  } as const satisfies Properties<(typeof TIME_KEYS)[number]>;
  const route = {
    match: { $ref: '#/definitions/match' },
    receiver: { ...name, description: 'Who is notified.' },
    receivers: oneOrMore(name, 'Who is notified.'),
    continue: { type: 'boolean', description: 'Whether the routes after it are tried too.' },
    routes: listOf({ $ref: '#/definitions/route' }, 'Routes below it: the first that matches decides.'),
    group_by: {
      description: 'What is one notification group.',
      anyOf: [{ enum: ['actor', 'rule', 'address'] }, fieldName(fields)],
    },
    group_interval: duration('How long a group waits between messages.'),
    repeat_interval: duration('How long until an alert that nobody acted on is repeated.'),
    active_times: oneOrMore(TEXT, 'Names of times in which it is active, or "always".'),
    mention: text('Whom messages mention: @oncall, or none.'),
    escalate: {
      description: 'Who is notified if nobody acts, or none.',
      anyOf: [
        { enum: ['none'] },
        oneOrMore(closedMap({ after: duration('After so long.'), to: name }, { required: ['after', 'to'] })),
      ],
    },
    send_resolved: { type: 'boolean', description: 'Whether a message says that an alert is resolved.' },
    digest: text('Below high, one message a day: "daily at 09:00 Europe/Berlin", or none.'),
  } as const satisfies Properties<(typeof ROUTE_KEYS)[number]>;
  return {
    title: 'Who is notified of what',
    description: 'Receivers, and routes to them: docs/routing.md',
    ...closedMap({
      receivers: listOf(closedMap(receiver, { required: ['name', 'type'] }), 'Who can be notified.'),
      route: { $ref: '#/definitions/route' },
      times: {
        type: 'object',
        description: 'Names for times, for routes and rules.',
        additionalProperties: oneOrMore(closedMap(time, { required: ['time_zone'] })),
      },
      fallback: { ...name, description: 'The receiver of what is high or critical and reaches nobody else.' },
    }),
    definitions: { route: closedMap(route), match: matchSchema(fields) },
  };
}

function matchSchema(fields: FieldCatalogue): Schema {
  const values = oneOrMore(VALUE);
  const properties = {
    level: oneOrMore({ enum: LEVELS }, 'Only of these levels.'),
    min_level: oneOf('From this level on.', LEVELS),
    rule: oneOrMore(TEXT, 'Names, files or ids of rules; "*" at the end.'),
    tag: oneOrMore(TEXT, 'Tags of rules; "*" at the end: attack.*'),
    actor: oneOrMore(VALUE, "The actor's id or name."),
    address: oneOrMore(TEXT, 'Addresses or networks: 192.0.2.0/24'),
  } as const satisfies Properties<(typeof MATCH_KEYS)[number]>;
  return {
    type: 'object',
    description: 'What a route takes: all of it must hold.',
    properties: {
      ...properties,
      ...Object.fromEntries(
        fields.map((field) => [field.name, field.name === 'client_ip' ? values : valueSchema(field)]),
      ),
    },
    additionalProperties: values,
  };
}
