/** Clicks in the Slack app's messages: who may act, on what, and once; with the real ledger, in the runtime. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type ActedOn, blockIdOf } from '../../src/notify/slack-app/action.ts';
import { hmacHex } from '../../src/text/hmac.ts';
import { lastOpened, openAlert } from './receivers.ts';
import { createSite, type Site, type SiteChanges } from './site.ts';

const SIGNING = '8f742231b10e8888abcd99yyyzzz85a5';
const RESPONDER = 'U012AB3CD';
const SETTINGS = {
  SLACK_SIGNING_SECRET: SIGNING,
  SLACK_RESPONDERS: `U045EF6GH, ${RESPONDER}`,
  PUBLIC_URL: 'https://tocsin.example',
};
const HOOK = 'https://hooks.slack.com/actions/T1/2/3';

let site: Site;
let ledgerId: string;
/** What people see as an answer, with where it was posted. */
const answers: [string, string][] = [];

beforeAll(async () => {
  site = await createSite({ settings: SETTINGS });
  await site.world.tick();
  ledgerId = await site.world.stub.ledgerId();
});

/** A new alert; returns its number. */
async function alertOf(): Promise<number> {
  await openAlert(site.world);
  const [row] = await site.world.sql<{ id: number }>('SELECT max(id) AS id FROM alerts');
  return Number(row?.id);
}

interface Sent {
  readonly action?: object;
  readonly alerts?: readonly number[];
  readonly user?: object;
  readonly ledger?: string;
  readonly level?: 'low' | 'high' | 'critical';
  /** Instead of these two. */
  readonly shown?: ActedOn['alerts'];
  readonly hook?: string;
  readonly body?: string;
  /** How old it is, ms. */
  readonly age?: number;
  readonly secret?: string;
  readonly headers?: Record<string, string>;
  readonly changes?: SiteChanges;
}

/** Of each click, another one. */
let clicks = 0;
const ACK = { action_id: 'acknowledge', value: '-' };

function requestOf({ action = ACK, alerts = [1], ledger = ledgerId, level = 'critical', ...of }: Sent): RequestInit {
  const { shown = alerts.map((id) => ({ id, level })) } = of;
  const payload = {
    type: 'block_actions',
    trigger_id: `13345224609.${++clicks}`,
    user: { id: RESPONDER, username: 'jane', ...of.user },
    response_url: of.hook ?? HOOK,
    message: { text: 'x'.repeat(2_000) },
    actions: [{ type: 'button', block_id: blockIdOf({ ledger, alerts: shown }), ...action }],
  };
  const body = of.body ?? new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const at = String(Math.floor((Date.now() - (of.age ?? 0)) / 1000));
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': at,
    'x-slack-signature': `v0=${hmacHex(of.secret ?? SIGNING, `v0:${at}:${body}`)}`,
    ...of.headers,
  };
  return { method: 'POST', body, headers };
}

async function visit(init: RequestInit, changes: SiteChanges = {}): Promise<Response> {
  const fetch = (url: string, { body }: RequestInit): Promise<Response> => {
    answers.push([url, (JSON.parse(String(body)) as { text: string }).text]);
    return Promise.resolve(new Response('ok'));
  };
  const ledger = site.world.stub as unknown as Site['ledger'];
  return site.visit('/slack/actions', init, { ...changes, deps: { ledger, fetch, ...changes.deps } });
}

/** The status, what the one who clicked sees, and the acts that came of it. */
async function click(sent: Sent): Promise<{ status: number; shown: string; acts: string[] }> {
  const before = (await actsNow()).length;
  answers.length = 0;
  const { status } = await visit(requestOf(sent), sent.changes);
  return { status, shown: answers.map(([, text]) => text).join('\n'), acts: (await actsNow()).slice(before) };
}

async function actsNow(): Promise<string[]> {
  const rows = await site.world.sql<{ text: string }>(
    "SELECT alert || ' ' || act || ' by ' || who || ' via ' || via || ' ' || coalesce(detail, '') AS text FROM acts ORDER BY id",
  );
  return rows.map(({ text }) => text.trim());
}

