/** Health checks in workerd: failing receivers, reported by the other ones; the upstream key; the heartbeat. */
import { describe, expect, inject, it, vi } from 'vitest';
import { PASS_PARAM, readPass } from '../../src/access/link.ts';
import { entryAt } from '../sandbox/odd.ts';
import type { FakeAnswer } from '../support/http-server.ts';
import {
  createInbox,
  enqueueNow,
  type Inbox,
  lastOpened,
  openAlert,
  SIGNING_KEY,
  settled,
  twoReceivers,
  withText,
} from './receivers.ts';
import { createWorld, HOUR, logged, MINUTE, type World } from './world.ts';

const DAY = 24 * HOUR;

async function kinds(world: World): Promise<string[]> {
  return (await world.status()).healthAlerts.map(({ kind }) => kind).sort();
}

describe('a failing receiver, beside another', () => {
  it('that refuses twice: the other reports it; both report its recovery, and nothing is dead', async () => {
    const { world, hook } = await twoReceivers();
    await world.slack.answer({ status: 404, body: 'no_service' });
    await openAlert(world);
    await settled(world);
    expect(withText(await hook.texts(), 'nothing reaches')).toEqual([]);
    expect(await kinds(world)).toEqual([]);
    await openAlert(world);
    await settled(world);
    expect(withText(await hook.texts(), 'nothing reaches the receiver slack')).toHaveLength(1);
    expect(await kinds(world)).toEqual(['unhealthy-receiver:slack']);
    expect((await world.slack.read()).messages).toEqual([]);
    expect((await world.status()).receivers).toMatchObject([
      { name: 'slack', state: 'failing', dead: 0, pending: 2 },
      { name: 'webhook', state: 'healthy', dead: 0 },
    ]);

    await world.slack.answer({ status: 200, body: 'ok' });
    // Nothing is dead; what waits is tried at once.
    expect(await world.stub.resend('slack', null)).toBe(0);
    await settled(world);
    const { messages } = await world.slack.read();
    expect(messages.filter(({ text }) => text.includes('API key deleted'))).toHaveLength(2);
    expect(messages.filter(({ text }) => text.includes('takes messages again'))).toHaveLength(1);
    expect(withText(await hook.texts(), 'takes messages again')).toHaveLength(1);
    expect(await kinds(world)).toEqual([]);
    expect((await world.status()).deliveries).toMatchObject({ pending: 0, dead: 0 });
  });

  it('whose messages are resent to the other: they arrive there, also those that wait', async () => {
    const { world, hook } = await twoReceivers();
    await world.slack.answer({ status: 404, body: 'no_service' });
    for (let n = 0; n < 2; n++) await openAlert(world);
    await settled(world);
    expect(withText(await hook.texts(), 'API key deleted')).toHaveLength(2);
    expect(await world.stub.resend('slack', 'webhook')).toBe(2);
    await settled(world);
    expect(withText(await hook.texts(), 'API key deleted')).toHaveLength(4);
    expect((await world.status()).receivers).toMatchObject([{ name: 'slack', pending: 0 }, { pending: 0 }]);
  });

  it('that fails for 15 minutes: the other reports it, by an alarm set for that time', async () => {
    const { world, hook } = await twoReceivers();
    await world.slack.answer({ status: 503 });
    await openAlert(world);
    await settled(world);
    for (let minute = 0; minute < 14; minute++) {
      await world.advance(MINUTE);
      await world.poll();
      await world.runAlarm();
    }
    expect(withText(await hook.texts(), 'nothing reaches')).toEqual([]);
    // What waits for ten minutes is reported before.
    expect(await kinds(world)).toEqual(['backlog:slack']);
    expect(((await world.alarmAt()) ?? Number.POSITIVE_INFINITY) - Date.now()).toBeLessThanOrEqual(MINUTE + 1_000);
    await world.evict();
    await world.advance(2 * MINUTE);
    await world.runAlarm();
    expect(withText(await hook.texts(), 'nothing reaches the receiver slack')).toHaveLength(1);
    expect(await kinds(world)).toEqual(['backlog:slack', 'unhealthy-receiver:slack']);
  });

  it('that is not set: the other reports it at the first alarm, and not again after evictions', async () => {
    const { world, hook } = await twoReceivers({ settings: { SLACK_WEBHOOK_URL: 'not an address' } });
    await world.untilEnded();
    await settled(world, ['webhook']);
    for (let n = 0; n < 3; n++) {
      await world.evict();
      await world.poll();
      await world.runAlarm();
    }
    expect(withText(await hook.texts(), 'nothing can be sent to the receiver slack')).toHaveLength(1);
    expect((await world.status()).receivers).toMatchObject([{ name: 'slack', state: 'unset' }, { name: 'webhook' }]);
    await openAlert(world);
    await settled(world, ['webhook']);
    expect(withText(await hook.texts(), 'API key deleted')).not.toEqual([]);
    expect((await world.status()).watching).toBe('watching');
    expect((await world.status()).receivers).toMatchObject([{ state: 'unset', pending: 1, dead: 0 }, { pending: 0 }]);
  });

  it('that never responds delays neither the other nor the ticks', async () => {
    const later = globalThis.setTimeout;
    vi.stubGlobal('setTimeout', (call: () => void, ms: number) => later(call, ms === 15_000 ? 300 : ms));
    const { world, hook } = await twoReceivers();
    await world.slack.answer({ status: 0, hang: true });
    await openAlert(world);
    await vi.waitFor(async () => expect(withText(await hook.texts(), 'API key deleted')).toHaveLength(1), {
      timeout: 3_000,
    });
    expect((await world.poll()).stopped).toBe('scan ended');
    await settled(world);
    expect((await world.status()).receivers).toMatchObject([{ state: 'failing' }, { state: 'healthy' }]);
    vi.unstubAllGlobals();
  });

  it('with both failing: nothing is lost, and everything is delivered once they work', async () => {
    const { world, hook } = await twoReceivers();
    await world.slack.answer({ status: 404, body: 'no_service' });
    await hook.answer({ status: 410 });
    for (let n = 0; n < 3; n++) {
      await openAlert(world);
      await settled(world);
    }
    expect(await kinds(world)).toEqual(['unhealthy-receiver:slack', 'unhealthy-receiver:webhook']);
    const before = (await world.sql('SELECT 1 FROM deliveries')).length;
    await world.advance(MINUTE);
    await world.runAlarm();
    expect(await world.sql('SELECT 1 FROM deliveries')).toHaveLength(before);
    await world.slack.answer({ status: 200, body: 'ok' });
    await hook.answer({ status: 200, body: 'ok' });
    await world.stub.resend(null, null);
    await settled(world);
    expect((await world.status()).deliveries).toMatchObject({ pending: 0, dead: 0 });
    expect(withText(await hook.texts(), 'API key deleted')).toHaveLength(3);
    const { messages } = await world.slack.read();
    expect(messages.filter(({ text }) => text.includes('API key deleted'))).toHaveLength(3);
    expect(await kinds(world)).toEqual([]);
  });
});

