import { expect, test } from 'vitest';
import { alertsLines } from '../../../src/cli/commands/alerts.ts';
import { type AlertAnswer, whyLines } from '../../../src/cli/commands/why.ts';

const NOW = Date.UTC(2026, 0, 31, 3, 0);
const MINUTE = 60_000;
type Line = AlertAnswer['alert'];

const LINE: Line = {
  id: 12,
  rule: 'a-rule',
  title: 'API key deleted',
  level: 'high',
  state: 'open',
  backfilled: false,
  count: 11,
  begins: NOW,
  periodMs: 60 * MINUTE,
  lastAt: NOW + 4 * MINUTE,
  key: [{ field: 'actor.id', value: 'u1' }],
};
const ENTRY = {
  id: 'e1',
  action: 'api_key.deleted',
  actor: { id: 'u1', name: 'Mallory Reed' },
  target: { id: 'k1', type: 'api_key' },
};
const MATCH = {
  at: NOW,
  entry: ENTRY,
  part: 'matched' as const,
  decision: { notify: true, kind: 'opened', reason: 'first match' },
  number: null,
  evidence: [{ selection: 'selection', field: 'action', value: 'api_key.deleted' }],
};
const SENT = {
  receiver: 'slack',
  what: 'opened',
  state: 'delivered' as const,
  reason: null,
  attempts: 1,
  queuedAt: NOW,
  dueAt: NOW,
  settledAt: NOW + 1_000,
};
const ALERT: AlertAnswer = {
  alert: LINE,
  timeline: [MATCH],
  more: 0,
  moreContributing: 0,
  deliveries: [SENT],
  closing: null,
};

function text(more: Partial<AlertAnswer> = {}): string {
  return whyLines({ ...ALERT, ...more }).join('\n');
}

test('shows the whole alert', () => {
  expect(text()).toBe(`Alert 12  HIGH  API key deleted

Rule         a-rule
Dedup key    actor.id = u1
First match  2026-01-31 03:00:00 UTC
Matches      11 matches, the last at 2026-01-31 03:04:00 UTC
Status       open; its period ends at 2026-01-31 04:00:00 UTC

Deliveries, oldest first
  2026-01-31 03:00:00 UTC  opened to slack: delivered at 2026-01-31 03:00:01 UTC

Matches, oldest first
  2026-01-31 03:00:00 UTC  api_key.deleted by Mallory Reed on api_key k1 (entry e1)
    Notified: opened the alert
    matched selection: action = api_key.deleted

At the end of its period
  not yet`);
});

