/** What is done in PagerDuty, and what is done here and comes back: with the real ledger and receiver, in the runtime. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { pagerduty } from '../../src/notify/pagerduty/pagerduty.ts';
import { hmacHex } from '../../src/text/hmac.ts';
import { createIncidents, pagerDutyProblem } from '../support/pagerduty-incidents.ts';
import { openAlert, settled } from './receivers.ts';
import { createSite, type Site, type SiteChanges } from './site.ts';
import { HOUR, logged, MINUTE } from './world.ts';

const SECRET = 'GReRsSVR4VGhLrWRfl9xR5QOiCZV2cDQ';
const OTHER_SECRET = 'kaoeVR4VGhLrWRfl9xR5QOiCZV2cDQGR';
const TOKEN = 'y_NbAkKc66ryYTWUXYEu';
const SETTINGS = {
  PAGERDUTY_ROUTING_KEY: 'e93facc04764012d7bfb002500d5d1a6',
  PAGERDUTY_WEBHOOK_SECRET: SECRET,
};

/** PagerDuty, as the real receiver reaches it. */
const vendor = createIncidents();
// A spy of the world's, which keeps no pace.
const spied = vi.mocked(pagerduty.read);
const read = spied.getMockImplementation();
spied.mockImplementation((...args) => {
  const create = read?.(...args) ?? null;
  if (create === null) return null;
  const fetch = (_: string, { body }: RequestInit): Promise<Response> => {
    const event = JSON.parse(String(body)) as Record<string, unknown>;
    expect(pagerDutyProblem(event)).toBeNull();
    const changed = vendor.take(event);
    // What an event does to an incident comes back, as an integration's.
    if (changed !== null) echoes.push({ key: changed.key, event_type: `incident.${changed.status}` });
    return Promise.resolve(new Response('{"status":"success"}', { status: 202 }));
  };
  return (outside) => create({ ...outside, fetch });
});
const echoes: { key: string; event_type: string }[] = [];

let site: Site;
beforeAll(async () => {
  site = await createSite({ settings: SETTINGS, world: { settings: SETTINGS } });
  await site.world.tick();
});

interface Raised {
  readonly id: number;
  readonly rule: string;
  readonly key: string;
}

/** A new alert, with its incident. */
async function alertOf(): Promise<Raised> {
  // So many of one rule would be a flood.
  await site.world.sql('UPDATE receivers SET floods = NULL');
  await openAlert(site.world);
  await settled(site.world, ['pagerduty']);
  const [row] = await site.world.sql<{ id: number; rule: string }>(
    'SELECT id, rule FROM alerts ORDER BY id DESC LIMIT 1',
  );
  const [id, rule] = [Number(row?.id), String(row?.rule)];
  return { id, rule, key: `tocsin/alert/${id}/${rule}` };
}

interface Sent {
  readonly event_type?: string;
  readonly id?: string;
  readonly key?: string | null;
  readonly agent?: object | null;
  readonly data?: object;
  /** How long ago it was done, ms. */
  readonly age?: number;
  readonly body?: string;
  readonly secret?: string;
  readonly signature?: string;
  readonly path?: string;
  readonly changes?: SiteChanges;
}

const BOB = {
  id: 'PLH1HKV',
  type: 'user_reference',
  summary: 'Bob Builder',
  self: 'https://api.pagerduty.com/users/PLH1HKV',
};
const INTEGRATION = { id: 'PXMQRWJ', type: 'inbound_integration_reference', summary: 'Events API V2' };
const BY = 'Bob Builder (PLH1HKV)';
const ACKNOWLEDGED = 'incident.acknowledged';
const RESOLVED = 'incident.resolved';
const REASON = '{"reason":"true positive","comment":"Resolved in PagerDuty, which gives no reason"}';
let sentEvents = 0;

/** As https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/01-Overview.md shows it. */
function bodyOf({ event_type = ACKNOWLEDGED, id, key = null, agent = BOB, data, age = 0 }: Sent): string {
  return JSON.stringify({
    event: {
      id: id ?? `01DRF6BV78DEFGHIJK${++sentEvents}`,
      event_type,
      resource_type: 'incident',
      occurred_at: new Date(Date.now() - age).toISOString(),
      agent,
      client: { name: 'PagerDuty' },
      data: { id: 'Q2KURS8RXYZ123', type: 'incident', incident_key: key, resolve_reason: null, title: 'x', ...data },
    },
  });
}

