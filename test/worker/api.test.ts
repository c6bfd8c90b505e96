/** The API of alerts over HTTP, with a real ledger: what it reads and does, for whom, in whose name, and what it refuses. */
import { beforeAll, describe, expect, it } from 'vitest';
import { operatorToken } from '../../src/access/operator.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import type { AllDeps } from '../../src/web/app.ts';
import { entryAt } from '../sandbox/odd.ts';
import { addViewer, bearer, createSite, SECRET, type Site, sessionOf } from './site.ts';
import { MINUTE, type World } from './world.ts';

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}
/** Asks as somebody: sends headers, and a proof over the whole request where that is what they have. */
type Ask = (method: 'GET' | 'POST', path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

let site: Site;
let world: World;
let ledger: AllDeps['ledger'];
let asResponder: Ask;
let asViewer: Ask;
let viewerHeaders: () => Promise<Record<string, string>>;
let asSession: Ask;
let asOperator: Ask;

function asking(headersOf: (method: string, path: string, body: string) => Promise<Record<string, string>>): Ask {
  return async (method, path, body, more = {}) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { ...(await headersOf(method, path, text)), ...more };
    const init = { method, headers, body: method === 'GET' ? null : text };
    const answer = await site.visit(path, init, { deps: { ledger } });
    return { status: answer.status, json: (await answer.json()) as Answer['json'] };
  };
}