const ROWS: readonly (readonly [what: string, more: Partial<AlertAnswer>, text: string])[] = [
  [
    'what was suppressed, and why',
    { deliveries: [{ ...SENT, state: 'suppressed', reason: 'below its minimum level' }] },
    'opened to slack: suppressed: below its minimum level',
  ],
  [
    'what is dead, and how to send it again',
    { deliveries: [{ ...SENT, state: 'dead', attempts: 3, reason: '404 no_service' }] },
    'opened to slack: DEAD after 3 attempts: 404 no_service. Send again: npm run tocsin -- resend',
  ],
  [
    'what is pending',
    { deliveries: [{ ...SENT, state: 'pending', attempts: 2, reason: '429', settledAt: null, dueAt: NOW + MINUTE }] },
    'pending, 2 attempts so far, next at 2026-01-31 03:01:00 UTC: 429',
  ],
  [
    'what is in a digest',
    { deliveries: [{ ...SENT, state: 'bundled', attempts: 2, settledAt: null }] },
    'opened to slack: in a digest, which is pending',
  ],
  [
    'what was delivered in a digest',
    { deliveries: [{ ...SENT, attempts: 0, reason: 'in a digest' }] },
    'delivered at 2026-01-31 03:00:01 UTC: in a digest',
  ],
  ['what took several attempts', { deliveries: [{ ...SENT, attempts: 4 }] }, '03:00:01 UTC, at attempt 4'],
  ['that there are no deliveries', { deliveries: [] }, 'No deliveries: each match below says why.'],
  [
    'growth',
    { timeline: [{ ...MATCH, decision: { notify: true, reason: 'count reached', count: 10 } }] },
    '    Notified: the alert reached 10 matches\n',
  ],
  [
    'the number of a correlation',
    { timeline: [{ ...MATCH, number: '25 entries in 5 min' }] },
    '    condition met: 25 entries in 5 min\n',
  ],
  [
    'what a correlation counted',
    { timeline: [{ ...MATCH, part: 'contributing', decision: null }] },
    '    contributed to the correlation\n',
  ],
  [
    'a revision of an entry',
    { timeline: [{ ...MATCH, entry: { ...ENTRY, revision: 2 } }] },
    'on api_key k1 (entry e1, revision 2)',
  ],
  ['that an entry is gone', { timeline: [{ ...MATCH, entry: null }] }, 'UTC  an entry that is no longer stored'],
  ['matches that were not kept', { more: 1234 }, 'and 1,234 matches that were counted but not kept'],
  ['a key with a number', { alert: { ...LINE, key: [{ field: 'actor.id', value: '7' }] } }, 'actor.id = 7\n'],
  ['a key without a value', { alert: { ...LINE, key: [{ field: 'target.id', value: null }] } }, 'no target.id\n'],
  ['a backfilled alert', { alert: { ...LINE, backfilled: true } }, 'open, backfilled; its period ends'],
  [
    'how it closed',
    { closing: { notify: false, reason: 'did not grow' } },
    'Not notified: no match followed the first',
  ],
  ['a keyword', { timeline: [{ ...MATCH, evidence: [{ selection: 's', field: null, value: 'v' }] }] }, 'matched s: v'],
];

test.each(ROWS)('shows %s', (_, more, shown) => {
  expect(text(more)).toContain(shown);
});

test('the list has one line per alert, and names the next page', () => {
  expect(alertsLines({ alerts: [LINE], next: 12 }, false)).toEqual([
    '   12  HIGH           2026-01-31 03:00:00 UTC  API key deleted, open, 11 matches',
    'Next page: --before 12',
  ]);
  expect(alertsLines({ alerts: [], next: null }, false).join()).toContain('--all');
  expect(alertsLines({ alerts: [], next: null }, true)).toEqual(['No alerts.']);
});

test.each([
  [0, null],
  [1, 'and 1 more entry that contributed'],
  [29, 'and 29 more entries that contributed'],
])('says how many more entries contributed: %i', (moreContributing, line) => {
  const shown = whyLines({ ...ALERT, moreContributing }).map((each) => each.trim());
  expect(shown.filter((each) => each.startsWith('and '))).toEqual(line === null ? [] : [line]);
});

test('prints no character that a terminal would interpret', () => {
  const hostile = 'a\u001b]0;b\u0007\u009b31m\r\nc\u202ed';
  const alert = { ...LINE, rule: hostile, title: hostile, level: hostile, key: [{ field: hostile, value: hostile }] };
  const entry = {
    id: hostile,
    action: hostile,
    actor: { id: hostile, name: hostile },
    target: { id: hostile, type: hostile },
  };
  const evidence = [{ selection: hostile, field: hostile, value: hostile }];
  const answer: AlertAnswer = {
    alert,
    timeline: [
      { at: NOW, entry, part: 'matched', decision: { notify: false, reason: hostile }, evidence, number: hostile },
    ],
    more: 1,
    moreContributing: 1,
    deliveries: (['pending', 'bundled', 'delivered', 'dead', 'suppressed'] as const).map((state) => ({
      ...SENT,
      receiver: hostile,
      what: hostile,
      state,
      reason: hostile,
    })),
    closing: { notify: true, reason: hostile },
  };
  for (const line of [...whyLines(answer), ...alertsLines({ alerts: [alert], next: null }, true)]) {
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  }
});

test('a long name hides neither the target nor the id', () => {
  const entry = { ...ENTRY, actor: { id: 'u1', name: 'M'.repeat(5_000) } };
  expect(text({ timeline: [{ ...MATCH, entry }] })).toMatch(/by M{99}… on api_key k1 \(entry e1\)/);
});