describe('a delivery that is resent', () => {
  /** The alert, the health alert that it died, and the end of the one that Slack does not work. */
  const ALL = { pending: 0, delivered: 3, dead: 0 };

  /** A world with one dead delivery, whose Slack accepts messages again; the health alert about it waits. */
  async function dead(): Promise<World> {
    const world = await createWorld();
    await world.slack.answer({ status: 404, body: 'no_service', times: 3 });
    await enqueueNow(world);
    await settled(world);
    // After two refusals Slack is known not to work; by the third, the message has waited for 7 days.
    for (const waited of [0, 7 * DAY]) {
      await world.sql('UPDATE deliveries SET queued_at = queued_at - ?, due_at = NULL', waited);
      await world.sql('UPDATE receivers SET next_at = 0');
      await settled(world);
    }
    expect((await world.status()).deliveries).toMatchObject({ pending: 1, delivered: 0, dead: 1 });
    return world;
  }

  it('twice at once is sent once, by the alarm', async () => {
    const world = await dead();
    const counts = await Promise.all([world.stub.resend(null, null), world.stub.resend(null, null)]);
    expect(counts.sort()).toEqual([0, 1]);
    await vi.waitFor(async () => expect((await world.status()).deliveries).toMatchObject(ALL), { timeout: 30_000 });
    const messages = (await world.slack.read()).messages.map((message) => JSON.stringify(message));
    // The alert once, and once what its health alert was about.
    expect(withText(messages, 'API key deleted')).toHaveLength(2);
    expect(withText(messages, 'It was about')).toHaveLength(1);
    expect(await world.stub.resend(null, null)).toBe(0);
  });

  it('is sent at least once if the ledger is aborted before it records the attempt', async () => {
    const world = await dead();
    await world.slack.answer({ status: 0, hang: true });
    const posts = (await world.slack.read()).posts;
    await world.stub.resend(null, null);
    await vi.waitFor(async () => expect((await world.slack.read()).posts).toBe(posts + 1), { timeout: 30_000 });
    await world.abort();
    await world.slack.answer({ status: 200, body: 'ok' });
    expect(await world.stub.resend(null, null)).toBe(0);
    await world.delivered();
    expect((await world.status()).deliveries).toMatchObject(ALL);
  }, 30_000);

  it('is sent if the ledger was evicted before the alarm ran', async () => {
    const world = await dead();
    await world.stub.resend('slack', null);
    await world.evict();
    await settled(world);
    expect((await world.status()).deliveries).toMatchObject(ALL);
  });
});

