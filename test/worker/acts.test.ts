/**
 * Acting on alerts by the forms of pages, over a real ledger: what a form must have to do anything, who may do what, and that
 * the same form twice does nothing more.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { signPass } from '../../src/access/link.ts';
import type { AlertDetails, ShownSilence } from '../../src/ledger/rpc.ts';
import type { AllDeps } from '../../src/web/app.ts';
import { formToken } from '../../src/web/form-token.ts';
import { entryAt } from '../sandbox/odd.ts';
import { addViewer, bearer, createSite, SECRET, type Site, sessionOf } from './site.ts';
import { HOUR, type World } from './world.ts';

const SECRETS = { linkSecret: SECRET, linkSecretPrevious: null };
const FORM = 'application/x-www-form-urlencoded';
const OURS = { 'content-type': FORM, 'sec-fetch-site': 'same-origin' };
const SESSION_ID = 'abcdefabcdefabcd';

interface Real {
  readonly world: World;
  readonly visit: Site['visit'];
  readonly ledger: string;
  details(id?: number): Promise<AlertDetails>;
  silences(): Promise<readonly ShownSilence[]>;
}

/** A site with a real ledger and two alerts, of two actors. */
async function realSite(): Promise<Real> {
  const site = await createSite();
  const { world } = site;
  await world.append(
    ['u', 'v'].map((id, i) =>
      entryAt(Date.now() - 30_000 + i, `deleted-${id}`, {
        ...{ action: 'api_key.deleted', actor: { id, name: `name of ${id}` }, client_ip: `192.0.2.${i + 1}` },
      }),
    ),
  );
  await world.tick();
  const ledger = world.stub as unknown as NonNullable<AllDeps['ledger']>;
  const details = async (id = 1): Promise<AlertDetails> => {
    const found = await ledger.alert(id, null);
    if (found === null) throw new Error(`there is no alert ${id}`);
    return found;
  };
  return {
    world,
    visit: (path, init) => site.visit(path, init, { deps: { ledger } }),
    ledger: await ledger.ledgerId(),
    details,
    silences: () => ledger.silences(),
  };
}

let real: Real;
const ids: { viewer: string; responder: string; other: string } = { viewer: '', responder: '', other: '' };
beforeAll(async () => {
  ids.viewer = (await addViewer('Vera')).id;
  ids.responder = (await addViewer('Ada', null, 'responder')).id;
  ids.other = (await addViewer('Bob', null, 'responder')).id;
  real = await realSite();
});

/** Someone who sends forms. */
interface Sender {
  readonly headers: Readonly<Record<string, string>>;
  readonly token: string;
}

function session(viewer: string, ledger = real.ledger, id = SESSION_ID): Sender {
  const caller = { kind: 'viewer', id: viewer, name: '', role: 'responder', isSession: true, session: id } as const;
  return {
    headers: { cookie: `__Host-tocsin=${sessionOf(viewer, { ledger, id })}` },
    token: formToken(SECRETS, caller, Date.now()),
  };
}

interface LinkTo {
  readonly receiver?: string;
  readonly ledger?: string;
  readonly forMs?: number;
  /** Of its message, if there are others. */
  readonly alerts?: readonly number[];
}

function link(alert: number, { receiver = 'slack', ledger = real.ledger, forMs = HOUR, alerts }: LinkTo = {}): Sender {
  const expires = Math.floor((Date.now() + forMs) / 1000) * 1000;
  const pass = { alert, ledger, expires, ...(alerts && { alerts }), ...(receiver !== '' && { receiver }) };
  return {
    headers: { cookie: `__Host-tocsin-links=${signPass(SECRET, pass)}` },
    token: formToken(SECRETS, { kind: 'link', passes: [pass] }, Date.now(), alert),
  };
}

function post(
  path: string,
  { headers, token }: Sender,
  fields: readonly (readonly [string, string])[] = [],
  more: Readonly<Record<string, string>> = OURS,
  at: Real = real,
): Promise<Response> {
  const body = new URLSearchParams([['token', token], ...fields.map(([name, value]) => [name, value])]).toString();
  return at.visit(path, { method: 'POST', headers: { ...headers, ...more }, body });
}

