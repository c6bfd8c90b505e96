/** What happens next with an alert, by its status and what its receivers were notified of: a table. */
import { expect, it } from 'vitest';
import type { NextStepFacts } from '../../src/alert/next-step.ts';
import { nextStep } from '../../src/alert/next-step.ts';
import type { Deferred, Notified } from '../../src/alert/notify.ts';

const NOW = Date.UTC(2026, 10, 30, 14);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function to(deferred: Deferred | null): Notified {
  return { level: 'high', count: 3, networks: 1, at: NOW - HOUR, reminders: 0, spread: null, deferred };
}
const reminder = (at: number): Notified => to({ kind: 'recurred', to: at });
const update = (at: number): Notified => to({ kind: 'updated', to: at });

const OPEN: NextStepFacts = {
  status: 'open',
  level: 'high',
  acknowledged: null,
  notified: { slack: to(null) },
  escalations: [],
  silencedUntil: null,
  resolvesAt: null,
};
const acknowledged = { by: 'Ada', at: NOW - HOUR, until: NOW + 23 * HOUR, count: 3, level: 'high' } as const;
const ACKNOWLEDGED: NextStepFacts = { ...OPEN, status: 'acknowledged', acknowledged };
const MEDIUM: NextStepFacts = { ...OPEN, level: 'medium', resolvesAt: NOW + 14 * DAY };

const REMINDER = 'Nobody has acknowledged it: a reminder goes to';
const UNLESS = 'unless somebody does.';
const GOES_ON = 'It stays open until somebody resolves it.';
const THEN = '. Then it is open again, and receivers are notified if more came meanwhile.';

it.each<[string, NextStepFacts, string]>([
  ['a reminder waits', { ...OPEN, notified: { slack: reminder(NOW + HOUR) } }, `${REMINDER} slack at [+1h] ${UNLESS}`],
  [
    'reminders wait for two',
    { ...OPEN, notified: { slack: reminder(NOW + HOUR), email: reminder(NOW + HOUR) } },
    `${REMINDER} slack and email at [+1h] ${UNLESS}`,
  ],
  [
    'the first of two reminders counts',
    { ...OPEN, notified: { slack: reminder(NOW + 2 * HOUR), email: reminder(NOW + HOUR) } },
    `${REMINDER} email at [+1h] ${UNLESS}`,
  ],
  [
    'reminders wait for five',
    { ...OPEN, notified: Object.fromEntries('abcde'.split('').map((name) => [name, reminder(NOW + HOUR)])) },
    `${REMINDER} a, b, c and 2 more at [+1h] ${UNLESS}`,
  ],
  ['a reminder is due', { ...OPEN, notified: { slack: reminder(NOW) } }, `${REMINDER} slack now ${UNLESS}`],
  [
    'it escalates before the reminder',
    { ...OPEN, notified: { slack: reminder(NOW + HOUR) }, escalations: [{ to: 'pager', at: NOW + HOUR }] },
    `Nobody has acknowledged it: it escalates to pager at [+1h] ${UNLESS}`,
  ],
  [
    'it escalates after the reminder',
    { ...OPEN, notified: { slack: reminder(NOW + HOUR) }, escalations: [{ to: 'pager', at: NOW + HOUR + 1 }] },
    `${REMINDER} slack at [+1h] ${UNLESS}`,
  ],
  [
    'the first of two escalations counts',
    {
      ...OPEN,
      escalations: [
        { to: 'boss', at: NOW + 2 * HOUR },
        { to: 'pager', at: NOW + HOUR },
      ],
    },
    `Nobody has acknowledged it: it escalates to pager at [+1h] ${UNLESS}`,
  ],
  [
    'new networks wait, before a reminder',
    { ...OPEN, notified: { slack: update(NOW + HOUR), email: reminder(NOW + 2 * HOUR) } },
    'It came from new networks: an update goes to slack at [+1h].',
  ],
  [
    'it is severe, and nothing waits',
    OPEN,
    `Nobody has acknowledged it: if it goes on, a reminder goes to slack. ${GOES_ON}`,
  ],
  ['it is severe, and nobody was notified', { ...OPEN, notified: {} }, `No receiver was notified of it. ${GOES_ON}`],
  [
    'a silence is over it',
    { ...OPEN, notified: {}, silencedUntil: NOW + HOUR },
    'A silence is over it until [+1h]. Then receivers are notified of it, unless somebody resolves it.',
  ],
  [
    'the silence has ended',
    { ...OPEN, notified: {}, silencedUntil: NOW },
    `No receiver was notified of it. ${GOES_ON}`,
  ],
  ['it is medium', MEDIUM, 'It resolves itself after [+336h] if nothing more comes.'],
  ['it is medium, and an older version stored it', { ...MEDIUM, resolvesAt: null }, GOES_ON],
  ['it is acknowledged', ACKNOWLEDGED, `Acknowledged until [+23h]${THEN}`],
  [
    'it is acknowledged: a deferred reminder does not count',
    { ...ACKNOWLEDGED, notified: { slack: reminder(NOW + HOUR) } },
    `Acknowledged until [+23h]${THEN}`,
  ],
  [
    'it is acknowledged: new networks do',
    { ...ACKNOWLEDGED, notified: { slack: update(NOW + HOUR) } },
    'It came from new networks: an update goes to slack at [+1h].',
  ],
  [
    'it is acknowledged: new networks after its end do not',
    { ...ACKNOWLEDGED, notified: { slack: update(NOW + DAY) } },
    `Acknowledged until [+23h]${THEN}`,
  ],
  [
    'it is acknowledged, and quiet before that ends',
    { ...ACKNOWLEDGED, level: 'medium', resolvesAt: NOW + HOUR },
    'It resolves itself after [+1h] if nothing more comes.',
  ],
  ['it is resolved', { ...OPEN, status: 'resolved' }, 'Nothing more is sent. A later match opens a new alert.'],
  [
    'it is past',
    { ...OPEN, status: 'past' },
    'It is from long before a later alert. Nobody is reminded of it, and it does not escalate.',
  ],
  [
    'it is past, and new networks wait',
    { ...OPEN, status: 'past', notified: { slack: update(NOW + HOUR) } },
    'It came from new networks: an update goes to slack at [+1h].',
  ],
])('%s', (_, alert, sentence) => {
  const parts = nextStep(alert, NOW).map((part) => (typeof part === 'number' ? `[+${(part - NOW) / HOUR}h]` : part));
  expect(parts.join('')).toBe(sentence);
});