describe('a test of the receivers', () => {
  it('goes to all at once and returns each outcome; nothing is queued', async () => {
    const { world, hook } = await twoReceivers();
    await hook.answer({ status: 500 });
    const tested = await world.stub.testReceivers();
    expect(tested).toEqual([
      { receiver: 'slack', outcome: { kind: 'delivered' } },
      { receiver: 'webhook', outcome: { kind: 'retry', reason: expect.stringContaining('500'), afterMs: null } },
    ]);
    const { messages } = await world.slack.read();
    expect(messages).toHaveLength(1);
    expect(messages[0]?.text).toContain('Test: ');
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
    expect((await world.status()).receivers).toMatchObject([
      { name: 'slack', state: 'healthy' },
      { name: 'webhook', state: 'failing' },
    ]);
  });

  it('links to the overview page only, and contains no secret', async () => {
    const { world } = await twoReceivers();
    const tested = JSON.stringify(await world.stub.testReceivers());
    const message = JSON.stringify((await world.slack.read()).messages);
    expect(message).not.toMatch(/\/alerts\/|\/entries\/|pass=/);
    for (const secret of ['a-secret-of-slack', SIGNING_KEY, world.apiKey, inject('linkSecret')]) {
      expect(tested + message).not.toContain(secret);
    }
  });

  it('that succeeds resolves the health alert', async () => {
    const { world, hook } = await twoReceivers();
    await world.slack.answer({ status: 404, body: 'no_service', times: 2 });
    for (let n = 0; n < 2; n++) {
      await openAlert(world);
      await settled(world);
    }
    expect(await kinds(world)).toContain('unhealthy-receiver:slack');
    await world.stub.testReceivers();
    await settled(world);
    expect(await kinds(world)).not.toContain('unhealthy-receiver:slack');
    expect(withText(await hook.texts(), 'takes messages again')).toHaveLength(1);
  });

  it('fails for a receiver that is not set, and says why', async () => {
    const { world } = await twoReceivers({ settings: { SLACK_WEBHOOK_URL: 'http://no' } });
    expect((await world.stub.testReceivers())[0]).toMatchObject({ receiver: 'slack', outcome: { kind: 'refused' } });
  });
});

