import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Notification } from '../../../src/alert/notification.ts';
import { readReceivers } from '../../../src/config/receivers.ts';
import { testNotification } from '../../../src/ledger/deliver/test-delivery.ts';
import { alertOfKey, render, renderShort } from '../../../src/notify/pagerduty/event.ts';
import { pagerduty } from '../../../src/notify/pagerduty/pagerduty.ts';
import { createPagerDuty } from '../../../src/notify/pagerduty/send.ts';
import type { AlertNow, Editable } from '../../../src/notify/receiver.ts';
import { type PagerDutyInbox, startPagerDutyInbox } from '../../support/pagerduty-inbox.ts';
import { pagerDutyProblem } from '../../support/pagerduty-incidents.ts';
import { CLOSED, CORRELATION, EXAMPLES, FLOOD, FLOOD_DIGEST, GROUP, RAISED, UPDATED } from '../examples.ts';
import { anyNotification } from '../hostile.ts';
import { BLIND, LINKS, OPENED, outgoing } from '../notifications.ts';
import { asOpen } from '../slack-app/editable.ts';
import { readPagerDuty } from './read-back.ts';

const KEY = 'e93facc04764012d7bfb002500d5d1a6';

describe('PAGERDUTY_ROUTING_KEY', () => {
  const read = (env: Record<string, string>) => readReceivers(env, [pagerduty], null).receivers[0];

  test.each([KEY, `R${KEY.slice(1).toUpperCase()}`])('may be %s', (key) => {
    expect(read({ PAGERDUTY_ROUTING_KEY: key })).toMatchObject({ problem: null, forPrograms: true, edits: true });
  });

  test.each([
    ['a key of the REST API', 'e+23rschqsESqk9Q6_-g', 'is not 32 letters and digits, but 20 characters'],
    ['a URL', 'https://events.pagerduty.com/v2/enqueue', 'is not 32 letters and digits, but 39 characters'],
    ['a key with a dash', `-${KEY.slice(1)}`, 'is not 32 letters and digits'],
    ['a longer key', `${KEY}0`, 'is not 32 letters and digits, but 33'],
  ])('may not be %s', (_, key, problem) => {
    expect(read({ PAGERDUTY_ROUTING_KEY: key })?.problem).toContain(`PAGERDUTY_ROUTING_KEY ${problem}`);
    expect(read({ PAGERDUTY_ROUTING_KEY: key })?.problem).not.toMatch(/rschqs|facc0/);
  });

  test.each([
    [{}, 'https://events.pagerduty.com/v2/enqueue'],
    [{ PAGERDUTY_REGION: 'us' }, 'https://events.pagerduty.com/v2/enqueue'],
    [{ PAGERDUTY_REGION: 'EU' }, 'https://events.eu.pagerduty.com/v2/enqueue'],
  ])('with %j is sent to %s', async (region, url) => {
    const posted: string[] = [];
    const fetch = (to: string, { body }: RequestInit): Promise<Response> => {
      posted.push(to, String((JSON.parse(String(body)) as { routing_key: string }).routing_key));
      return Promise.resolve(new Response('{"status":"success"}', { status: 202 }));
    };
    const receiver = read({ PAGERDUTY_ROUTING_KEY: KEY, ...region });
    const outcome = await receiver?.create?.({ fetch, now: Date.now, timeoutMs: 5_000 }).send(outgoing(OPENED));
    expect(outcome).toEqual({ kind: 'delivered' });
    expect(posted).toEqual([url, KEY]);
  });

  test('with another region is a problem', () => {
    const receiver = read({ PAGERDUTY_ROUTING_KEY: KEY, PAGERDUTY_REGION: 'asia' });
    expect(receiver?.problem).toBe('PAGERDUTY_REGION is neither us nor eu: `asia`');
  });
});

const problemOf = (event: object) => pagerDutyProblem({ routing_key: KEY, ...event });