const actsOf = async (at: Real = real, id = 1) =>
  (await at.details(id)).acts.map(({ act, who, via, detail }) => `${act} by ${who} (${via}) ${JSON.stringify(detail)}`);

describe('a form does nothing', () => {
  const ACKNOWLEDGE = '/alerts/1/acknowledge';
  it.each<[string, () => Promise<Response>, number]>([
    [
      'from another site',
      () => post(ACKNOWLEDGE, session(ids.responder), [], { ...OURS, 'sec-fetch-site': 'cross-site' }),
      403,
    ],
    [
      'from another host of ours',
      () => post(ACKNOWLEDGE, session(ids.responder), [], { ...OURS, 'sec-fetch-site': 'same-site' }),
      403,
    ],
    [
      'of an old browser on another site',
      () => post(ACKNOWLEDGE, session(ids.responder), [], { 'content-type': FORM, origin: 'https://evil.example' }),
      403,
    ],
    ['from nowhere', () => post(ACKNOWLEDGE, session(ids.responder), [], { 'content-type': FORM }), 403],
    ['without a token', () => post(ACKNOWLEDGE, { ...session(ids.responder), token: '' }), 403],
    [
      'with the token of another session of the same person',
      () =>
        post(ACKNOWLEDGE, {
          ...session(ids.responder),
          token: session(ids.responder, real.ledger, '0123456789abcdef').token,
        }),
      403,
    ],
    [
      'with the token of another person',
      () =>
        post(ACKNOWLEDGE, {
          ...session(ids.responder),
          token: formToken(
            SECRETS,
            { kind: 'viewer', id: ids.other, name: '', role: 'responder', isSession: false },
            Date.now(),
          ),
        }),
      403,
    ],
    [
      'with a token that has expired',
      () =>
        post(ACKNOWLEDGE, {
          ...session(ids.responder),
          token: formToken(
            SECRETS,
            { kind: 'viewer', id: ids.responder, name: '', role: 'responder', isSession: true, session: SESSION_ID },
            Date.now() - 13 * HOUR,
          ),
        }),
      403,
    ],
    [
      'with a token that lasts too long',
      () =>
        post(ACKNOWLEDGE, {
          ...session(ids.responder),
          token: formToken(
            SECRETS,
            { kind: 'viewer', id: ids.responder, name: '', role: 'responder', isSession: true, session: SESSION_ID },
            Date.now() + HOUR,
          ),
        }),
      403,
    ],
    [
      'with a token of another secret',
      () =>
        post(ACKNOWLEDGE, {
          ...session(ids.responder),
          token: formToken(
            { linkSecret: 'f'.repeat(32), linkSecretPrevious: null },
            { kind: 'viewer', id: ids.responder, name: '', role: 'responder', isSession: true, session: SESSION_ID },
            Date.now(),
          ),
        }),
      403,
    ],
    [
      'that is JSON',
      () => post(ACKNOWLEDGE, session(ids.responder), [], { ...OURS, 'content-type': 'application/json' }),
      403,
    ],
    ['of a viewer', () => post(ACKNOWLEDGE, session(ids.viewer)), 404],
    ['of nobody', () => post(ACKNOWLEDGE, { headers: {}, token: session(ids.responder).token }), 404],
    ['by a link to another alert', () => post(ACKNOWLEDGE, link(2)), 404],
    ['by a link to another ledger', () => post(ACKNOWLEDGE, link(1, { ledger: '0123456789abcdef' })), 404],
    ['by a link that has expired', () => post(ACKNOWLEDGE, link(1, { forMs: -HOUR })), 410],
    [
      'by a link, with the token of another link to the alert',
      () => post(ACKNOWLEDGE, { ...link(1), token: link(1, { receiver: 'email' }).token }),
      403,
    ],
    ['by a link that resolves', () => post('/alerts/1/resolve', link(1), [['reason', 'expected']]), 404],
    ['by a link that assigns', () => post('/alerts/1/assign', link(1)), 404],
    [
      'by a link, on several',
      () =>
        post('/alerts', link(1), [
          ['act', 'acknowledge'],
          ['alert', '1.high'],
        ]),
      404,
    ],
    ['by a link, that silences', () => post('/silences', link(1), [['rule', 'x']]), 404],
    ['that is a GET', () => real.visit(ACKNOWLEDGE, { headers: session(ids.responder).headers }), 404],
    [
      'that is a GET by a link',
      () =>
        real.visit(`/alerts/1?pass=${signPass(SECRET, { alert: 1, ledger: real.ledger, expires: Date.now() + HOUR })}`),
      303,
    ],
    ['that resolves without a reason', () => post('/alerts/1/resolve', session(ids.responder)), 422],
    [
      'that resolves with a reason of its own',
      () => post('/alerts/1/resolve', session(ids.responder), [['reason', 'superseded']]),
      422,
    ],
    ['that comments nothing', () => post('/alerts/1/comment', session(ids.responder), [['comment', ' \n']]), 422],
    ['on no alert', () => post('/alerts', session(ids.responder), [['act', 'acknowledge']]), 422],
    [
      'of an unknown act',
      () =>
        post('/alerts', session(ids.responder), [
          ['act', 'delete'],
          ['alert', '1.high'],
        ]),
      422,
    ],
  ])('%s', async (_, send, status) => {
    expect((await send()).status).toBe(status);
    expect(await actsOf()).toEqual([]);
    expect((await real.details()).alert).toMatchObject({ status: 'open', assignee: null });
    expect(await real.silences()).toEqual([]);
  });
});