describe('links in messages', () => {
  it('lead to the alert and its entry, with a pass for that alert', async () => {
    const world = await createWorld();
    await openAlert(world);
    await settled(world);
    const text = JSON.stringify((await world.slack.read()).messages);
    const found = [...text.matchAll(/https:\/\/tocsin\.example\/(alerts|entries)\/([\w-]+)\?pass=([\w.]+)/g)];
    expect(new Set(found.map(([, page]) => page))).toEqual(new Set(['alerts', 'entries']));
    for (const [, page, id, pass] of found) {
      expect(id).toBe(page === 'alerts' ? '1' : lastOpened());
      const secrets = { linkSecret: inject('linkSecret'), linkSecretPrevious: null };
      const [ledger] = await world.sql<{ id: string }>('SELECT id FROM identity');
      expect(readPass(secrets, pass, Date.now())).toMatchObject({
        kind: 'good',
        pass: { alert: 1, ledger: ledger?.id },
      });
    }
  });

  it('have no pass without LINK_SECRET, and are left out without PUBLIC_URL', async () => {
    const plain = await createWorld({ settings: { LINK_SECRET: '' } });
    await openAlert(plain);
    await settled(plain);
    const text = JSON.stringify((await plain.slack.read()).messages);
    expect(text).toContain('https://tocsin.example/alerts/1');
    expect(text).not.toContain(`${PASS_PARAM}=`);
    const unlinked = await createWorld({ settings: { PUBLIC_URL: '' } });
    await openAlert(unlinked);
    await settled(unlinked);
    expect(JSON.stringify((await unlinked.slack.read()).messages)).not.toContain('tocsin.example');
  });
});

describe('the upstream key', () => {
  it.each([
    ['refused', 401],
    ['not allowed', 403],
  ])('%s: reported at once, shown in the status, and resolved by the next tick that works', async (_, status) => {
    const world = await createWorld();
    await world.untilEnded();
    await world.knobs({ error: { probability: 1, status } });
    for (let n = 0; n < 3; n++) await expect(world.tick()).rejects.toThrow(String(status));
    const { failure } = await world.status();
    expect(failure).toMatchObject({ kind: 'key', message: expect.stringContaining(String(status)) });
    expect(failure?.message).not.toContain(world.apiKey);
    await settled(world);
    expect(await kinds(world)).toEqual(['key-refused']);
    expect((await world.slack.read()).messages).toHaveLength(1);
    await world.clearKnobs();
    await world.tick();
    await settled(world);
    expect(await world.status()).toMatchObject({ failure: null, healthAlerts: [] });
    expect((await world.slack.read()).messages).toHaveLength(2);
  });

  it('of a failing upstream: the status shows the failure, without a health alert before BLIND_AFTER', async () => {
    const world = await createWorld();
    await world.untilEnded();
    await world.knobs({ error: { probability: 1, status: 503 } });
    await expect(world.tick()).rejects.toThrow('503');
    expect((await world.status()).failure).toMatchObject({ kind: 'upstream' });
    expect(await kinds(world)).toEqual([]);
    await world.evict();
    expect((await world.status()).failure).toMatchObject({ kind: 'upstream' });
  });

  it('that expires: reported with 3 days and with 1 day left, by alarms set for those times', async () => {
    const expires = new Date(Date.now() + 5 * DAY).toISOString();
    const world = await createWorld({ settings: { API_KEY_EXPIRES_AT: expires, BLIND_AFTER: '24h' } });
    await world.untilEnded();
    await settled(world);
    const messagesSent = async () =>
      (await world.slack.read()).messages.filter(({ text }) => text.includes('API key expires')).length;
    expect(await messagesSent()).toBe(1);
    for (let day = 0; day < 4; day++) {
      for (let half = 0; half < 2; half++) {
        await world.advance(DAY / 2);
        await world.poll();
        await world.runAlarm();
      }
      if (day === 1) await world.evict();
    }
    expect(await messagesSent()).toBe(3);
    expect((await world.status()).healthAlerts).toMatchObject([{ kind: 'key-expiring' }]);
  });
});