describe('an event', () => {
  test.each(EXAMPLES)('%s is within the limits', (_, notification) => {
    expect(problemOf(render(notification, LINKS))).toBeNull();
    expect(problemOf(renderShort(notification))).toBeNull();
  });

  test('is within the limits, whatever is in the notification', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        expect(problemOf(render(notification, LINKS))).toBeNull();
        expect(problemOf(renderShort(notification))).toBeNull();
      }),
    );
  });

  test('has the summary, the time, the links and what the message says', () => {
    const event = render(OPENED, LINKS, { isHeard: true });
    expect(event).toMatchObject({
      event_action: 'trigger',
      payload: {
        summary: '[HIGH] API key deleted: api_key.deleted by Alice Smith from 203.0.113.9',
        source: 'tocsin.example.workers.dev',
        severity: 'error',
        timestamp: '2026-01-31T09:30:00.000Z',
        class: 'API key deleted',
        custom_details: {
          What: expect.stringMatching(/^api_key\.deleted\non api_key /),
          Who: expect.stringMatching(/^Alice Smith\nuser /),
          'How many': '1 match',
          Why: '• deleted: action = api_key.deleted',
          Description: 'An API key was deleted. What used it no longer works.',
        },
      },
      client: 'Tocsin',
      client_url: LINKS.alert,
    });
    expect(event.links?.map(({ text }) => text)).toEqual([
      'Acknowledge in Tocsin',
      'Sign in to silence in Tocsin',
      'Open the alert',
      'Open the log entry',
      'Open the runbook',
    ]);
    expect(readPagerDuty(event).text).toContain('Alert 12 · rule ');
  });

  test('says where to acknowledge: in PagerDuty only where that comes back, and only of an incident of one alert', () => {
    const way = (notification: Notification, isHeard: boolean) =>
      render(notification, LINKS, { isHeard }).payload?.custom_details?.['Acknowledge and resolve'];
    expect(way(OPENED, true)).toMatch(/^In PagerDuty or in Tocsin/);
    expect(way(OPENED, false)).toMatch(/^By the links to Tocsin/);
    expect(way(GROUP, true)).toMatch(/ act on alert 14 only: /);
    for (const other of [BLIND, testNotification(0), FLOOD_DIGEST, FLOOD]) expect(way(other, true)).toBeUndefined();
    const summary = (notification: Notification, isHeard: boolean) =>
      render(notification, LINKS, { isHeard }).payload?.summary;
    expect(summary(OPENED, false)).toBe(`${summary(OPENED, true)} (acknowledge in Tocsin, by the link)`);
    for (const other of [BLIND, FLOOD]) expect(summary(other, false)).toBe(summary(other, true));
  });

  const at = (level: typeof OPENED.alert.level): Notification => ({ ...OPENED, alert: { ...OPENED.alert, level } });
  test.each<[string, Notification, string | undefined]>([
    ['critical', at('critical'), 'critical'],
    ['high', at('high'), 'error'],
    ['medium', at('medium'), 'warning'],
    ['low', at('low'), 'info'],
    ['informational', at('informational'), 'info'],
    ['blind', BLIND, 'critical'],
    ['a test', testNotification(0), 'info'],
    ['what can’t be read', { kind: 'opened' } as unknown as Notification, undefined],
  ])('about %s has its severity', (_, notification, severity) => {
    if (severity !== undefined) expect(render(notification, LINKS).payload?.severity).toBe(severity);
    expect(renderShort(notification).payload?.severity).toBe(severity ?? 'error');
  });

  test('without a valid time has none', () => {
    const event = render({ ...OPENED, entry: { ...OPENED.entry, createdAt: Number.NaN } }, LINKS);
    expect(event.payload).not.toHaveProperty('timestamp');
  });
});

const ACKNOWLEDGED: Notification = { ...OPENED, kind: 'updated', reason: 'acknowledged', edits: true };

describe('an event that is late', () => {
  const now = (status: AlertNow['status'], isActedOn: boolean): Partial<Editable> => ({
    alerts: [{ id: 12, status, by: null, reason: null }],
    isActedOn,
  });

  test.each<[string, Notification, Partial<Editable>, string]>([
    ['a trigger of an open alert', OPENED, now('open', false), 'trigger'],
    ['an acknowledgement', ACKNOWLEDGED, now('acknowledged', false), 'acknowledge'],
    ['an acknowledgement of what is resolved since', ACKNOWLEDGED, now('resolved', true), 'resolve'],
    ['a trigger from before the acknowledgement', OPENED, now('acknowledged', true), 'acknowledge'],
    ['a trigger from after the acknowledgement', UPDATED, now('acknowledged', false), 'trigger'],
    ['a trigger of what is resolved since', OPENED, now('resolved', true), 'resolve'],
    ['the end', CLOSED, now('resolved', false), 'resolve'],
    ['a trigger of an alert that needs nobody', OPENED, now('past', false), 'trigger'],
    ['a group whose first alert is resolved', GROUP, now('resolved', true), 'trigger'],
    ['a test, which has no alert', testNotification(0), {}, 'trigger'],
  ])('says what is so: %s', (_, notification, more, action) => {
    const { editable } = asOpen(outgoing(notification, LINKS), more);
    for (const event of [render(notification, LINKS, { editable }), renderShort(notification, editable)]) {
      expect(event).toMatchObject({ event_action: action, dedup_key: render(notification, LINKS).dedup_key });
      expect(Object.keys(event).includes('payload')).toBe(action === 'trigger');
      expect(problemOf(event)).toBeNull();
    }
  });

  test.each<AlertNow['status']>(['open', 'past'])(
    'is not sent where the acknowledgement has ended: %s',
    async (status) => {
      const inbox = await startPagerDutyInbox();
      const receiver = createPagerDuty(inbox, { name: 'p', setting: 'X', fetch, timeoutMs: 5_000 });
      const send = (more: Partial<Editable>) => receiver.send(asOpen(outgoing(ACKNOWLEDGED, LINKS), more));
      expect(await send(now(status, false))).toEqual({ kind: 'delivered' });
      expect(inbox.bodies).toEqual([]);
      expect(await send(now('acknowledged', false))).toEqual({ kind: 'delivered' });
      expect(inbox.events).toMatchObject([{ event_action: 'acknowledge' }]);
      await inbox.stop();
    },
  );
});