async function visit(body: BodyInit, { signature = '', path = '', changes = {} }: Sent): Promise<Response> {
  const init = {
    method: 'POST',
    body,
    headers: { 'x-pagerduty-signature': signature, 'content-type': 'application/json' },
  };
  const ledger = site.world.stub as unknown as Site['ledger'];
  return site.visit(`/pagerduty/webhook${path}`, init, { ...changes, deps: { ledger, ...changes.deps } });
}

/** The status, and the acts that came of it. */
async function send(sent: Sent): Promise<{ status: number; acts: string[] }> {
  const before = (await actsNow()).length;
  const body = sent.body ?? bodyOf(sent);
  const { status } = await visit(body, { signature: `v1=${hmacHex(sent.secret ?? SECRET, body)}`, ...sent });
  return { status, acts: (await actsNow()).slice(before) };
}

/** Everything that PagerDuty says of what our events did. Returns the acts that came of it. */
async function echo(): Promise<string[]> {
  await settled(site.world, ['pagerduty']);
  const said = await Promise.all(
    echoes.splice(0).map(({ key, event_type }) => send({ key, event_type, agent: INTEGRATION })),
  );
  for (const { status } of said) expect(status).toBe(200);
  await settled(site.world, ['pagerduty']);
  return said.flatMap(({ acts }) => acts);
}

async function actsNow(): Promise<string[]> {
  const rows = await site.world.sql<{ text: string }>(
    "SELECT alert || ' ' || act || ' by ' || who || ' via ' || via || ' ' || coalesce(detail, '') AS text FROM acts WHERE via IS NOT NULL ORDER BY id",
  );
  return rows.map(({ text }) => text.trim());
}

async function securityLog(): Promise<string[]> {
  const rows = await site.world.sql<{ text: string }>(
    "SELECT act || ': ' || who || ': ' || detail AS text FROM security_log ORDER BY id",
  );
  return rows.map(({ text }) => text);
}

/** What was sent about an alert, without its first trigger. */
const sentOf = ({ key }: Raised): string[] =>
  (vendor.events as { dedup_key: string; event_action: string }[])
    .filter(({ dedup_key }) => dedup_key === key)
    .map(({ event_action }) => event_action)
    .slice(1);
const statusOf = ({ key }: Raised): string | undefined =>
  vendor.incidents.find((incident) => incident.key === key)?.status;
const statusHere = async ({ id }: Raised): Promise<unknown> =>
  (await site.world.sql('SELECT state FROM alerts WHERE id = ?', id))[0]?.['state'];

const actHere = (of: Raised, act: 'acknowledge' | 'resolve') =>
  site.world.stub.act({
    ...{ alerts: [of.id], who: 'Ada', via: 'page', seenLevel: null },
    act: act === 'resolve' ? { act, reason: 'expected', comment: null } : { act, comment: null },
  });

/** The real ledger, with other calls. */
function ledgerWith(calls: Partial<Site['ledger']>): Site['ledger'] {
  const stub = site.world.stub as unknown as Record<string, (...args: unknown[]) => unknown>;
  return new Proxy(calls, {
    get: (own, name: string) => Reflect.get(own, name) ?? ((...args: unknown[]) => stub[name]?.(...args)),
  }) as Site['ledger'];
}