it.each<[string, NextStepFacts, number, string]>([
  ['its end waits for a silence', ACKNOWLEDGED, 30, 'Acknowledged until [+30h]'],
  ['but not for one that ends before', ACKNOWLEDGED, 2, 'Acknowledged until [+23h]'],
  [
    'new networks wait, too',
    { ...ACKNOWLEDGED, notified: { slack: update(NOW + HOUR) } },
    2,
    'It came from new networks: an update goes to slack at [+2h].',
  ],
])('it is acknowledged: %s', (_, alert, hours, sentence) => {
  const parts = nextStep(alert, NOW, { author: 'ada', endsAt: NOW + hours * HOUR });
  const text = parts.map((part) => (typeof part === 'number' ? `[+${(part - NOW) / HOUR}h]` : part)).join('');
  expect(text.startsWith(sentence)).toBe(true);
});

const ADA = { author: 'ada', endsAt: NOW + 2 * HOUR };
const SILENCED = 'Silenced until [+2h] by ada: nobody is notified of matches before that, or reminded.';
const AFTERWARDS = ' Then receivers are notified of what came, unless somebody acts.';
it.each<[string, NextStepFacts, string]>([
  ['has suppressed nothing yet', OPEN, SILENCED],
  ['suppressed something', { ...OPEN, silencedUntil: NOW + HOUR }, `${SILENCED}${AFTERWARDS}`],
  ['defers a reminder', { ...OPEN, notified: { slack: reminder(NOW + HOUR) } }, `${SILENCED}${AFTERWARDS}`],
  ['defers an escalation', { ...OPEN, escalations: [{ to: 'pager', at: NOW + HOUR }] }, `${SILENCED}${AFTERWARDS}`],
  ['is over what is acknowledged', ACKNOWLEDGED, `Acknowledged until [+23h]${THEN}`],
  [
    'is over what is resolved',
    { ...OPEN, status: 'resolved' },
    'Nothing more is sent. A later match opens a new alert.',
  ],
])('a silence that %s', (_, alert, sentence) => {
  const parts = nextStep(alert, NOW, ADA).map((part) =>
    typeof part === 'number' ? `[+${(part - NOW) / HOUR}h]` : part,
  );
  expect(parts.join('')).toBe(sentence);
});