describe('the key of an event', () => {
  const of = (id: number, ruleId: string): string =>
    render({ ...OPENED, alert: { ...OPENED.alert, id, ruleId } }, LINKS).dedup_key ?? '';

  test('names its alert', () => {
    expect(alertOfKey(of(12, 'a/b\nc'))).toEqual({ alert: 12, rule: 'a/b\nc', isCut: false });
  });

  test('says that it has not the whole rule', () => {
    const rule = '\u{1f511}'.repeat(128);
    const read = alertOfKey(of(7, rule));
    expect(read).toMatchObject({ alert: 7, isCut: true });
    expect(rule.startsWith(read?.rule ?? '-')).toBe(true);
  });

  test.each([
    '',
    'tocsin/alert/',
    'tocsin/alert/12',
    'tocsin/alert/12/',
    'tocsin/alert/0/x',
    'tocsin/alert/1e9/x',
    'tocsin/alert/-1/x',
    'x tocsin/alert/1/x',
  ])('is of no alert: %j', (key) => {
    expect(alertOfKey(key)).toBeNull();
  });

  test.each<[string, Notification]>([
    ['a problem of Tocsin’s', BLIND],
    ['a test', testNotification(1)],
    ['a flood', FLOOD],
    ['a digest', FLOOD_DIGEST],
  ])('is of no alert: %s', (_, notification) => {
    expect(alertOfKey(render(notification, LINKS).dedup_key ?? '')).toBeNull();
  });
});

async function withInbox(run: (inbox: PagerDutyInbox, send: (of: Notification) => Promise<string>) => Promise<void>) {
  const inbox = await startPagerDutyInbox();
  const receiver = createPagerDuty(inbox, { name: 'p', setting: 'X', fetch, timeoutMs: 5_000 });
  try {
    await run(inbox, async (notification) => (await receiver.send(outgoing(notification, LINKS))).kind);
  } finally {
    await inbox.stop();
  }
}