describe('a responder', () => {
  it('acknowledges, and resolves for a reason', async () => {
    const id = await alertOf();
    const link = `https://tocsin.example/alerts/${id}`;
    expect(await click({ alerts: [id] })).toEqual({
      status: 200,
      shown: `1 alert acknowledged. ${link}`,
      acts: [`${id} acknowledge by jane (${RESPONDER}) via slack`],
    });
    const action = { action_id: 'resolve', selected_option: { text: { text: 'x' }, value: 'false positive' } };
    expect(await click({ alerts: [id], action })).toEqual({
      status: 200,
      shown: `1 alert resolved. ${link}`,
      acts: [`${id} resolve by jane (${RESPONDER}) via slack {"reason":"false positive"}`],
    });
    expect(await click({ alerts: [id], action })).toMatchObject({
      shown: `1 alert resolved before. ${link}`,
      acts: [],
    });
  });

  it('acts on all that the message listed', async () => {
    const ids = [await alertOf(), await alertOf()];
    expect((await click({ alerts: ids })).acts).toHaveLength(2);
    expect((await click({ alerts: ids })).shown).toMatch(/^2 alerts as before\. /);
  });

  it('does nothing to what was raised since the message', async () => {
    const id = await alertOf();
    expect(await click({ alerts: [id], level: 'low' })).toMatchObject({
      shown: expect.stringMatching(/raised since this message/),
      acts: [],
    });
  });

  it('nor to one of several that was, though another was shown as severe', async () => {
    const ids = [await alertOf(), await alertOf()];
    const shown = ids.map((id, i) => ({ id, level: i === 0 ? ('critical' as const) : ('low' as const) }));
    const { shown: said, acts } = await click({ shown });
    expect(said).toMatch(/^1 alert acknowledged; 1 alert raised since this message: look first\. /);
    expect(acts).toEqual([`${ids[0]} acknowledge by jane (${RESPONDER}) via slack`]);
  });

  it('silences an actor for two hours, once', async () => {
    const id = await alertOf();
    const matchers = { actor: lastOpened(), level: ['low', 'medium'] };
    const action = { action_id: 'silence', value: JSON.stringify({ of: 'actor', matchers }) };
    expect((await click({ alerts: [id], action })).shown).toMatch(/^Silenced for 2 hours: silence 1\. /);
    expect((await click({ alerts: [id], action })).shown).toMatch(/^Silenced for 2 hours: silence 1\. /);
    const [silence, ...more] = await site.world.stub.silences();
    expect([silence, more]).toMatchObject([
      { author: `jane (${RESPONDER})`, via: 'slack', matchers: { actors: [lastOpened()], levels: ['low', 'medium'] } },
      [],
    ]);
    expect((silence?.endsAt ?? 0) - (silence?.startsAt ?? 0)).toBe(2 * 3_600_000);
  });

  it.each([
    ['', 0],
    ['x', 0],
    ['{}', 0],
    ['{"matchers":{}}', 0],
    ['null', 0],
    ['[[[[', 0],
    ['{"matchers":{"actor":["a"],"fields":{"__proto__":"x"}}}', 1],
  ])('of %j, makes silences: %i', async (value, made) => {
    const before = (await site.world.stub.silences()).length;
    const { status, shown } = await click({ action: { action_id: 'silence', value } });
    expect([status, shown.length > 0]).toEqual([200, true]);
    expect((await site.world.stub.silences()).length - before).toBe(made);
  });

  it('is in the security log before it is done, each click once', async () => {
    const id = await alertOf();
    const init = requestOf({ alerts: [id] });
    for (let i = 0; i < 2; i++) await visit(init);
    const silence = { action_id: 'silence', value: JSON.stringify({ matchers: { actor: 'b' } }) };
    await click({ alerts: [id], action: silence });
    const [second, first, ...others] = (await site.world.stub.securityLog(null)).events;
    expect(first).toMatchObject({
      ...{ act: 'alert act', who: `jane (${RESPONDER})`, detail: `by jane (${RESPONDER}) (slack): acknowledge ${id}` },
    });
    expect(second?.detail).toMatch(/^by jane \(U012AB3CD\) \(slack\): \{"matchers":\{"actor":"b"\},"startsAt":/);
    expect(others.filter(({ detail }) => detail?.endsWith(`acknowledge ${id}`))).toEqual([]);
  });

  it('does nothing once the day has no room for it in the security log', async () => {
    const id = await alertOf();
    const ledger = {
      ...site.ledger,
      ledgerId: () => Promise.resolve(ledgerId),
      recordSecurity: () => Promise.resolve('too many' as const),
    };
    expect(await click({ alerts: [id], changes: { deps: { ledger } } })).toEqual({
      ...{
        status: 200,
        shown: expect.stringMatching(/^Nothing was done: the security log has no more room/),
        acts: [],
      },
    });
  });
});

describe('the same request again', () => {
  it('is answered, and does nothing', async () => {
    const [one, other] = [await alertOf(), await alertOf()];
    const init = requestOf({ alerts: [one] });
    expect((await visit(init)).status).toBe(200);
    await site.world.stub.act({
      ...{ alerts: [one], act: { act: 'resolve', reason: 'expected', comment: null }, who: 'x', via: 'x' },
      seenLevel: null,
    });
    const before = await actsNow();
    answers.length = 0;
    for (let i = 0; i < 3; i++) expect((await visit(init)).status).toBe(200);
    expect([await actsNow(), answers]).toEqual([before, []]);
    expect((await click({ alerts: [other] })).acts).toHaveLength(1);
  });
});

describe('nothing is done', () => {
  it.each<[string, Sent, RegExp]>([
    [
      'for a member who is not listed',
      { user: { id: 'U999999999' } },
      /not listed in SLACK_RESPONDERS.* https:\/\/tocsin/,
    ],
    ['for one whose name is a responder’s id', { user: { id: 'U9', username: RESPONDER } }, /not listed/],
    ['to alerts of another ledger', { ledger: 'f'.repeat(16) }, /another ledger/],
    ['where nobody is listed', { changes: { settings: { SLACK_RESPONDERS: '' } } }, /not listed/],
  ])('%s', async (_, sent, text) => {
    expect(await click(sent)).toEqual({ status: 200, shown: expect.stringMatching(text), acts: [] });
  });

  it.each<[string, Sent]>([
    ['by a link, which Slack reports too', { action: { action_id: 'tocsin-alert' } }],
    ['by an unknown button', { action: { action_id: 'delete' } }],
    ['for no reason', { action: { action_id: 'resolve' } }],
    ['for a reason of one’s own', { action: { action_id: 'resolve', selected_option: { value: 'superseded' } } }],
    ['by a row of buttons that is another app’s', { action: { ...ACK, block_id: 'x' } }],
  ])('%s', async (_, sent) => {
    expect(await click(sent)).toEqual({ status: 200, shown: '', acts: [] });
  });

  it.each<[string, Sent]>([
    ['an old one', { age: 301_000 }],
    ['one from the future', { age: -305_000 }],
    ['one without a time', { headers: { 'x-slack-request-timestamp': '' } }],
    ['one with a strange time', { headers: { 'x-slack-request-timestamp': '1e9' } }],
    ['one by another secret', { secret: `${SIGNING.slice(1)}0` }],
    ['one with another version', { headers: { 'x-slack-signature': `v1=${'0'.repeat(64)}` } }],
    ['one without a signature', { headers: { 'x-slack-signature': '' } }],
    ['one with another body', { headers: { 'x-slack-signature': `v0=${'0'.repeat(64)}` } }],
    ['one that is too long', { body: `payload=${'x'.repeat(1_100_000)}` }],
    ['any, where no secret is set', { changes: { settings: { SLACK_SIGNING_SECRET: '' } } }],
    ['any, where the secret is wrong', { changes: { settings: { SLACK_SIGNING_SECRET: 'x' } }, secret: 'x' }],
  ])('by a request that Slack did not sign, or not now: %s', async (_, sent) => {
    expect(await click(sent)).toEqual({ status: 404, shown: '', acts: [] });
  });

  it.each([
    '',
    'payload=',
    'payload=x',
    'payload={}',
    'payload=[]',
    `payload=${'['.repeat(50_000)}`,
    'payload={"actions":[{}]}',
  ])('by a signed body that can’t be read: %.30s', async (body) => {
    expect(await click({ body })).toEqual({ status: 422, shown: '', acts: [] });
  });
});

describe('the answer to the one who clicked', () => {
  it.each([
    'http://hooks.slack.com/actions/x',
    'https://hooks.slack.com.evil.example/actions/x',
    'https://evil.example',
    '',
  ])('goes to Slack only: %s', async (hook) => {
    const id = await alertOf();
    expect(await click({ alerts: [id], hook })).toMatchObject({ status: 200, shown: '', acts: [expect.any(String)] });
  });

  it('is that nothing is known where the ledger does not answer: Slack is answered in time', async () => {
    const ledger = { ...site.ledger, ledgerId: () => new Promise<string>(() => undefined) };
    const began = performance.now();
    expect(await click({ changes: { deps: { ledger } } })).toMatchObject({
      status: 200,
      shown: expect.stringMatching(/did not answer in time/),
    });
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('has no markup of others', async () => {
    const value = JSON.stringify({ matchers: { actor: 'a', fields: { '<!channel>': null } } });
    const { shown } = await click({ action: { action_id: 'silence', value } });
    expect(shown).toContain('&lt;!channel&gt;');
    expect(shown).not.toContain('<!');
  });
});
