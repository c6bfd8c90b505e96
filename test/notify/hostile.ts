/** Notifications with hostile text in every string and invalid numbers, for property tests. */
import fc from 'fast-check';
import { HEALTH_KINDS, LASTING } from '../../src/alert/health-words.ts';
import type {
  AlertNotification,
  GroupNotification,
  HealthNotification,
  Notification,
} from '../../src/alert/notification.ts';
import { CORRELATION_TYPES, LEVELS } from '../../src/sigma/index.ts';

const hostilePiece = fc.constantFrom(
  '<!channel>',
  '<!here|x>',
  '<@U012AB3CD>',
  '<#C012AB3CD>',
  '<https://evil.example|ok>',
  'https://evil.example',
  '&',
  '<',
  '>',
  '&lt;',
  '`',
  '```',
  '*',
  '_',
  '~',
  '@channel',
  '#general',
  ':fire:',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\u0000',
  '\u001b[0m',
  '\n',
  '\r\n',
  '\u2028',
  '\t',
  '\ud83d',
  '\ude00',
  '😀',
  '👩‍👩‍👧',
  'e\u0301\u0301\u0301\u0301\u0301\u0301',
  '\u{e0041}',
  '\ufffe',
  '\ue000',
  '|',
  '^',
  '{date}',
  '"',
  '\\',
);
const chunk = fc.oneof(hostilePiece, fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ maxLength: 20 }));
/** What an attacker would write. */
export const hostile = fc.oneof(
  { weight: 4, arbitrary: fc.array(chunk, { maxLength: 12 }).map((parts) => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(chunk, fc.integer({ min: 1, max: 3_000 }))
      .map(([part, times]) => part.repeat(times).slice(0, 30_000)),
  },
);
const maybe = fc.option(hostile);
const time = fc.oneof(
  fc.integer({ min: 0, max: 4e12 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 1e20, 0.5, 8.64e15),
);
const count = fc.oneof(fc.nat(), fc.constantFrom(Number.NaN, 1e21, -5, 0.25));

const entry = fc.record({
  id: hostile,
  createdAt: time,
  action: maybe,
  actor: fc.record({ id: maybe, name: maybe, type: maybe }),
  target: fc.record({ id: maybe, type: maybe }),
  clientIp: maybe,
  method: maybe,
  path: maybe,
  statusCode: maybe,
  userAgent: maybe,
});

const level = fc.constantFrom(...LEVELS);
const kind = fc.constantFrom('opened', 'raised', 'updated', 'recurred', 'resolved');
const reason = fc.oneof(
  fc.constantFrom('level raised', 'new network', 'networks grown tenfold', 'goes on, and nobody acted'),
  fc.constantFrom('back after a quiet period', 'its acknowledgement ended'),
  hostile,
);
/** What older versions stored has none of them. */
const later = fc.record(
  {
    reason,
    fields: fc.array(fc.record({ field: hostile, value: maybe }), { maxLength: 8 }),
    resolution: fc.record({
      reason: fc.constantFrom('true positive', 'expected', 'false positive', 'duplicate', 'superseded', 'quiet'),
      by: hostile,
      comment: maybe,
    }),
    inhibited: fc.array(fc.record({ id: count, title: hostile, level, count }), { maxLength: 10 }),
    inhibitedMore: count,
  },
  { requiredKeys: [] },
);

const stored = fc.record({
  kind,
  alert: fc.record({
    id: count,
    ruleId: hostile,
    title: hostile,
    description: maybe,
    level: fc.constantFrom(...LEVELS),
    runbook: fc.oneof(maybe, fc.webUrl({ withQueryParameters: true, withFragments: true })),
    falsepositives: fc.array(hostile),
    tags: fc.array(hostile),
    key: fc.array(fc.record({ field: hostile, value: hostile })),
    count,
    firstAt: time,
    lastAt: time,
    periodMs: time,
    networks: count,
    acknowledgedBy: maybe,
  }),
  entry,
  evidence: fc.array(fc.record({ selection: hostile, field: maybe, value: hostile }), { maxLength: 20 }),
  window: fc.option(
    fc.record({
      type: fc.constantFrom(...CORRELATION_TYPES),
      value: count,
      atLeast: fc.boolean(),
      timespanMs: time,
      fields: fc.array(hostile),
      percentile: fc.option(count),
      rules: fc.array(hostile, { maxLength: 20 }),
      condition: hostile,
      first: fc.array(entry, { maxLength: 6 }),
    }),
  ),
});

const alert: fc.Arbitrary<AlertNotification> = fc
  .tuple(stored, later)
  .map(([of, more]) => ({ ...of, ...more }) as AlertNotification);

const named = fc.array(fc.record({ name: hostile, alerts: count }), { maxLength: 5 });
const outage = fc.record({
  ...{ from: time, to: time, messages: count, healthMessages: count },
  health: fc.array(hostile, { maxLength: 10 }),
});
const listed = {
  ...{ level, subject: maybe, alerts: count, decisions: count, since: time, first: alert, more: count },
  others: fc.array(
    fc.record({ id: count, title: hostile, level, kind, count, lastAt: time, actor: maybe, address: maybe }),
    { maxLength: 15 },
  ),
  distinct: fc.record({ rules: count, actors: count, addresses: count }),
  ...{ rules: named, actors: named, addresses: named },
};
const group: fc.Arbitrary<GroupNotification> = fc.record({
  kind: fc.constant('group' as const),
  group: fc.oneof(
    fc.record({
      kind: fc.constantFrom(
        ...([
          'group',
          'critical flood',
          'high flood',
          'digest',
          'reminder',
          'new receiver',
          'silence ended',
          'active times',
        ] as const),
      ),
      ...listed,
    }),
    fc.record({ kind: fc.constant('outage' as const), ...listed, outage }),
  ),
});

const content = {
  level: fc.constantFrom(...LEVELS),
  subject: maybe,
  summary: hostile,
  hint: hostile,
  since: time,
};
const health: fc.Arbitrary<HealthNotification> = fc.oneof(
  fc.record({
    kind: fc.constant('health' as const),
    health: fc.record({ ...content, kind: fc.constantFrom(...HEALTH_KINDS) }),
  }),
  fc.record({
    kind: fc.constant('health-resolved' as const),
    health: fc.record({ ...content, kind: fc.constantFrom(...LASTING) }),
  }),
);

export const anyNotification: fc.Arbitrary<Notification> = fc.oneof(alert, group, health);
