import { expect, test } from 'vitest';
import { alertsLines } from '../../../src/cli/commands/alerts.ts';
import type { SilenceAnswer } from '../../../src/cli/commands/silence.ts';
import { type AlertAnswer, type EntryAnswer, entryWhyLines, whyLines } from '../../../src/cli/commands/why.ts';

const NOW = Date.UTC(2026, 0, 31, 3, 0);
const MINUTE = 60_000;
type Line = AlertAnswer['alert'];

const LINE: Line = {
  id: 12,
  rule: 'a-rule',
  title: 'API key deleted',
  level: 'high',
  status: 'open',
  backfilled: false,
  count: 11,
  firstAt: NOW,
  lastAt: NOW + 4 * MINUTE,
  assignee: null,
  acknowledged: null,
  resolution: null,
  key: [{ field: 'actor.id', value: 'u1' }],
  latest: { actor: { id: 'u1', name: 'Mallory Reed' }, clientIp: '192.0.2.7' },
  networks: 1,
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
  decisions: [{ notify: true, kind: 'opened', reason: 'first match' }],
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
  acts: [],
  decided: {},
  ruleIsGone: false,
  silencedBy: [],
  routes: { to: [], not: [] },
};
const ACT = { at: NOW + MINUTE, act: 'acknowledge', who: 'Alice', via: 'page', detail: null };

/** A receiver by each way, with everything that is known of it. */
function routesOf(text: string): AlertAnswer['routes'] {
  const to = (['default', 'route', 'fallback'] as const).map((via) => ({
    ...{ receiver: text, via, path: text, line: 3, because: text, heldUntil: NOW, groupBy: text, mention: text },
    escalate: [{ afterMs: MINUTE, to: text }],
  }));
  return { to, not: [{ receiver: text, reason: text, minLevel: text }] };
}

const countedBy = (text: string) =>
  [false, true].map((isExcluded) => ({
    ...{ rule: text, title: text, condition: text },
    excludedBy: isExcluded ? [{ selection: text, field: text, value: text, excluded: true }] : [],
  }));

function entryAnswer(text: string): EntryAnswer {
  const rule = { rule: text, title: text, level: text };
  const evidence = { selection: text, field: text, value: text };
  const latest = { actor: { id: text, name: text }, clientIp: text };
  return {
    ...{ isOwnRead: true, rulesChanged: true },
    parts: [{ alert: { ...LINE, title: text, latest }, part: 'matched', decisions: [{ notify: false, reason: text }] }],
    matched: [true, false].map((alerts) => ({
      ...{ ...rule, alerts, evidence: [evidence], countedBy: countedBy(text) },
      ...{ joins: 9, silencedBy: [4], routes: routesOf(text) },
    })),
    near: [{ ...rule, held: [evidence], failed: [false, true].map((excluded) => ({ ...evidence, excluded })) }],
  };
}

function text(more: Partial<AlertAnswer> = {}): string {
  return whyLines({ ...ALERT, ...more }).join('\n');
}

