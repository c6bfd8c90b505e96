/** A digest in words: its headline in every case, its lines, and what to do. */
import { describe, expect, it } from 'vitest';
import { digestWording } from '../../src/alert/digest-wording.ts';
import { type Links, NO_LINKS } from '../../src/alert/links.ts';
import type { DigestNotification, DigestRule } from '../../src/alert/notification.ts';
import { shortText } from '../../src/alert/short-text.ts';
import { DIGEST } from '../notify/examples.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AT = Date.UTC(2026, 0, 31, 9, 30);
const LINKS: Links = { alert: 'https://tocsin.example/alerts?state=all', entry: null };

const RULE: DigestRule = {
  ruleId: 'a-rule',
  title: 'API key deleted',
  level: 'high',
  alerts: 2,
  messages: 2,
  firstAt: AT,
  lastAt: AT,
  ids: [1031, 1047],
};

function words(more: Partial<DigestNotification['digest']>, links = NO_LINKS) {
  return digestWording({ kind: 'digest', digest: { ...DIGEST.digest, health: [], healthMessages: 0, ...more } }, links);
}

describe('the headline', () => {
  const ONE = { messages: 1, rules: 1 };
  it.each<[string, Partial<DigestNotification['digest']>, string]>([
    [
      'level, receiver, how long, how many',
      { messages: 214, rules: 9 },
      '[HIGH] While “slack” was down for 26 hours: 214 notifications of 9 rules',
    ],
    ['one of each', { level: 'low', ...ONE }, '[LOW] While “slack” was down for 26 hours: 1 notification of 1 rule'],
    [
      'with some about Tocsin',
      { messages: 208, rules: 9, healthMessages: 6 },
      '[HIGH] While “slack” was down for 26 hours: 208 notifications of 9 rules, and 6 about Tocsin itself',
    ],
    [
      'with nothing else',
      { messages: 0, rules: 0, healthMessages: 6 },
      '[HIGH] While “slack” was down for 26 hours: 6 notifications about Tocsin itself',
    ],
    ['minutes', { ...ONE, downTo: AT + 90 * MINUTE + 59_000 }, 'for 1 hour 30 minutes:'],
    ['less than an hour', { ...ONE, downTo: AT + 50 * MINUTE }, 'for 50 minutes:'],
    ['almost two days', { ...ONE, downTo: AT + 48 * HOUR - 1 }, 'for 47 hours:'],
    ['days', { ...ONE, downTo: AT + 80 * HOUR }, 'for 3 days:'],
    ['a receiver with a hostile name', { ...ONE, receiver: 'a\n<!channel>\u202e evil.example' }, 'While “a <!channel>'],
  ])('%s', (_, more, expected) => {
    expect(words({ downFrom: AT, downTo: AT + 26 * HOUR + 3 * MINUTE, ...more }).headline).toContain(expected);
  });

  it('fits a lock screen together with the most severe rule', () => {
    const notification: DigestNotification = { kind: 'digest', digest: { ...DIGEST.digest, first: [RULE] } };
    expect(shortText(notification, NO_LINKS)).toMatch(
      /Tocsin itself\. First of them: \[HIGH\] API key deleted, 2 alerts$/,
    );
  });
});

describe('a rule', () => {
  it.each<[string, Partial<DigestRule>, string]>([
    ['of one instant', {}, '• [HIGH] API key deleted: 2 alerts, 2026-01-31 09:30 (alerts 1,031, 1,047)'],
    [
      'of one day',
      { lastAt: AT + 42 * MINUTE },
      '• [HIGH] API key deleted: 2 alerts, 2026-01-31 09:30 to 10:12 (alerts 1,031, 1,047)',
    ],
    [
      'of two days, with more messages and alerts than are named',
      { level: 'low', alerts: 12, messages: 30, ids: [14, 15, 16], lastAt: AT + 18 * HOUR },
      '• [LOW] API key deleted: 12 alerts, 30 notifications, 2026-01-31 09:30 to 2026-02-01 03:30 (alerts 14, 15, 16, …)',
    ],
    [
      'of one alert',
      { alerts: 1, messages: 1, ids: [7] },
      '• [HIGH] API key deleted: 1 alert, 2026-01-31 09:30 (alert 7)',
    ],
    [
      'of no known time',
      { firstAt: Number.POSITIVE_INFINITY, lastAt: Number.NEGATIVE_INFINITY },
      '• [HIGH] API key deleted: 2 alerts, at an unknown time (alerts 1,031, 1,047)',
    ],
  ])('%s', (_, more, expected) => {
    expect(words({ first: [{ ...RULE, ...more }], more: { rules: 0, alerts: 0 } }).passages).toEqual([
      { heading: 'Rules, the most severe first, in UTC', lines: [expected] },
    ]);
  });

  it('that is not named is counted', () => {
    const [passage] = words({ first: [RULE], more: { rules: 1, alerts: 9 } }).passages;
    expect(passage?.lines.at(-1)).toBe('… and 1 more rule with 9 alerts');
  });
});

it('shows which health alerts are over, and counts those that are too many', () => {
  const { passages, runbook } = words(
    { health: DIGEST.digest.health, healthMessages: 5, first: [], messages: 0, rules: 0 },
    LINKS,
  );
  expect(passages).toEqual([
    {
      heading: 'About Tocsin itself',
      lines: [
        '• no new entries in the audit log',
        '• resolved: the audit log has new entries again',
        '• a message could not be delivered to “on-call”',
        '… and 2 more',
      ],
    },
  ]);
  expect(runbook?.lines).toEqual([
    'For what is wrong with Tocsin now, run "npm run tocsin -- status --url https://tocsin.example".',
  ]);
});

it('says how long it lasted, what waited, and where to look', () => {
  const of = words({}, LINKS);
  expect(of.facts.map(({ label, lines }) => [label, lines])).toEqual([
    [
      'Down',
      [
        ['from ', { at: AT }],
        ['to ', { at: AT + 26 * HOUR + 3 * MINUTE }],
      ],
    ],
    ['Waited', [['402 notifications of 239 alerts']]],
  ]);
  expect(of.buttons).toEqual([{ name: 'alert', label: 'Open the alerts', href: LINKS.alert }]);
  expect(of.runbook?.lines).toHaveLength(2);
});
