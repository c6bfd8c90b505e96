/** Parts of the pages of alerts: what is folded, grouped, counted, and said. */
import { describe, expect, it } from 'vitest';
import type { AlertDetails, AlertSummary } from '../../src/ledger/rpc.ts';
import { LEVELS } from '../../src/sigma/index.ts';
import { didText, readDid } from '../../src/web/act-paths.ts';
import { overviewPage } from '../../src/web/pages/overview.tsx';
import { ActCard, DidNote } from '../../src/web/pages/parts/act-forms.tsx';
import { AlertItems } from '../../src/web/pages/parts/alert-list.tsx';
import { Deliveries } from '../../src/web/pages/parts/deliveries.tsx';
import { Ago } from '../../src/web/pages/parts/elements.tsx';
import { SilenceList } from '../../src/web/pages/parts/silence-list.tsx';
import { Timeline } from '../../src/web/pages/parts/timeline.tsx';
import { RESPONDER } from './app.ts';
import { alertLine, alertPage, entryLine, groups, NOW, ORDINARY, overview, silence, status } from './views.ts';

/** The text of an element, its tags as spaces. */
const textOf = (element: unknown): string =>
  String(element)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

type Item = AlertDetails['timeline'][number];
const GROUPED = [{ notify: false, reason: 'grouped' }];
const NOTIFIED = [{ notify: true, kind: 'opened', reason: 'first match' }];

function item(seconds: number, changes: Partial<Item> = {}, entry: Parameters<typeof entryLine>[1] = {}): Item {
  return {
    ...{ seq: seconds, at: NOW + seconds * 1_000, part: 'matched', decisions: GROUPED, evidence: [], number: null },
    entry: entryLine(ORDINARY, { action: 'vm.deleted', ...entry }),
    ...changes,
  };
}
const many = (from: number, count: number): Item[] => Array.from({ length: count }, (_, i) => item(from + i));

describe('the timeline folds', () => {
  const FOLD = /(\d+) more ([\w.]+) in ([\w ]+?) (?=\d{4}-)/g;
  it.each<[string, readonly Item[], readonly string[]]>([
    ['twelve repeats', [item(0, { decisions: NOTIFIED }), ...many(1, 12)], ['12 vm.deleted 12 seconds']],
    ['two repeats', many(0, 3), ['2 vm.deleted 2 seconds']],
    ['not a single one', many(0, 2), []],
    [
      'not what somebody was notified of',
      [...many(0, 3), item(3, { decisions: NOTIFIED }), ...many(4, 3)],
      ['2 vm.deleted 2 seconds', '3 vm.deleted 3 seconds'],
    ],
    ['no other action', [item(0), item(1, {}, { action: 'vm.created' }), item(2)], []],
    [
      'no other actor',
      [0, 1, 2, 3].map((i) => item(i, {}, { actor: { id: String(i % 2), name: 'x', type: null } })),
      [],
    ],
    ['no other address', [0, 1, 2, 3].map((i) => item(i, {}, { clientIp: `192.0.2.${i % 2}` })), []],
    ['no contributing entry with a match', [item(0), item(1, { part: 'contributing', decisions: null }), item(2)], []],
    ['no deleted entries', [0, 1, 2, 3].map((i) => item(i, { entry: null })), []],
    ['no numbers of a correlation', [0, 1, 2, 3].map((i) => item(i, { number: `${i} of them` })), []],
  ])('%s', (_, timeline, folds) => {
    const text = textOf(Timeline({ timeline }));
    expect([...text.matchAll(FOLD)].map(([, count, action, length]) => `${count} ${action} ${length}`)).toEqual(folds);
    // Nothing is left out.
    expect(text.match(/\bmatched\b(?! in it)|\bcontributing\b/g)).toHaveLength(timeline.length);
  });
});

it.each<[Record<string, number>, string | null]>([
  [{ critical: 1 }, '1 critical alert is open:'],
  [{ high: 2, medium: 9 }, '2 high alerts are open:'],
  [{ critical: 1, high: 1 }, '1 critical and 1 high alerts are open:'],
  [{ critical: 51, high: 7 }, '50+ critical and 7 high alerts are open:'],
  [{ medium: 9, low: 1 }, null],
  [{}, null],
])('the overview begins with what is severe and open: %j', (open, words) => {
  const shown = { ...status(), alerts: { ...status().alerts, open } };
  const options = { caller: RESPONDER, overview: overview(ORDINARY, { status: shown }), problems: [] };
  const text = textOf(overviewPage({ ...options, publicUrl: null, now: NOW }));
  expect(/[\d+]+ \w+(?: and \d+ \w+)? alerts? (?:is|are) open:/.exec(text)?.[0] ?? null).toBe(words);
});