describe('a form that nothing was done for', () => {
  it.each([
    ['/alerts/1', 'href="/alerts/1"'],
    ['/alerts?actor=x', 'href="/alerts?actor=x"'],
    ['https://evil.example/', 'href="/"'],
    ['//evil.example/', 'href="/"'],
    ['javascript:alert(1)', 'href="/"'],
  ])('from %s leads back to a page of ours', async (next, link) => {
    const response = await post('/alerts/1/resolve', session(ids.responder), [['next', next]]);
    const text = await response.text();
    expect(text).toMatch(new RegExp(`<a class="button" ${link.replace(/[?]/g, '\\$&')}>Back to the page</a>`));
    expect(text).not.toMatch(/evil|javascript:/);
  });
});

describe('a responder', () => {
  it('acknowledges, comments, assigns and resolves, each once, and is recorded', async () => {
    const at = await realSite();
    const ada = session(ids.responder, at.ledger);
    const send = async (act: string, ...fields: [string, string][]): Promise<string | null> => {
      const { status, headers } = await post(`/alerts/1/${act}`, ada, fields, OURS, at);
      expect(status).toBe(303);
      return headers.get('location');
    };
    expect(await send('acknowledge', ['comment', 'on it'])).toBe('/alerts/1?did=acknowledge.1.0.0.0');
    expect(await send('acknowledge', ['comment', 'on it'])).toBe('/alerts/1?did=acknowledge.0.1.0.0');
    expect(await send('comment', ['comment', '<b>who?</b>'])).toBe('/alerts/1?did=comment.1.0.0.0');
    expect(await send('comment', ['comment', '<b>who?</b>'])).toBe('/alerts/1?did=comment.0.1.0.0');
    expect(await send('assign')).toBe('/alerts/1?did=assign.1.0.0.0');
    expect(await send('assign')).toBe('/alerts/1?did=assign.0.1.0.0');
    expect(await send('assign', ['to', 'Bob'])).toBe('/alerts/1?did=assign.1.0.0.0');
    expect(await send('assign', ['to', ' '])).toBe('/alerts/1?did=assign.1.0.0.0');
    expect(await send('resolve', ['reason', 'expected'])).toBe('/alerts/1?did=resolve.1.0.0.0');
    expect(await send('resolve', ['reason', 'expected'])).toBe('/alerts/1?did=resolve.0.0.0.1');
    expect(await send('acknowledge')).toBe('/alerts/1?did=acknowledge.0.0.0.1');
    expect(await actsOf(at)).toEqual([
      'acknowledge by Ada (page) {"comment":"on it"}',
      'comment by Ada (page) {"comment":"<b>who?</b>"}',
      'assign by Ada (page) {"to":"Ada"}',
      'assign by Ada (page) {"to":"Bob"}',
      'assign by Ada (page) {"to":null}',
      'resolve by Ada (page) {"reason":"expected"}',
    ]);
    const html = await (await at.visit('/alerts/1', { headers: { ...ada.headers, accept: 'text/html' } })).text();
    expect(html).toContain('&lt;b&gt;who?&lt;/b&gt;');
    expect(html).not.toContain('<b>who');
  });

  it('acts on several at once, and not where the level rose meanwhile', async () => {
    const at = await realSite();
    const ada = session(ids.responder, at.ledger);
    const { level } = (await at.details()).alert;
    const alerts: [string, string][] = [
      ['alert', '1.low'],
      ['alert', `2.${level}`],
      ['alert', '99.high'],
      ['alert', '1; DROP TABLE alerts'],
    ];
    const fields: [string, string][] = [['act', 'acknowledge'], ['next', '/alerts?actor=u'], ...alerts];
    const { status, headers } = await post('/alerts', ada, fields, OURS, at);
    expect([status, headers.get('location')]).toEqual([303, '/alerts?actor=u&did=acknowledge.1.0.1.1']);
    expect((await at.details(1)).alert.status).toBe('open');
    expect((await at.details(2)).alert.status).toBe('acknowledged');
  });

  it('is led to our own pages only', async () => {
    const ada = session(ids.responder);
    for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example']) {
      const { headers } = await post('/alerts/2/comment', ada, [
        ['comment', next],
        ['next', next],
      ]);
      expect(headers.get('location')).toBe('/?did=comment.1.0.0.0');
    }
  });

  it('silences and ends a silence, each once', async () => {
    const at = await realSite();
    const ada = session(ids.responder, at.ledger);
    const fields: [string, string][] = [
      ['actor', 'u, or v'],
      ['address', '192.0.2.0/24, 198.51.100.7'],
      ['for', '2h'],
      ['comment', 'a rotation'],
      ['next', '/alerts/1'],
    ];
    for (let i = 0; i < 2; i++) {
      const { status, headers } = await post('/silences', ada, fields, OURS, at);
      expect([status, headers.get('location')]).toEqual([303, '/alerts/1?did=silence.1.0.0.0']);
    }
    const [silence, ...more] = await at.silences();
    expect(more).toEqual([]);
    expect(silence).toMatchObject({
      ...{ author: 'Ada', via: 'page', comment: 'a rotation', expiredBy: null },
      matchers: { actors: ['u, or v'], addresses: ['192.0.2.0/24', '198.51.100.7'] },
    });
    expect((silence?.endsAt ?? 0) - (silence?.startsAt ?? 0)).toBe(2 * HOUR);
    for (let i = 0; i < 2; i++) {
      const { status } = await post(
        `/silences/${silence?.id}/expire`,
        i === 0 ? ada : session(ids.other, at.ledger),
        [],
        OURS,
        at,
      );
      expect(status).toBe(303);
    }
    expect((await at.silences()).map(({ expiredBy }) => expiredBy)).toEqual(['Ada']);
    expect((await post('/silences/99/expire', ada, [], OURS, at)).status).toBe(404);
  });

  it.each(['x', '0', '-1', '1.5', '9007199254740993', 'null'])(
    'nothing that is no id is ended, nor in the security log: %s',
    async (id) => {
      const at = await realSite();
      const ada = session(ids.responder, at.ledger);
      expect((await post(`/silences/${id}/expire`, ada, [], OURS, at)).status).toBe(404);
      const { events } = await at.world.stub.securityLog(null);
      expect(events.filter(({ act }) => act === 'silence')).toEqual([]);
      // One that could be is, also where there is none.
      expect((await post('/silences/7/expire', ada, [], OURS, at)).status).toBe(404);
      const after = await at.world.stub.securityLog(null);
      expect(after.events.flatMap(({ act, detail }) => (act === 'silence' ? [detail] : []))).toEqual([
        'by Ada (page): expire 7',
      ]);
    },
  );

  it.each<[string, [string, string][], string]>([
    [
      'without an anchor',
      [
        ['level', 'high'],
        ['comment', 'x'],
        ['for', '2h'],
      ],
      'rule, an actor or an address',
    ],
    [
      'of what is no address',
      [
        ['address', '192.0.2.7.1'],
        ['comment', 'x'],
        ['for', '2h'],
      ],
      'must be an IP address or a range',
    ],
    [
      'without a comment',
      [
        ['actor', 'u'],
        ['for', '2h'],
      ],
      'write why',
    ],
    [
      'for no time',
      [
        ['actor', 'u'],
        ['comment', 'x'],
        ['for', 'ever'],
      ],
      'must end after it starts',
    ],
    [
      'for longer than 30 days',
      [
        ['actor', 'u'],
        ['comment', 'x'],
        ['for', '31d'],
      ],
      '30 days',
    ],
  ])('sees why a silence %s can’t be made', async (_, fields, words) => {
    const response = await post('/silences', session(ids.responder), fields);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(words);
  });
});