describe('a tick that failed', () => {
  it.each([
    ['404', { error: { probability: 1, status: 404 } }, 'upstream'],
    ['a closed connection', { reset: { probability: 1 } }, 'upstream'],
    ['HTML', { html: { probability: 1 } }, 'upstream'],
    ['a response that echoes the key', { echo: { probability: 1, status: 401 } }, 'key'],
  ] as const)('by %s of the upstream is reported to the ledger, without the key', async (_, knobs, kind) => {
    const world = await createWorld();
    await world.knobs(knobs);
    await expect(world.tick()).rejects.toThrow();
    const status = await world.status();
    expect(status.failure).toMatchObject({ kind });
    expect(JSON.stringify(status)).not.toContain(world.apiKey);
  });

  it('by an error of our own is reported as other', async () => {
    const world = await createWorld();
    await world.untilEnded();
    const record = () => Promise.reject(new Error('a bug of ours'));
    await expect(world.tick({}, { record })).rejects.toThrow('a bug of ours');
    expect((await world.status()).failure).toMatchObject({ kind: 'other', message: 'a bug of ours' });
  });

  it('by an error of the ledger throws that error, and is logged', async () => {
    const world = await createWorld();
    const broken = () => Promise.reject(new Error('no ledger there'));
    const from = logged.length;
    await expect(world.tick({}, { begin: broken, recordFailedTick: broken })).rejects.toThrow('no ledger there');
    expect(logged.slice(from).join('\n')).toContain('the failure could not be reported to the ledger');
  });
});

describe('the heartbeat', () => {
  /** A world, and a monitor that responds like this. */
  async function withMonitor(answer: FakeAnswer = { status: 204 }): Promise<{ world: World; monitor: Inbox }> {
    const monitor = await createInbox();
    await monitor.answer(answer);
    return { world: await createWorld(), monitor };
  }

  it('is sent after each scan that ended', async () => {
    const { world, monitor } = await withMonitor();
    for (let n = 0; n < 3; n++) await world.tick({ HEARTBEAT_URL: monitor.url });
    expect(await monitor.posts()).toBe(3);
  });

  it('is not sent after a failed tick or an unfinished scan', async () => {
    const { world, monitor } = await withMonitor();
    await world.knobs({ error: { probability: 1, status: 503 } });
    await world.tick({ HEARTBEAT_URL: monitor.url }).catch(() => {});
    await world.clearKnobs();
    const now = Date.now();
    await world.append(Array.from({ length: 4_100 }, (_, i) => entryAt(now - 30 * MINUTE + i * 10, `many-${i}`)));
    expect((await world.tick({ HEARTBEAT_URL: monitor.url })).stopped).toBe('budget');
    expect(await monitor.posts()).toBe(0);
    expect((await world.tick({ HEARTBEAT_URL: monitor.url })).stopped).toBe('scan ended');
    expect(await monitor.posts()).toBe(1);
  });

  it.each([
    ['responds with 500', { status: 500 }],
    ['redirects', { status: 302, headers: { location: 'https://elsewhere.example/' } }],
    ['closes the connection', { status: 0, reset: true }],
    ['never responds', { status: 0, hang: true }],
  ] satisfies [string, FakeAnswer][])(
    'to a monitor that %s fails no tick, and logs one line without its address',
    async (_, answer) => {
      const timeout = AbortSignal.timeout.bind(AbortSignal);
      const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms === 10_000 ? 100 : ms));
      const { world, monitor } = await withMonitor(answer);
      const from = logged.length;
      expect((await world.tick({ HEARTBEAT_URL: monitor.url })).stopped).toBe('scan ended');
      const lines = logged.slice(from).filter((line) => line.includes('"at":"heartbeat"'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).not.toMatch(/127\.0\.0\.1|a-secret-of-slack|elsewhere/);
      expect((await world.status()).failure).toBeNull();
      spy.mockRestore();
    },
  );

  it('is not sent without HEARTBEAT_URL', async () => {
    const { world } = await withMonitor();
    const before = world.costs.requests;
    await world.tick();
    expect(world.costs.requests - before).toBe(1);
  });
});

it('no log line contains a secret, a pass or a secret address', async () => {
  const { world, hook } = await twoReceivers();
  await hook.answer({ status: 400, body: `no: ${hook.url}` });
  await openAlert(world);
  await settled(world);
  await world.stub.testReceivers();
  await world.knobs({ error: { probability: 1, status: 401 } });
  await world.tick({ HEARTBEAT_URL: hook.url }).catch(() => {});
  await settled(world);
  const log = logged.join('\n');
  expect(log).toContain('"at":"delivery"');
  const hex = /[0-9a-f]{64}/;
  for (const secret of ['a-secret-of-slack', SIGNING_KEY, world.apiKey, inject('linkSecret'), 'pass=', hex]) {
    expect(log).not.toMatch(secret);
  }
});