beforeAll(async () => {
  const settings = { SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/x' };
  site = await createSite({ world: { settings }, settings });
  ({ world } = site);
  ledger = world.stub as unknown as AllDeps['ledger'];
  const actor = { id: 'u-7', name: 'Mallory', type: 'user' };
  const at = Date.now();
  await world.append([
    ...['gone-1', 'gone-2'].map((id, i) => entryAt(at - 3 * MINUTE + i, id, { action: 'api_key.deleted', actor })),
    entryAt(at - 2 * MINUTE, 'other', { action: 'api_key.deleted', actor: { id: 'u-8', name: 'Bob', type: 'user' } }),
    entryAt(at - MINUTE, 'quiet', { action: 'nothing.happened', method: 'DELETE', actor }),
  ]);
  await world.untilEnded();
  const [viewer, responder] = [await addViewer('Vera'), await addViewer('Rita', null, 'responder')];
  const { authorization } = bearer(responder.token).headers as Record<string, string>;
  const session = sessionOf(responder.id, { ledger: await world.stub.ledgerId() });
  viewerHeaders = async () => bearer(viewer.token).headers as Record<string, string>;
  asViewer = asking(viewerHeaders);
  asResponder = asking(async () => ({ authorization: authorization ?? '' }));
  asSession = asking(async () => ({ cookie: `__Host-tocsin=${session}` }));
  asOperator = asking(async (method, path, body) => {
    const nonce = [...crypto.getRandomValues(new Uint8Array(8))].map((n) => n.toString(16).padStart(2, '0')).join('');
    return { authorization: `Bearer ${await operatorToken(SECRET, method, path, body, Date.now(), nonce)}` };
  });
}, 120_000);

/** workerd warns where `text` is called on lines of JSON. */
const textOf = async (answer: Response) => new TextDecoder().decode(await answer.arrayBuffer());

const ACTS = '/api/alerts/acts';
const commentOn = (comment: string, more: object = {}) => ({ alerts: [1], act: 'comment', comment, ...more });
const OURS = { 'sec-fetch-site': 'same-origin', 'x-tocsin-csrf': '1' };

/** The last act on alert 1. */
async function lastAct() {
  const details = await world.stub.alert(1, null);
  return details?.acts.at(-1);
}

describe('lists', () => {
  it('alerts, by filters, for viewers', async () => {
    const all = await asViewer('GET', '/api/alerts');
    expect(all.status).toBe(200);
    expect(all.json).toMatchObject({ next: null, searchedTo: null });
    const ids = async (query: string) =>
      ((await asViewer('GET', `/api/alerts?${query}`)).json.alerts as { id: number }[]).map(({ id }) => id);
    expect(await ids('actor=mallory')).toContain(1);
    expect(await ids('actor=nobody')).toEqual([]);
    expect(await ids('until=1999-01-01T00:00:00Z')).toEqual([]);
    expect(await ids('since=1999-01-01T00:00:00Z&most=1')).toHaveLength(1);
    const [newest] = (all.json.alerts as { latest: unknown }[]).slice(-1);
    expect(newest?.latest).toMatchObject({ action: 'api_key.deleted', actor: { id: 'u-7', name: 'Mallory' } });
  });

  it('one alert, with what was done with it', async () => {
    const { status, json } = await asViewer('GET', '/api/alerts/1');
    expect([status, json]).toEqual([200, JSON.parse(JSON.stringify(await world.stub.alert(1, null)))]);
    expect((await asViewer('GET', '/api/alerts/4711')).status).toBe(404);
  });

  it('the log, a line for each entry, and the acts', async () => {
    const headers = await viewerHeaders();
    const get = (query: string) => site.visit(`/api/entries${query}`, { headers }, { deps: { ledger } });
    const answer = await get('?most=2');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const lines = (await textOf(answer)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { seq: 1, revision: 0, entry: { id: 'gone-1' }, read: { suppressBefore: null } },
      { seq: 2, revision: 0, entry: { id: 'gone-2' } },
    ]);
    expect(await textOf(await get('?after=999'))).toBe('');
    const acted = await asResponder('POST', ACTS, commentOn('for the log'));
    expect(acted.status).toBe(200);
    const { acts } = (await asViewer('GET', '/api/acts')).json as { acts: { detail: string; rule: string }[] };
    expect(acts.at(-1)).toMatchObject({ detail: '{"comment":"for the log"}', alert: 1 });
    expect((await asViewer('GET', '/api/acts?after=x')).status).toBe(422);
    const { rules } = (await asViewer('GET', '/api/rules')).json as { rules: { rule: string; matched: number }[] };
    expect(rules.length).toBeGreaterThan(0);
    expect(rules[0]).toMatchObject({
      rule: expect.any(String),
      matched: expect.any(Number),
      lastAt: expect.any(Number),
    });
    expect(await asViewer('GET', '/api/entries?limit=3')).toEqual({
      status: 422,
      json: { message: 'limit: is not one of after, since, until, most' },
    });
  });

  it.each([
    ['status=closed', 'status: is not one of unresolved, open, acknowledged, resolved, all'],
    ['level=terrible', 'level: is not one of informational, low, medium, high, critical'],
    ['since=yesterday', 'since: must be a time, such as 2026-01-05T12:00:00Z'],
    ['before=x', 'before: must be a positive whole number'],
    ['most=0', 'most: must be a positive whole number'],
    ['text=', 'text: must not be empty'],
    ['levle=high', 'levle: is not one of status, level, rule, actor, tag, assignee, text, since, until, before, most'],
    [`actor=${'a'.repeat(301)}`, 'actor: must have at most 300 characters: shorten it'],
  ])('no alerts by a filter that is wrong: %s', async (query, message) => {
    expect(await asViewer('GET', `/api/alerts?${query}`)).toEqual({ status: 422, json: { message } });
  });

  it.each(['/api/alerts/x', '/api/alerts/0', '/api/alerts/1e3/why', '/api/alerts/-1/route'])(
    'none: %s',
    async (path) => {
      expect((await asViewer('GET', path)).status).toBe(422);
    },
  );
});