describe('the holder of a link', () => {
  it('acknowledges and comments as the receiver that the link was sent to', async () => {
    const at = await realSite();
    const by = (receiver: string) => link(1, { receiver, ledger: at.ledger });
    expect((await post('/alerts/1/acknowledge', by('slack'), [], OURS, at)).status).toBe(303);
    expect((await post('/alerts/1/comment', by('email:Zoë'), [['comment', 'a link']], OURS, at)).status).toBe(303);
    expect((await post('/alerts/1/comment', by(''), [['comment', 'an old link']], OURS, at)).status).toBe(303);
    expect(await actsOf(at)).toEqual([
      'acknowledge by slack (link) (link) null',
      'comment by email:Zoë (link) (link) {"comment":"a link"}',
      'comment by somebody (link) (link) {"comment":"an old link"}',
    ]);
    const page = await at.visit('/alerts/1', { headers: { ...by('slack').headers, accept: 'text/html' } });
    const html = await page.text();
    expect(html).toContain('slack (link) acknowledged it');
    expect(html).toContain('/sign-in?next=%2Falerts%2F1');
    expect(html).not.toContain('Resolve as');
  });

  const ALL: [string, string][] = [
    ['level', 'high'],
    ['all', 'yes'],
    ['alert', '1.high'],
    ['alert', '2.high'],
  ];
  it.each<[string, readonly number[] | undefined, [string, string][], readonly string[]]>([
    ['all alerts of its message', [1, 2], ALL, ['acknowledged', 'acknowledged']],
    ['the one alone', [1, 2], ALL.slice(0, 1), ['acknowledged', 'open']],
    ['not those that the form does not have', [1, 2], ALL.slice(0, 3), ['acknowledged', 'open']],
    ['none that its message does not have', undefined, ALL, ['acknowledged', 'open']],
    ['none that was shown as less severe', [1, 2], [...ALL.slice(0, 3), ['alert', '2.low']], ['acknowledged', 'open']],
    ['each once', [1, 2], [...ALL, ...ALL], ['acknowledged', 'acknowledged']],
  ])('acknowledges %s', async (_, alerts, fields, statuses) => {
    const at = await realSite();
    const by = link(1, { ledger: at.ledger, ...(alerts && { alerts }) });
    expect((await post('/alerts/1/acknowledge', by, fields, OURS, at)).status).toBe(303);
    expect([(await at.details(1)).alert.status, (await at.details(2)).alert.status]).toEqual(statuses);
    const others = statuses[1] === 'open' ? [] : ['acknowledge by slack (link) (link) null'];
    expect(await actsOf(at, 2)).toEqual(others);
  });

  it('of a message about several sees them all, and acts on each by its own page', async () => {
    const at = await realSite();
    const { headers } = link(1, { ledger: at.ledger, alerts: [1, 2] });
    const show = async (path: string) =>
      (await at.visit(path, { headers: { ...headers, accept: 'text/html' } })).text();
    const first = await show('/alerts/1');
    expect(first).toContain('Acknowledge all 2 alerts of the message');
    expect(first).toContain('data-alert="2"');
    const second = await show('/alerts/2');
    const token = /name="token" value="([^"]+)"/.exec(second)?.[1] ?? '';
    expect((await post('/alerts/2/acknowledge', { headers, token }, [], OURS, at)).status).toBe(303);
    expect((await at.details(2)).alert.status).toBe('acknowledged');
    expect(await show('/alerts/1')).not.toContain('Acknowledge all');
  });

  it('may do as much when signed in as somebody who only reads, by their own name', async () => {
    const at = await realSite();
    const vera = session(ids.viewer, at.ledger);
    const { cookie } = link(1, { ledger: at.ledger }).headers as { cookie: string };
    const headers = { cookie: `${vera.headers.cookie}; ${cookie}` };
    const html = await (await at.visit('/alerts/1', { headers: { ...headers, accept: 'text/html' } })).text();
    const token = /name="token" value="([^"]+)"/.exec(html)?.[1] ?? '';
    expect((await post('/alerts/1/acknowledge', { headers, token }, [], OURS, at)).status).toBe(303);
    expect(await actsOf(at)).toEqual(['acknowledge by Vera (page) null']);
    expect((await post('/alerts/2/acknowledge', { headers, token }, [], OURS, at)).status).toBe(404);
    expect((await post('/alerts/1/resolve', { headers, token }, [['reason', 'expected']], OURS, at)).status).toBe(404);
    // Without the link they only read.
    const alone = await at.visit('/alerts/1', { headers: { ...vera.headers, accept: 'text/html' } });
    expect(await alone.text()).not.toContain('formaction="/alerts/1/acknowledge"');
  });
});