test('shows the whole alert', () => {
  expect(text()).toBe(`Alert 12  HIGH  API key deleted

Rule         a-rule
Dedup key    actor.id = u1
First match  2026-01-31 03:00:00 UTC
Matches      11 matches, the last at 2026-01-31 03:04:00 UTC
Status       open

Deliveries, oldest first
  2026-01-31 03:00:00 UTC  opened to slack: delivered at 2026-01-31 03:00:01 UTC

Matches, oldest first
  2026-01-31 03:00:00 UTC  api_key.deleted by Mallory Reed on api_key k1 (entry e1)
    Notified: opened the alert
    matched selection: action = api_key.deleted

A match like the last one goes now
  to nobody`);
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
    'what is in one message with others',
    { deliveries: [{ ...SENT, state: 'bundled', attempts: 2, settledAt: null }] },
    'opened to slack: in one message with others, which is pending',
  ],
  [
    'what waits for the message of its group',
    { deliveries: [{ ...SENT, state: 'waiting', attempts: 0, settledAt: null }] },
    'opened to slack: waits for the message of its group',
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
    { timeline: [{ ...MATCH, decisions: [{ notify: true, kind: 'updated', reason: 'count grown tenfold' }] }] },
    '    Notified: ten times as many matches as last notified\n',
  ],
  [
    'growth, as an older version stored it',
    { timeline: [{ ...MATCH, decisions: [{ notify: true, reason: 'count reached', count: 10 }] }] },
    '    Notified: the alert reached 10 matches\n',
  ],
  [
    'receivers that are decided about differently',
    {
      timeline: [
        {
          ...MATCH,
          decisions: [
            { notify: true, kind: 'opened', reason: 'first match', receivers: ['slack', 'mail'] },
            { notify: false, reason: "below the receiver's level", receivers: ['pager'] },
            { notify: false, reason: 'inhibited', by: 1234, receivers: ['teams'] },
          ],
        },
      ],
    },
    "    Notified (slack, mail): opened the alert. Not notified (pager): below the receiver's min_level. " +
      'Not notified (teams): inhibited by alert 1,234\n',
  ],
  [
    'that there is no receiver',
    { timeline: [{ ...MATCH, decisions: [] }] },
    '    Not notified: there is no receiver\n',
  ],
  [
    'the number of a correlation',
    { timeline: [{ ...MATCH, number: '25 entries in 5 min' }] },
    '    condition met: 25 entries in 5 min\n',
  ],
  [
    'what a correlation counted',
    { timeline: [{ ...MATCH, part: 'contributing', decisions: null }] },
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
  ['a backfilled alert', { alert: { ...LINE, backfilled: true } }, 'Status       open, backfilled\n'],
  [
    'who acknowledged it, and who takes care of it',
    {
      alert: {
        ...LINE,
        status: 'acknowledged',
        acknowledged: { by: 'Alice', until: NOW + 24 * 60 * MINUTE },
        assignee: 'Bob',
      },
    },
    'Status       acknowledged by Alice, assigned to Bob\n',
  ],
  [
    'who resolved it, and why',
    { alert: { ...LINE, status: 'resolved', resolution: { reason: 'expected', by: 'Alice', comment: 'a rotation' } } },
    'Status       resolved by Alice: expected\n',
  ],
  [
    'that it was quiet',
    { alert: { ...LINE, status: 'resolved', resolution: { reason: 'quiet', by: 'tocsin', comment: null } } },
    'Status       resolved: quiet for 14 days\n',
  ],
  ['that it is of an older version, and closed', { alert: { ...LINE, status: 'resolved' } }, 'Status       resolved\n'],
  [
    'what was done, oldest first',
    {
      acts: [
        ACT,
        { ...ACT, at: NOW + 2 * MINUTE, act: 'resolve', detail: { reason: 'expected', comment: 'a rotation' } },
        { ...ACT, at: NOW + 3 * MINUTE, act: 'resolved', who: 'tocsin', via: null, detail: { reason: 'quiet' } },
      ],
    },
    'What was done, oldest first\n' +
      '  2026-01-31 03:01:00 UTC  Alice acknowledged it (page)\n' +
      '  2026-01-31 03:02:00 UTC  Alice resolved it: expected (page): “a rotation”\n' +
      '  2026-01-31 03:03:00 UTC  Resolved: it was quiet for 14 days',
  ],
  ['a keyword', { timeline: [{ ...MATCH, evidence: [{ selection: 's', field: null, value: 'v' }] }] }, 'matched s: v'],
];

test.each(ROWS)('shows %s', (_, more, shown) => {
  expect(text(more)).toContain(shown);
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
  const alert = {
    ...LINE,
    ...{ rule: hostile, title: hostile, level: hostile, assignee: hostile, key: [{ field: hostile, value: hostile }] },
    resolution: { reason: hostile, by: hostile, comment: hostile },
    latest: { actor: { id: hostile, name: hostile }, clientIp: hostile },
  };
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
      {
        at: NOW,
        entry,
        part: 'matched',
        decisions: [{ notify: false, reason: hostile, receivers: [hostile] }],
        evidence,
        number: hostile,
      },
    ],
    more: 1,
    moreContributing: 1,
    deliveries: (['waiting', 'pending', 'bundled', 'delivered', 'dead', 'suppressed'] as const).map((state) => ({
      ...SENT,
      receiver: hostile,
      what: hostile,
      state,
      reason: hostile,
    })),
    acts: ['resolve', 'assign', 'comment', 'dead', hostile].map((act) => ({
      at: NOW,
      act,
      who: hostile,
      via: hostile,
      detail: { comment: hostile, reason: hostile, to: hostile, receiver: hostile },
    })),
    ...{ decided: { [hostile]: 3 }, ruleIsGone: true, silencedBy: [4], routes: routesOf(hostile) },
  };
  const list = alertsLines({ alerts: [alert], next: null, searchedTo: null }, 'all', NOW);
  for (const line of [...whyLines(answer), ...list, ...entryWhyLines(hostile, entryAnswer(hostile))]) {
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  }
});