describe('the list groups', () => {
  const headings = (alerts: readonly AlertSummary[]): readonly string[] =>
    [
      ...String(AlertItems({ alerts, now: NOW, hasBoxes: true })).matchAll(
        /<(?:p class="of"|summary)>(.*?)<\/(?:p|summary)>/g,
      ),
    ].map(([, html = '']) => textOf(html));
  const by = (id: string | null, name = 'ci-deploy') =>
    alertLine(ORDINARY, { latest: { action: 'x', actor: { id, name, type: null }, clientIp: null } });
  const some = (count: number, level: string, status: AlertSummary['status'] = 'open') =>
    Array.from({ length: count }, () => ({ ...by('a'), level, status }));
  it.each<[string, readonly AlertSummary[], readonly string[]]>([
    [
      'four of an actor, and folds more than twelve with something severe',
      groups(),
      ['critical 4 alerts of ci-deploy', 'critical 13 alerts of robot 1 critical, 4 high, 2 medium, 6 low'],
    ],
    [
      'and folds no twelve with something severe',
      [...some(11, 'medium'), ...some(1, 'high')],
      ['high 12 alerts of ci-deploy'],
    ],
    ['and folds more than five that are not severe', some(6, 'medium'), ['medium 6 alerts of ci-deploy 6 medium']],
    [
      'and folds more than five that are resolved',
      some(6, 'critical', 'resolved'),
      ['critical 6 alerts of ci-deploy 6 critical'],
    ],
    ['one that is alone: not', [by('a')], []],
    ['those of one actor that do not follow each other: not', [by('a'), by('b'), by('a')], []],
    ['those without an actor: not', [by(null), by(null)], []],
    [
      'those whose entries were deleted: not',
      [alertLine(ORDINARY, { latest: null }), alertLine(ORDINARY, { latest: null })],
      [],
    ],
    ['by id, whatever the name', [by('a', 'x'), by('a', 'y'), by('b', 'y')], ['high 2 alerts of x']],
  ])('%s', (_, alerts, expected) => {
    expect(headings(alerts)).toEqual(expected);
  });

  it('the most severe first, else in the order given', () => {
    const alerts = ['low', 'high', 'critical', 'high'].map((level, i) => ({ ...by('a'), id: i, level }));
    const html = String(AlertItems({ alerts, now: NOW, hasBoxes: true }));
    expect([...html.matchAll(/data-alert="(\d)"/g)].map(([, id]) => id)).toEqual(['2', '1', '3', '0']);
  });

  it('each alert with who, from where, when, its status and its assignee', () => {
    const alerts = [alertLine(ORDINARY, { assignee: 'Bob', networks: 3 })];
    expect(textOf(AlertItems({ alerts, now: NOW, hasBoxes: false }))).toBe(
      'high API key deleted vm.deleted by Mallory Reed from 203.0.113.7 and 2 other networks 12 minutes ago Alert 42: 3 matches, first 25 minutes ago open assigned to Bob Acknowledge… alert 42 Why alert 42 Silence… alert 42',
    );
  });
});

it.each<[number, string]>([
  [0, 'just now'],
  [-999, 'just now'],
  [999, 'now'],
  [-1_000, '1 second ago'],
  [-80_000, '1 minute ago'],
  [-100_000, '2 minutes ago'],
  [7_195_000, 'in 2 hours'],
  [3_599_000, 'in 1 hour'],
  [86_399_000, 'in 1 day'],
  [-3 * 86_400_000 - 5, '3 days ago'],
  [7_200_000, 'in 2 hours'],
])('an instant %i ms from now reads %s', (ms, words) => {
  expect(textOf(Ago({ at: NOW + ms, now: NOW }))).toBe(words);
});

it('what went or waits in one message is one row of the notifications, what was sent by itself another', () => {
  const [sent, , suppressed, bundled, waiting] = alertPage(ORDINARY).deliveries;
  if (!sent || !suppressed || !bundled || !waiting) throw new Error('views.ts has a delivery of each state');
  const inMessage = { ...sent, attempts: 0, reason: 'in a message with others' };
  const deliveries = [
    ...[inMessage, { ...inMessage, what: 'updated' }, { ...inMessage, what: 'updated' }],
    ...[{ ...sent, what: 'group' }, { ...inMessage, receiver: 'mail' }, sent, sent],
    ...[waiting, { ...waiting, what: 'raised' }, bundled, suppressed, { ...suppressed, reason: 'acknowledged' }],
  ].map((each, id) => ({ ...each, id }));
  const html = String(Deliveries({ details: alertPage(ORDINARY, { deliveries }) }));
  const rows = [...html.matchAll(/<th scope="row".*?<\/td>/gs)].map(([row]) => textOf(row));
  expect(rows).toEqual([
    ...['slack Opened, 2 × update', 'slack The message of its group', 'mail Opened', 'slack Opened', 'slack Opened'],
    ...['chat Opened, raised', 'chat Opened', 'hook Opened', 'hook Opened'],
  ]);
});