describe('incidents', () => {
  const incidentsOf = (...notifications: readonly Notification[]) => {
    let incidents: readonly { readonly status: string; readonly triggers: number }[] = [];
    return withInbox(async (inbox, send) => {
      for (const notification of notifications) expect(await send(notification)).toBe('delivered');
      incidents = inbox.incidents.map(({ status, triggers }) => ({ status, triggers }));
    }).then(() => incidents);
  };
  const HEALTHY: Notification = { kind: 'health-resolved', health: BLIND.health };
  const dead = (subject: string): Notification => ({
    kind: 'health',
    health: { ...BLIND.health, kind: 'dead-delivery', subject },
  });
  const same = (kind: 'raised' | 'recurred' | 'updated'): Notification => ({ ...OPENED, kind });

  test.each<[string, readonly Notification[], readonly (readonly [status: string, triggers: number])[]]>([
    ['an alert is one', [OPENED, same('raised'), UPDATED, same('recurred')], [['triggered', 4]]],
    ['a resolved alert’s is resolved', [OPENED, CLOSED], [['resolved', 1]]],
    [
      'what goes on after it was resolved is a new one',
      [OPENED, CLOSED, UPDATED],
      [
        ['resolved', 1],
        ['triggered', 1],
      ],
    ],
    ['the end of what was never opened is dropped', [CLOSED], []],
    [
      'two alerts are two',
      [OPENED, CORRELATION, CLOSED],
      [
        ['resolved', 1],
        ['triggered', 1],
      ],
    ],
    ['another level or count is the same alert', [RAISED, OPENED], [['triggered', 2]]],
    ['a problem of Tocsin is one, until it is over', [BLIND, BLIND, HEALTHY], [['resolved', 2]]],
    [
      'two subjects are two',
      [dead('slack'), dead('email'), dead('slack')],
      [
        ['triggered', 2],
        ['triggered', 1],
      ],
    ],
    [
      'each test is one',
      [testNotification(1), testNotification(2)],
      [
        ['triggered', 1],
        ['triggered', 1],
      ],
    ],
    ['a group belongs to its first alert’s', [GROUP.group.first, GROUP], [['triggered', 2]]],
    ['an acknowledged alert’s is acknowledged', [OPENED, ACKNOWLEDGED], [['acknowledged', 1]]],
    ['what is added to it changes nothing', [OPENED, ACKNOWLEDGED, UPDATED], [['acknowledged', 2]]],
    ['it is resolved as any other', [OPENED, ACKNOWLEDGED, CLOSED, ACKNOWLEDGED], [['resolved', 1]]],
    ['an acknowledgement alone opens none', [ACKNOWLEDGED], []],
  ])('%s', async (_, notifications, incidents) => {
    expect(await incidentsOf(...notifications)).toEqual(incidents.map(([status, triggers]) => ({ status, triggers })));
  });

  test('an alert of another rule with the same number is another one', () => {
    const other = { ...OPENED, alert: { ...OPENED.alert, ruleId: 'another' } };
    expect(render(other, LINKS).dedup_key).not.toBe(render(OPENED, LINKS).dedup_key);
  });

  test('a rule is one in a flood, at high and at critical; what is not severe is another', async () => {
    const critical: Notification = { ...FLOOD, group: { ...FLOOD.group, kind: 'critical flood', level: 'critical' } };
    const first = { ...OPENED, alert: { ...OPENED.alert, id: 99 } };
    const later: Notification = { ...FLOOD, group: { ...FLOOD.group, first } };
    const of = FLOOD.group.first.alert.ruleId;
    expect([FLOOD, critical, later].map((each) => render(each, LINKS).dedup_key)).toEqual(
      Array(3).fill(`tocsin/flood/${of}`),
    );
    expect(render(FLOOD_DIGEST, LINKS).dedup_key).toBe('tocsin/digest');
    expect(await incidentsOf(OPENED, FLOOD, critical, later, FLOOD_DIGEST)).toEqual(
      [1, 3, 1].map((triggers) => ({ status: 'triggered', triggers })),
    );
  });

  test('links make no difference: they may be missing once', () => {
    expect(render(CLOSED, { alert: null, entry: null }).dedup_key).toBe(render(OPENED, LINKS).dedup_key);
  });

  test('the short form is about the same one', async () => {
    await withInbox(async (inbox, send) => {
      for (const notification of [OPENED, CLOSED]) {
        inbox.answer({ status: 400, body: '{"status":"invalid event","errors":["too long"]}', times: 1 });
        expect(await send(notification)).toBe('delivered');
      }
      expect(inbox.incidents).toEqual([expect.objectContaining({ status: 'resolved', triggers: 1 })]);
      expect(inbox.incidents[0]?.summary).toMatch(/\(short form/);
    });
  });
});

describe('what PagerDuty answers', () => {
  const invalid = (error: string) =>
    `{"status":"invalid event","message":"Event object is invalid","errors":["${error}"]}`;
  test.each([
    [
      'a wrong key',
      400,
      invalid('Invalid routing key'),
      'refused',
      /answered 400: the integration key is wrong.*secret put X/,
      1,
    ],
    ['a short key', 400, invalid("Length of 'routing_key' is incorrect"), 'refused', /key is wrong/, 1],
    ['another region', 401, '', 'refused', /another service region \(PAGERDUTY_REGION\)/, 1],
    ['invalid, short form too', 400, invalid('payload.summary is too long'), 'refused', /report it/, 2],
    ['too large', 413, '', 'refused', /report it/, 2],
    ['too many', 429, '', 'slow down', /slow down/, 1],
    ['an outage', 500, '', 'retry', /answered 500/, 1],
    ['a redirect', 302, '', 'refused', /never redirects/, 1],
    ['something else', 200, 'ok', 'retry', /answered 200/, 1],
  ])('%s', async (_, status, body, kind, reason, posts) => {
    const inbox = await startPagerDutyInbox();
    try {
      inbox.answer({ status, body });
      const receiver = createPagerDuty(inbox, { name: 'p', setting: 'X', fetch, timeoutMs: 5_000 });
      const outcome = await receiver.send(outgoing(OPENED));
      expect(outcome.kind).toBe(kind);
      expect('reason' in outcome ? outcome.reason : 'none').toMatch(reason);
      expect(inbox.bodies).toHaveLength(posts);
    } finally {
      await inbox.stop();
    }
  });
});