test('a long name hides neither the target nor the id', () => {
  const entry = { ...ENTRY, actor: { id: 'u1', name: 'M'.repeat(5_000) } };
  expect(text({ timeline: [{ ...MATCH, entry }] })).toMatch(/by M{99}… on api_key k1 \(entry e1\)/);
});

test('shows an entry that opened nothing: which rules came near, and what failed', () => {
  const answer: EntryAnswer = {
    ...entryAnswer('x'),
    ...{ isOwnRead: false, rulesChanged: false, parts: [], matched: [] },
    near: [
      {
        ...{ rule: 'r-1', title: 'API key deleted', level: 'high' },
        held: [{ selection: 'selection', field: 'action', value: 'api_key.deleted' }],
        failed: [
          { selection: 'selection', field: 'status_code', value: '403', excluded: false },
          { selection: 'filter', field: 'actor.name', value: 'ci-deploy', excluded: true },
        ],
      },
    ],
  };
  expect(entryWhyLines('e-1', answer).join('\n')).toBe(`Entry e-1

No rule matches it.

Rules that came near, the nearest first
  HIGH  API key deleted (r-1)
    held: selection: action = api_key.deleted
    failed: selection: status_code = 403
    excluded by: filter: actor.name = ci-deploy`);
});

test('shows where a match goes, and why', () => {
  const to = (changes: Partial<AlertAnswer['routes']['to'][number]>) => ({
    ...{ receiver: 'slack', via: 'route' as const, path: 'route.routes[1]', line: 12, because: null, heldUntil: null },
    ...{ groupBy: 'actor', mention: null, escalate: [], ...changes },
  });
  const routes = {
    to: [
      to({ mention: '@oncall', groupBy: 'rule', escalate: [{ afterMs: 30 * MINUTE, to: 'pager' }] }),
      to({ receiver: 'mail', via: 'fallback', because: 'no route', path: null, line: null }),
      to({ receiver: 'hook', via: 'default', path: null, line: null }),
      to({ receiver: 'team', heldUntil: NOW }),
    ],
    not: [
      { receiver: 'pager', reason: "below the receiver's level", minLevel: 'critical' },
      { receiver: 'siem', reason: 'no route', minLevel: 'low' },
    ],
  };
  const over = (...silences: readonly SilenceAnswer[]) =>
    whyLines({ ...ALERT, routes, silencedBy: [7, 8] }, silences)
      .join('\n')
      .split('\n\n')
      .at(-1);
  const silence = (id: number, endsAt: number): SilenceAnswer => ({
    ...{ id, startsAt: 0, endsAt, author: 'ada', via: 'cli', comment: 'a\nmove', expiredBy: null },
    ...{ matchers: {}, suppressed: 0, suppressedAt: null, alerts: [] },
  });
  const goes = 'A match like the last one goes now\n  to nobody';
  expect(over()).toBe(`${goes}: silence 7 is over it, and 1 other silence`);
  expect(over(silence(7, NOW), silence(8, NOW + MINUTE), silence(9, NOW + 2 * MINUTE))).toMatch(
    /to nobody until 2026-01-31 03:01:00 UTC: silence 8 \(ada: a.move\) is over it, and 1 other silence$/,
  );
  expect(text({ routes })).toContain(`A match like the last one goes now
  to slack: by route.routes[1], line 12; group_by rule; mention @oncall; escalate to pager after 30m
  to mail: the fallback: no route leads anywhere
  to hook: everything goes there (no routes in rules/routing.yml)
  to team: by route.routes[1], line 12, held until its active times begin at 2026-01-31 03:00:00 UTC
  not to pager: its min_level is critical
  not to siem: no route leads there`);
});