describe('the pages', () => {
  const SHOWN = {
    acknowledge: 'formaction="/alerts/1/acknowledge"',
    resolve: 'formaction="/alerts/1/resolve"',
    silence: 'action="/silences"',
    box: 'name="alert"',
  };
  it.each<[string, () => Sender, readonly string[], number]>([
    ['a viewer', () => session(ids.viewer), [], 200],
    ['a responder', () => session(ids.responder), ['acknowledge', 'resolve', 'silence'], 200],
    ['the holder of a link', () => link(1), ['acknowledge'], 404],
  ])('show %s what they may do', async (_, sender, may, list) => {
    const init = { headers: { ...sender().headers, accept: 'text/html' } };
    const html = await (await real.visit('/alerts/1', init)).text();
    expect(Object.entries(SHOWN).flatMap(([name, text]) => (html.includes(text) ? [name] : []))).toEqual(may);
    expect(html.includes('in with the token of a responder')).toBe(!may.includes('resolve'));
    // That is for who can run it.
    expect(html.includes('viewers add NAME --role responder')).toBe(may.length === 0);
    const alerts = await real.visit('/alerts', init);
    expect(alerts.status).toBe(list);
    expect((await alerts.text()).includes(SHOWN.box)).toBe(may.includes('resolve'));
  });

  it('give a form its token, that of the session, which works', async () => {
    const at = await realSite();
    const { headers } = session(ids.responder, at.ledger);
    const html = await (await at.visit('/alerts/1', { headers: { ...headers, accept: 'text/html' } })).text();
    const token = /name="token" value="([^"]+)"/.exec(html)?.[1] ?? '';
    expect((await post('/alerts/1/acknowledge', { headers, token }, [], OURS, at)).status).toBe(303);
    expect((await at.details()).alert.status).toBe('acknowledged');
  });

  it('of a caller with a bearer token have a token that works for them', async () => {
    const { token: viewerToken } = await addViewer('a program', null, 'responder');
    const at = await realSite();
    const html = await (await at.visit('/alerts/1', bearer(viewerToken))).text();
    const token = /name="token" value="([^"]+)"/.exec(html)?.[1] ?? '';
    const headers = { authorization: `Bearer ${viewerToken}` };
    expect((await post('/alerts/1/comment', { headers, token }, [['comment', 'hello']], OURS, at)).status).toBe(303);
  });
});