describe('acts', () => {
  it('acknowledge, assign, comment and resolve, each once, in order, for responders', async () => {
    const outcome = async (body: object) => {
      const { status, json } = await asResponder('POST', ACTS, { alerts: [2, 4711], ...body });
      expect(status).toBe(200);
      return (json.outcomes as { alert: number; outcome: string }[]).map(({ outcome }) => outcome);
    };
    expect(await outcome({ act: 'acknowledge', comment: 'on it' })).toEqual(['done', 'missing']);
    expect(await outcome({ act: 'acknowledge' })).toEqual(['unchanged', 'missing']);
    expect(await outcome({ act: 'assign', to: 'Ada' })).toEqual(['done', 'missing']);
    expect(await outcome({ act: 'assign', to: null })).toEqual(['done', 'missing']);
    expect(await outcome({ act: 'comment', comment: 'x' })).toEqual(['done', 'missing']);
    expect(await outcome({ act: 'resolve', reason: 'expected', seenLevel: 'informational' })).toEqual([
      'raised',
      'missing',
    ]);
    expect(await outcome({ act: 'resolve', reason: 'expected', seenLevel: 'critical' })).toEqual(['done', 'missing']);
    expect(await outcome({ act: 'acknowledge' })).toEqual(['resolved before', 'missing']);
    expect((await world.stub.alert(2, null))?.acts.map(({ act, who, via }) => [act, who, via])).toEqual(
      ['acknowledge', 'assign', 'assign', 'comment', 'resolve'].map((act) => [act, 'Rita', 'api']),
    );
    const { events } = await world.stub.securityLog(null);
    expect(events.filter(({ act }) => act === 'alert act').map(({ detail }) => detail)).toContain(
      'by Rita (api): resolve 2, 4711',
    );
  });

  it('are in the name of who was authenticated; who knows LINK_SECRET may say theirs', async () => {
    const said = { as: 'ada@example.com', via: 'cli' };
    const rows: readonly (readonly [Ask, object, Record<string, string>, string, string])[] = [
      [asResponder, said, {}, 'Rita', 'cli'],
      [asResponder, {}, {}, 'Rita', 'api'],
      [asSession, said, OURS, 'Rita', 'page'],
      [asOperator, said, {}, 'operator (as ada@example.com)', 'cli'],
      [asOperator, {}, {}, 'operator', 'api'],
    ];
    for (const [ask, more, headers, who, via] of rows) {
      // The same comment twice is one.
      const comment = `by ${who} (${via})`;
      expect((await ask('POST', ACTS, commentOn(comment, more), headers)).status).toBe(200);
      expect(await lastAct()).toMatchObject({ act: 'comment', who, via, detail: { comment } });
    }
  });

  it.each<[Record<string, string>, number]>([
    [OURS, 200],
    [{ origin: 'https://tocsin.example', 'x-tocsin-csrf': '1' }, 200],
    [{ 'sec-fetch-site': 'same-origin' }, 403],
    [{ 'x-tocsin-csrf': '1' }, 403],
    [{ ...OURS, 'sec-fetch-site': 'same-site' }, 403],
    [{ ...OURS, 'sec-fetch-site': 'cross-site' }, 403],
    [{ ...OURS, 'sec-fetch-site': 'none' }, 403],
    [{ ...OURS, 'sec-fetch-site': 'cross-site', origin: 'https://tocsin.example' }, 403],
    [{ origin: 'https://evil.example', 'x-tocsin-csrf': '1' }, 403],
    [{ origin: 'null', 'x-tocsin-csrf': '1' }, 403],
    [{}, 403],
  ])('by a session come from a page of ours alone: %j: %i', async (headers, status) => {
    const before = (await lastAct())?.id;
    const answer = await asSession('POST', ACTS, commentOn(`by a session: ${JSON.stringify(headers)}`), headers);
    expect(answer.status).toBe(status);
    expect((await lastAct())?.id === before).toBe(status === 403);
    // A token is sent by no browser of itself.
    expect((await asResponder('POST', ACTS, commentOn('by a token'), headers)).status).toBe(200);
    expect((await asSession('GET', '/api/alerts', undefined, headers)).status).toBe(200);
  });

  it('are refused before a preflight of another site is answered', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-headers': 'x-tocsin-csrf' };
    const answer = await site.visit(ACTS, { method: 'OPTIONS', headers }, { deps: { ledger } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('of viewers are refused, and say what they need', async () => {
    const before = (await lastAct())?.id;
    expect(await asViewer('POST', ACTS, commentOn('x'))).toMatchObject({
      ...{ status: 403, json: { message: expect.stringContaining('the role responder') } },
    });
    expect((await lastAct())?.id).toBe(before);
  });

  it('by a request that somebody copied are done once', async () => {
    const body = JSON.stringify(commentOn('once'));
    const token = await operatorToken(SECRET, 'POST', ACTS, body, Date.now(), '0123456789abcdef');
    const send = async (text: string) =>
      (await site.visit(ACTS, { method: 'POST', ...bearer(token), body: text }, { deps: { ledger } })).status;
    expect([await send(`${body} `), await send(body), await send(body)]).toEqual([401, 200, 409]);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'not JSON'],
    ['a list', [], 'it: is not an object'],
    ['no alerts', { act: 'acknowledge' }, 'alerts: is not a list'],
    ['an empty list', { alerts: [], act: 'acknowledge' }, 'alerts: must have 1 to 100 ids'],
    [
      'too many',
      { alerts: Array.from({ length: 101 }, (_, i) => i + 1), act: 'acknowledge' },
      'alerts: must have 1 to 100 ids',
    ],
    ['an id that is text', { alerts: ['1'], act: 'acknowledge' }, 'alerts.0: is not a number'],
    ['half an alert', { alerts: [1.5], act: 'acknowledge' }, 'alerts.0: must be a positive whole number'],
    ['no act', { alerts: [1] }, 'act: is not one of acknowledge, resolve, assign, comment'],
    [
      'a name of Object',
      { alerts: [1], act: 'constructor' },
      'act: is not one of acknowledge, resolve, assign, comment',
    ],
    [
      'no reason',
      { alerts: [1], act: 'resolve' },
      'reason: is not one of true positive, expected, false positive, duplicate',
    ],
    ['nobody said', { alerts: [1], act: 'assign' }, 'to: is not text'],
    ['a name of spaces', { alerts: [1], act: 'assign', to: ' \u200b' }, 'to: must not be empty'],
    ['a hidden name', { alerts: [1], act: 'assign', to: 'A\u202eda' }, 'to: must not have invisible characters'],
    ['an empty comment', { alerts: [1], act: 'comment', comment: '' }, 'comment: must not be empty'],
    [
      'a long comment',
      { alerts: [1], act: 'comment', comment: 'a'.repeat(2001) },
      'comment: must have at most 2000 characters: shorten it',
    ],
    [
      'an unknown level',
      { alerts: [1], act: 'acknowledge', seenLevel: 'x' },
      'seenLevel: is not one of informational, low, medium, high, critical',
    ],
    ['a hidden author', { alerts: [1], act: 'acknowledge', as: 'a\u0000' }, 'as: must not have invisible characters'],
    ['another way', { alerts: [1], act: 'acknowledge', via: 'page' }, 'via: is not one of api, cli'],
  ])('that are wrong change nothing, and say what is: %s', async (_, body, message) => {
    const before = await world.sql('SELECT count(*) AS acts FROM acts');
    expect(await asResponder('POST', ACTS, body)).toEqual({ status: 422, json: { message } });
    expect(await world.sql('SELECT count(*) AS acts FROM acts')).toEqual(before);
  });
});

describe('silences', () => {
  it('are made, listed and ended, in the name of who does, and are in the security log', async () => {
    const comment = 'a migration of keys';
    const body = { matchers: { actor: 'u-9', level: ['low', 'high'] }, endsAt: Date.now() + 60 * MINUTE, comment };
    const made = await asResponder('POST', '/api/silences', body);
    expect(made).toMatchObject({ status: 201, json: { silence: { id: 1, author: 'Rita', via: 'api', comment } } });
    expect((await asViewer('GET', '/api/silences')).json).toEqual({ silences: [made.json.silence] });
    const ended = await asOperator('POST', '/api/silences/1/expire');
    expect(ended).toMatchObject({ status: 200, json: { silence: { id: 1, expiredBy: 'operator' } } });
    expect((await asOperator('POST', '/api/silences/7/expire', {})).status).toBe(404);
    const { events } = await world.stub.securityLog(null);
    const details = events.filter(({ act }) => act === 'silence').map(({ detail }) => detail ?? '');
    expect(details.some((detail) => detail.startsWith('by Rita (api): add {') && detail.includes(comment))).toBe(true);
    expect(details).toContain('by operator (api): expire 1');
  });

  it('name a rule by its title or file, and have the ids', async () => {
    const silence = (rule: string) =>
      asResponder('POST', '/api/silences', { matchers: { rule }, endsAt: Date.now() + MINUTE, comment: rule });
    const titled = ruleSet.rules.filter(({ title }) => title === 'API key deleted');
    const inFile = ruleSet.rules.filter(({ path }) => path.endsWith('/nirvana_audit_many_deletions.yml'));
    expect([titled.length, inFile.length]).toEqual([1, 2]);
    for (const [name, rules] of [
      ['API key deleted', titled],
      ['nirvana_audit_many_deletions', inFile],
    ] as const) {
      const made = await silence(name);
      expect(made).toMatchObject({
        status: 201,
        json: {
          silence: { matchers: { rules: rules.map(({ id }) => id) } },
          rules: rules.map(({ id, title }) => ({ id, title })),
        },
      });
      await asResponder('POST', `/api/silences/${(made.json.silence as { id: number }).id}/expire`);
    }
  });

  it('that are wrong say what to do', async () => {
    const body = { matchers: { level: 'low' }, endsAt: Date.now() + MINUTE, comment: 'x' };
    expect(await asResponder('POST', '/api/silences', body)).toEqual({
      status: 422,
      json: { message: 'matchers: must have a rule, an actor or an address: level, tag and fields only narrow these' },
    });
    expect((await asResponder('POST', '/api/silences', 'x')).status).toBe(422);
    const unknown = { ...body, matchers: { rule: 'API key deletd' } };
    expect(await asResponder('POST', '/api/silences', unknown)).toEqual({
      status: 422,
      json: {
        message: 'matchers.rule: no rule has this id, name, title or file; did you mean "API key deleted"? Write it so',
      },
    });
    expect((await asResponder('POST', '/api/silences/x/expire', {})).status).toBe(422);
  });
});

describe('why', () => {
  it('an entry opened an alert: the rules, the decisions, and where a match goes now', async () => {
    const { status, json } = await asViewer('GET', '/api/entries/gone-1/why');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...{ isOwnRead: false, rulesChanged: false },
      parts: expect.arrayContaining([expect.objectContaining({ part: 'matched' })]),
      matched: expect.arrayContaining([
        expect.objectContaining({
          alerts: true,
          routes: { to: [expect.objectContaining({ receiver: 'slack' })], not: [] },
        }),
      ]),
    });
    expect((await asViewer('GET', '/api/entries/none/why')).status).toBe(404);
  });

  it('an entry opened nothing: a correlation counts it and needs more, and what came near', async () => {
    const { json } = await asViewer('GET', '/api/entries/quiet/why');
    expect(json).toMatchObject({ parts: [] });
    const matched = json.matched as { alerts: boolean; countedBy: { condition: string }[] }[];
    expect(matched.length).toBeGreaterThan(0);
    for (const { alerts, countedBy } of matched) {
      expect([alerts, countedBy.length]).toEqual([false, 1]);
      expect(countedBy[0]?.condition).toMatch(/ or more$/);
    }
    expect((json.near as unknown[]).length).toBeGreaterThan(0);
    for (const { held, failed } of json.near as { held: unknown[]; failed: unknown[] }[]) {
      expect([held.length > 0, failed.length > 0]).toEqual([true, true]);
    }
  });

  it('an alert is silenced now: by which silence, and where it would go', async () => {
    const body = {
      matchers: { actor: 'Mallory', level: ['low', 'medium', 'high', 'critical'] },
      endsAt: Date.now() + MINUTE,
      comment: 'x',
    };
    const made = await asResponder('POST', '/api/silences', body);
    const { id } = made.json.silence as { id: number };
    const why = await asViewer('GET', '/api/alerts/1/why');
    expect(why.json).toMatchObject({ ruleIsGone: false, silencedBy: [id], decided: {}, alert: { id: 1 } });
    const route = await asViewer('GET', '/api/alerts/1/route');
    expect(route.json).toMatchObject({ silencedBy: [id], routes: { to: [{ receiver: 'slack', via: 'default' }] } });
    expect(Object.keys(route.json).sort()).toEqual(['alert', 'routes', 'silencedBy']);
  });

  it('an entry that was not recorded would lead to something', async () => {
    const request = { method: 'DELETE', path: '/v1/api_keys/k-1', status_code: 204, client_ip: '192.0.2.7' };
    const body = { action: 'api_key.deleted', actor: { id: 'u-7', name: 'Mallory', type: 'user' }, ...request };
    const { status, json } = await asResponder('POST', '/api/route', body);
    expect(status).toBe(200);
    expect((json.matched as unknown[]).length).toBeGreaterThan(0);
    expect(await asResponder('POST', '/api/route', [])).toMatchObject({ status: 422 });
    expect((await asOperator('POST', '/api/route', body)).json).toEqual(json);
  });
});

it('a viewer has no name of Tocsin’s own', async () => {
  for (const name of ['tocsin', 'Operator']) {
    const answer = await asOperator('POST', '/operator/viewers', { name });
    expect(answer).toMatchObject({ status: 422, json: { message: expect.stringContaining('own') } });
  }
});