describe('an incident', () => {
  it('that is acknowledged and resolved there is so here, and nothing goes back', async () => {
    const of = await alertOf();
    expect(await echo()).toEqual([]);
    expect(await send({ key: of.key })).toEqual({ status: 200, acts: [`${of.id} acknowledge by ${BY} via pagerduty`] });
    expect(await statusHere(of)).toBe('acknowledged');
    expect(await send({ key: of.key, event_type: RESOLVED })).toEqual({
      status: 200,
      acts: [`${of.id} resolve by ${BY} via pagerduty ${REASON}`],
    });
    expect(await statusHere(of)).toBe('resolved');
    await settled(site.world, ['pagerduty']);
    expect(sentOf(of)).toEqual([]);
    expect((await securityLog()).slice(-2)).toEqual([
      `alert act: pagerduty PLH1HKV: by ${BY} (pagerduty): acknowledge ${of.id}`,
      `alert act: pagerduty PLH1HKV: by ${BY} (pagerduty): resolve ${of.id}`,
    ]);
  });

  it('whose alert is acknowledged and resolved here is so there, once, and what comes back changes nothing', async () => {
    const of = await alertOf();
    await echo();
    await actHere(of, 'acknowledge');
    expect(await echo()).toEqual([]);
    expect([statusOf(of), sentOf(of)]).toEqual(['acknowledged', ['acknowledge']]);
    await actHere(of, 'resolve');
    expect(await echo()).toEqual([]);
    expect([statusOf(of), sentOf(of)]).toEqual(['resolved', ['acknowledge', 'resolve']]);
    expect(await echo()).toEqual([]);
  });

  it('acknowledged by one here and by another there is the other’s, and ends there', async () => {
    const of = await alertOf();
    await actHere(of, 'acknowledge');
    await echo();
    expect((await send({ key: of.key })).acts).toEqual([`${of.id} acknowledge by ${BY} via pagerduty`]);
    await actHere(of, 'resolve');
    expect(await echo()).toEqual([]);
    expect(sentOf(of)).toEqual(['acknowledge', 'resolve']);
    // As late as it comes.
    expect(await send({ key: of.key })).toEqual({ status: 200, acts: [] });
  });

  it('of a service that creates alerts has no key: its alerts are asked for', async () => {
    const [one, two] = [await alertOf(), await alertOf()];
    const asked: [string, unknown][] = [];
    const fetch = (url: string, { headers }: RequestInit): Promise<Response> => {
      asked.push([url, headers]);
      const alerts = [one.key, 'srv01/HTTP', null, two.key, 'tocsin/health/blind/'].map((alert_key) => ({
        alert_key,
        body: {},
      }));
      return Promise.resolve(Response.json({ alerts, limit: 25, more: false }));
    };
    const changes = { settings: { PAGERDUTY_API_TOKEN: TOKEN }, deps: { fetch } };
    expect((await send({ changes })).acts).toEqual([
      `${one.id} acknowledge by ${BY} via pagerduty`,
      `${two.id} acknowledge by ${BY} via pagerduty`,
    ]);
    expect(asked).toEqual([
      [
        'https://api.pagerduty.com/incidents/Q2KURS8RXYZ123/alerts?limit=25',
        { authorization: `Token token=${TOKEN}`, accept: 'application/json' },
      ],
    ]);
    const eu = { settings: { ...changes.settings, PAGERDUTY_REGION: 'eu' }, deps: { fetch } };
    await send({ event_type: RESOLVED, changes: eu });
    expect(asked[1]?.[0]).toMatch(/^https:\/\/api\.eu\.pagerduty\.com\/incidents\//);
  });

  it.each<[string, () => Promise<Response>, number]>([
    ['is not known there', () => Promise.resolve(new Response('', { status: 404 })), 200],
    ['can’t be asked for: the token is wrong', () => Promise.resolve(new Response('', { status: 401 })), 503],
    ['can’t be asked for: it redirects', () => Promise.resolve(new Response('', { status: 302 })), 503],
    ['can’t be read', () => Promise.resolve(new Response('{"alerts":[{"alert_key":7}]}')), 503],
    ['is no JSON', () => Promise.resolve(new Response('<html>')), 503],
    ['can’t be reached', () => Promise.reject(new Error(`connect to ${TOKEN}`)), 503],
    ['takes too long', () => new Promise(() => undefined), 503],
  ])('without a key that %s does nothing', async (_, fetch, status) => {
    const withTimeout = (_url: string, { signal }: RequestInit): Promise<Response> =>
      Promise.race([
        fetch(),
        new Promise<Response>((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
      ]);
    const changes = { settings: { PAGERDUTY_API_TOKEN: TOKEN }, deps: { fetch: withTimeout } };
    const began = performance.now();
    expect(await send({ changes })).toEqual({ status, acts: [] });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(logged.join('\n')).not.toContain(TOKEN);
  });

  it('without a key and a token does nothing, and the log says so', async () => {
    expect(await send({})).toEqual({ status: 200, acts: [] });
    expect(logged.at(-1)).toContain('PAGERDUTY_API_TOKEN is not set');
  });
});

describe('the signature', () => {
  it('may be one of several, by one of several secrets', async () => {
    for (const [secrets, by] of [
      [`${OTHER_SECRET}, ${SECRET}`, SECRET],
      [`${OTHER_SECRET}\n${SECRET}`, OTHER_SECRET],
    ] as const) {
      const of = await alertOf();
      const body = bodyOf({ key: of.key });
      const signature = `v1=${'0'.repeat(64)}, v1=${hmacHex(by, body)},v2=x`;
      const changes = { settings: { PAGERDUTY_WEBHOOK_SECRET: secrets } };
      expect(await send({ body, signature, changes })).toMatchObject({ status: 200, acts: [expect.any(String)] });
    }
  });

  it.each<[string, (body: string) => Sent]>([
    ['is missing', () => ({ signature: '' })],
    ['is by another secret', () => ({ secret: OTHER_SECRET })],
    ['is of another body', (body) => ({ signature: `v1=${hmacHex(SECRET, `${body} `)}` })],
    ['has another version', (body) => ({ signature: `v2=${hmacHex(SECRET, body)}` })],
    ['has no version', (body) => ({ signature: hmacHex(SECRET, body) })],
    ['comes after too many others', (body) => ({ signature: `${'v1=0,'.repeat(20)}v1=${hmacHex(SECRET, body)}` })],
    ['is right, but no secret is set', () => ({ changes: { settings: { PAGERDUTY_WEBHOOK_SECRET: '' } } })],
    [
      'is right, but the secret is too short',
      () => ({ secret: 'x', changes: { settings: { PAGERDUTY_WEBHOOK_SECRET: 'x' } } }),
    ],
  ])('does not count if it %s', async (_, more) => {
    const of = await alertOf();
    const body = bodyOf({ key: of.key });
    expect(await send({ body, ...more(body) })).toEqual({ status: 404, acts: [] });
  });

  it('does not count over a body that is too long', async () => {
    const of = await alertOf();
    expect(await send({ key: of.key, data: { title: 'x'.repeat(300_000) } })).toEqual({ status: 404, acts: [] });
    expect((await send({ key: of.key, data: { title: 'x'.repeat(200_000) } })).acts).toHaveLength(1);
  });

  it('is waited for, with the body, for a second: PagerDuty sends it again', async () => {
    const slow = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) });
    const began = performance.now();
    expect((await visit(slow, {})).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});

describe('the same event again', () => {
  it('does nothing, also once that could change something', async () => {
    const of = await alertOf();
    const body = bodyOf({ key: of.key });
    expect((await send({ body })).acts).toHaveLength(1);
    await actHere(of, 'acknowledge');
    for (let i = 0; i < 3; i++) expect(await send({ body })).toEqual({ status: 200, acts: [] });
    // Of PagerDuty's at the same time, one counts.
    const at = bodyOf({ key: of.key, event_type: RESOLVED });
    const all = await Promise.all([1, 2, 3].map(() => send({ body: at })));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await actsNow()).filter((text) => text.startsWith(`${of.id} resolve`))).toHaveLength(1);
  });

  it.each<[string, (of: Raised) => Partial<Site['ledger']>]>([
    ['before it was done', () => ({ act: () => Promise.reject(new Error('the ledger restarts')) })],
    [
      'with its answer',
      () => ({
        act: async (request) => {
          await site.world.stub.act(request);
          throw new Error('the connection broke');
        },
      }),
    ],
    ['before it was spent', () => ({ spendProof: () => Promise.reject(new Error('the connection broke')) })],
    ['at once', () => ({ isProofSpent: () => Promise.reject(new Error('the ledger is full')) })],
    ['by not answering', () => ({ act: () => new Promise(() => undefined) })],
  ])('counts, once, after it failed %s', async (_, calls) => {
    const of = await alertOf();
    const body = bodyOf({ key: of.key });
    const began = performance.now();
    expect((await send({ body, changes: { deps: { ledger: ledgerWith(calls(of)) } } })).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect((await send({ body })).status).toBe(200);
    expect((await actsNow()).filter((text) => text.startsWith(`${of.id} `))).toEqual([
      `${of.id} acknowledge by ${BY} via pagerduty`,
    ]);
  });

  it('fails while no ledger is bound', async () => {
    const of = await alertOf();
    expect((await send({ key: of.key, changes: { deps: { ledger: null } } })).status).toBe(503);
  });

  it('does nothing after a day', async () => {
    const of = await alertOf();
    expect(await send({ key: of.key, age: 25 * HOUR })).toEqual({ status: 200, acts: [] });
    expect(await send({ key: of.key, age: -25 * HOUR })).toEqual({ status: 200, acts: [] });
    expect(await statusHere(of)).toBe('open');
  });
});

describe('nothing is done', () => {
  it.each<[string, (of: Raised) => Sent]>([
    ['to an alert that is not there', ({ rule }) => ({ key: `tocsin/alert/999999/${rule}` })],
    ['to an alert of another ledger: another rule', ({ id }) => ({ key: `tocsin/alert/${id}/another` })],
    ['to an alert of another ledger: it was not sent yet', ({ key }) => ({ key, age: HOUR })],
    ['to what is no alert', () => ({ key: 'tocsin/health/blind/' })],
    ['to what is not Tocsin’s', () => ({ key: 'srv01/HTTP' })],
    ['by an integration', ({ key }) => ({ key, agent: INTEGRATION })],
    ['by a service', ({ key }) => ({ key, agent: { id: 'PF9KMXH', type: 'service_reference', summary: 'API' } })],
    ['by nobody', ({ key }) => ({ key, agent: null })],
    ['by a person without an id', ({ key }) => ({ key, agent: { type: 'user_reference' } })],
    [
      'by a merge, which resolves an incident in a person’s name',
      ({ key }) => ({
        key,
        event_type: RESOLVED,
        data: { resolve_reason: { type: 'merge_resolve_reason', incident: {} } },
      }),
    ],
    [
      'by a test',
      () => ({ body: '{"event":{"id":"1","event_type":"pagey.ping","agent":null,"data":{"type":"ping"}}}' }),
    ],
    ...['triggered', 'unacknowledged', 'reopened', 'reassigned', 'annotated'].map(
      (type): [string, (of: Raised) => Sent] => [
        `by incident.${type}`,
        ({ key }) => ({ key, event_type: `incident.${type}` }),
      ],
    ),
  ])('%s', async (_, sent) => {
    const of = await alertOf();
    expect(await send(sent(of))).toEqual({ status: 200, acts: [] });
    expect(await statusHere(of)).toBe('open');
  });

  it.each([
    '',
    '{}',
    '[]',
    'null',
    'x',
    '['.repeat(50_000),
    '{"event":{}}',
    '{"event":{"event_type":"incident.resolved"}}',
    bodyOf({ data: { id: '../users' } }),
    bodyOf({ id: '' }),
    bodyOf({}).replace(/"occurred_at":"[^"]*"/, '"occurred_at":"soon"'),
  ])('by a signed body that can’t be read: %.40s', async (body) => {
    expect(await send({ body })).toEqual({ status: 422, acts: [] });
  });

  it('where no receiver has the name that the address says', async () => {
    const of = await alertOf();
    expect(await send({ key: of.key, path: '?receiver=slack' })).toEqual({ status: 422, acts: [] });
    expect(await send({ key: of.key, path: '?receiver=pagerduty' })).toMatchObject({ acts: [expect.any(String)] });
  });
});

describe('a name', () => {
  it.each([
    ['Bob\u202e\u0000\n<b onclick=x>', 'Bob\ufffd <b onclick=x> (PLH1HKV)'],
    ['', 'PLH1HKV'],
    [null, 'PLH1HKV'],
    ['x'.repeat(5_000), `${'x'.repeat(149)}… (PLH1HKV)`],
    ['tocsin', 'tocsin (PLH1HKV)'],
  ])('is one line, and has its id: %.30j', async (summary, who) => {
    const of = await alertOf();
    expect((await send({ key: of.key, agent: { ...BOB, summary } })).acts).toEqual([
      `${of.id} acknowledge by ${who} via pagerduty`,
    ]);
  });
});

it('an event of just before the incident is known to be opened counts: clocks differ', async () => {
  const of = await alertOf();
  expect((await send({ key: of.key, age: MINUTE / 2 })).acts).toHaveLength(1);
});