it.each([
  ['covers it', { actor: false, address: false }, 0, []],
  ['does not cover it', { actor: true, address: false }, 1, ['This alert is of several entries']],
])('a silence from an alert names whom it is about, and says where it %s', (_, notCovering, not, sentences) => {
  const name = '"><script>x</script><img src=x>';
  const latest = { action: 'x', actor: { id: 'u-1', name, type: null }, clientIp: '2001:db8::1' };
  const alert = alertLine(ORDINARY, { latest, level: 'critical' });
  const more = { notCovering, silencedUntil: null, others: [], linked: [] };
  const html = String(ActCard({ caller: RESPONDER, alert, token: 't', ...more }));
  expect(html).toContain('<button type="submit" name="actor" value="u-1" class="second">Silence this actor: <bdi>');
  expect(html).not.toMatch(/<script|<img/);
  const text = textOf(html);
  expect(text).toContain('Silence this address: 2001:db8::1');
  expect(text).toContain(
    'Silence alerts of these levels Choose … critical alerts too, such as this one all but critical: not this alert',
  );
  expect(text.match(/\(not this alert\)/g) ?? []).toHaveLength(not);
  // What covers the alert comes first.
  expect(text.indexOf('Silence this rule, for any actor') < text.indexOf('Silence this actor')).toBe(not > 0);
  expect(text.match(/This alert is of several entries/g) ?? []).toEqual(sentences);
});

it('the notifications say why there were no more, stored and counted decisions together', () => {
  const text = textOf(Deliveries({ details: alertPage(ORDINARY, { decided: { grouped: 40, silenced: 3 } }) }));
  expect(text).toMatch(
    /Why there were no more grouped into an open alert : 42 silenced : 3 below the receiver&#39;s min_level : 1$/,
  );
});

describe('what a form did', () => {
  it.each<[string, string]>([
    ['acknowledge.1.0.0.0', 'Acknowledged, until the same time tomorrow: no reminders until then.'],
    ['acknowledge.3.0.0.0', '3 alerts acknowledged, until the same time tomorrow: no reminders until then.'],
    ['acknowledge.0.1.0.0', 'It was acknowledged already.'],
    [
      'acknowledge.2.1.0.0',
      '2 alerts acknowledged, until the same time tomorrow: no reminders until then. One was acknowledged already.',
    ],
    ['resolve.1.0.0.0', 'Resolved.'],
    ['resolve.0.1.0.2', 'One was resolved already. 2 were resolved before, or are gone.'],
    ['resolve.0.0.0.1', 'It was resolved before, or is gone.'],
    ['assign.1.0.1.0', 'Assigned. One was left as it is. The level rose after you had loaded the page: look again.'],
    ['assign.0.3.0.0', '3 were assigned that way already.'],
    ['comment.1.0.0.0', 'The comment is added.'],
    ['silence.1.0.0.0', 'Silenced. It is listed under Silences.'],
    ['expire.1.0.0.0', 'The silence is ended.'],
    ['resolve.0.0.0.0', ''],
  ])('%s: %s', (text, words) => {
    const did = readDid(text);
    expect(textOf(DidNote({ did }) ?? '')).toBe(words);
    expect(did === null ? '' : didText(did)).toBe(text);
  });

  it.each([
    '',
    'x',
    'acknowledge',
    'acknowledge.1',
    'acknowledge.1.0.0.1000',
    'delete.1.0.0.0',
    'resolve.1.0.0.0.0',
    '<b>.1.0.0.0',
  ])('%j says nothing', (text) => {
    expect(readDid(text)).toBe(null);
  });
});

it('a silence says what it is over, until when, whose it is, why, and what it suppressed', () => {
  const titleOf = (): string => 'Key deleted';
  const of = (changes: Parameters<typeof silence>[1]) =>
    textOf(SilenceList({ silences: [silence(ORDINARY, changes)], now: NOW, token: null, titleOf }));
  expect(of({ matchers: { rules: ['x'], actors: ['a', 'b'], levels: ['low', 'critical'] } })).toBe(
    'rule Key deleted , actor a or b , level low or critical Ends in 2 hours ( 2026-11-21 05:12:45 UTC ) · Ada ( page ): a key rotation, until lunch Suppressed: 1,204, the last one 4 minutes ago , alert 12 , alert 40 , alert 41 , alert 42',
  );
  expect(of({ matchers: { addresses: ['192.0.2.0/24'] }, alerts: [], suppressed: 0, suppressedAt: null })).toContain(
    '192.0.2.0/24 (not what is critical) Ends in 2 hours',
  );
  expect(of({ endsAt: NOW - 60_000, expiredBy: 'Bob' })).toContain(
    'Ended 1 minute ago ( 2026-11-21 03:11:45 UTC , by Bob )',
  );
  const levels = LEVELS.toReversed();
  expect(of({ matchers: { actors: ['a'], levels } })).toMatch(/^actor a , all levels Ends/);
  expect(of({ startsAt: NOW + 60_000 })).toContain('Starts in 1 minute . Ends in 2 hours');
});

it('a silence has the name of an actor that is known, beside its id', () => {
  const of = (name: string | null) =>
    textOf(
      SilenceList({
        ...{ silences: [silence(ORDINARY, { matchers: { actors: ['a', 'b'] } })], now: NOW, token: null },
        titleOf: String,
        actor: { id: 'b', name },
      }),
    );
  expect(of('ci-deploy')).toMatch(/^actor a or b \( ci-deploy \) \(not what is critical\)/);
  expect(of(null)).toMatch(/^actor a or b \(not what is critical\)/);
});
