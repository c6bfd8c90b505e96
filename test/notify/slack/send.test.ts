import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Notification } from '../../../src/alert/notification.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import { createSlack } from '../../../src/notify/slack/send.ts';
import { BLIND, OPENED, outgoing } from '../notifications.ts';

const TOKEN = 'aB3dE5fG7hI9jK1lM3nO5pQ7';
const PATH = `/services/T0AB1CD2E/B0FG3HI4J/${TOKEN}`;
const SECRETS = [TOKEN, 'T0AB1CD2E', 'B0FG3HI4J'];

/** What the far end does with one request. */
type Script = (response: ServerResponse, body: string, call: number) => void;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A Slack on a real port, and what it was sent. */
async function slackThat(script: Script, path = PATH) {
  const bodies: string[] = [];
  const heads: { readonly type: string | undefined; readonly url: string | undefined }[] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(body);
      heads.push({ type: request.headers['content-type'], url: request.url });
      script(response, body, bodies.length);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, bodies, heads };
}

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Script =>
  (response) =>
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);

async function sendTo(url: string, notification: Notification = OPENED, timeoutMs = 2_000): Promise<Outcome> {
  const fetch = (address: string, init: RequestInit) => globalThis.fetch(address, init);
  return createSlack({ name: 'slack', webhookUrl: url, fetch, timeoutMs }).send(outgoing(notification));
}

const DATE = 'Sat, 31 Jan 2026 09:30:00 GMT';
const HOUR = 3_600_000;

/** Sentence, what Slack does, how the send ends, what its reason says, how many requests it took. */
const ROWS: readonly (readonly [string, Script, Outcome['kind'], RegExp | null, number])[] = [
  ['delivers when Slack says ok', answer(200, 'ok'), 'delivered', null, 1],
  ['takes an ok with a line break', answer(200, 'ok\n'), 'delivered', null, 1],
  ['does not believe a 200 that is not Slack’s', answer(200, '<html>Welcome to the hotel</html>'), 'retry', /200/, 1],
  ['does not believe an empty 204', answer(204, ''), 'retry', /204/, 1],
  ['retries when asked to slow down', answer(429, 'rate_limited'), 'retry', /slow down/, 1],
  ['retries a 500', answer(500, 'rollup_error'), 'retry', /500 \(rollup_error\)/, 1],
  ['retries a 502 with a page', answer(502, '<html>Bad Gateway</html>'), 'retry', /502/, 1],
  ['retries a 503', answer(503, ''), 'retry', /503/, 1],
  ['retries a 408', answer(408, ''), 'retry', /408/, 1],
  ['gives up on a revoked webhook', answer(404, 'no_service'), 'refused', /revoked.*SLACK_WEBHOOK_URL/, 1],
  ['gives up on an unknown workspace', answer(404, 'no_team'), 'refused', /workspace.*SLACK_WEBHOOK_URL/, 1],
  ['gives up on a channel that is gone', answer(404, 'channel_not_found'), 'refused', /channel is gone/, 1],
  ['gives up on a person who is gone', answer(400, 'user_not_found'), 'refused', /person.*gone/, 1],
  ['gives up on a disabled webhook', answer(400, 'no_active_hooks'), 'refused', /disabled/, 1],
  ['gives up on a bad token', answer(403, 'invalid_token'), 'refused', /expired, revoked or mistyped/, 1],
  ['gives up where posting is restricted', answer(403, 'action_prohibited'), 'refused', /restricts/, 1],
  ['gives up on #general', answer(403, 'posting_to_general_channel_denied'), 'refused', /restricts/, 1],
  ['gives up on an archived channel', answer(410, 'channel_is_archived'), 'refused', /unarchive/, 1],
  ['gives up on a 404 it knows no word for', answer(404, 'nothing here'), 'refused', /404 \(nothing here\)/, 1],
  ['gives up on a 405', answer(405, ''), 'refused', /405/, 1],
  ['follows no redirect', answer(302, '', { location: 'http://127.0.0.1:1/' }), 'refused', /never redirects/, 1],
  ['follows no 308 either', answer(308, '', { location: '/elsewhere' }), 'refused', /never redirects/, 1],
  ['tries a message called invalid once more, in short', answer(400, 'invalid_payload'), 'refused', /report/, 2],
  ['does so whatever the word', answer(400, 'invalid_blocks'), 'refused', /invalid_blocks.*report/, 2],
  ['even a word of JavaScript’s', answer(400, 'constructor'), 'refused', /constructor.*report/, 2],
  ['and for a message called too large', answer(413, ''), 'refused', /413.*report/, 2],
  [
    'delivers the short form where the full one is called invalid',
    (response, _, call) => (call === 1 ? answer(400, 'invalid_blocks') : answer(200, 'ok'))(response, '', call),
    'delivered',
    null,
    2,
  ],
  [
    'retries where the short form meets a 500',
    (response, _, call) => (call === 1 ? answer(400, 'invalid_payload') : answer(500, ''))(response, '', call),
    'retry',
    /500/,
    2,
  ],
  ['retries a connection that is reset', (response) => response.socket?.resetAndDestroy(), 'retry', /reached/, 1],
  [
    'retries an answer that breaks off',
    (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('o', () => response.socket?.resetAndDestroy());
    },
    'retry',
    /reached/,
    1,
  ],
  [
    'reads no more of an endless answer than it needs',
    (response) => {
      response.writeHead(404);
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', pour);
      response.on('error', () => {});
      pour();
    },
    'refused',
    /404/,
    1,
  ],
];

describe('what Slack answers and what it means', () => {
  test.each(ROWS)('%s', async (_, script, kind, reason, calls) => {
    const slack = await slackThat(script);
    const outcome = await sendTo(slack.url);
    expect(outcome.kind).toBe(kind);
    if (outcome.kind !== 'delivered') expect(outcome.reason).toMatch(reason ?? /^$/);
    expect(slack.bodies).toHaveLength(calls);
  });

  test.each([
    ['never answers', () => {}],
    ['answers and never ends', (response: ServerResponse) => void response.writeHead(200).write('o')],
  ] as const)('retries when Slack %s, within the timeout', async (_, script) => {
    const slack = await slackThat(script);
    const started = performance.now();
    const outcome = await sendTo(slack.url, OPENED, 150);
    expect(outcome).toEqual({ kind: 'retry', reason: 'Slack did not answer within 0.15 s', afterMs: null });
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  test('hangs up when the time is over', async () => {
    const hungUp = Promise.withResolvers<void>();
    const slack = await slackThat((response) => response.on('close', hungUp.resolve));
    await sendTo(slack.url, OPENED, 50);
    await hungUp.promise;
  });

  test('the time is for the full message and its short form together', async () => {
    const late: Script = (response, body, call) =>
      void setTimeout(() => answer(400, 'invalid_blocks')(response, body, call), 150);
    const slack = await slackThat(late);
    expect(await sendTo(slack.url, OPENED, 200)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('0.2 s'),
    });
    expect(slack.bodies).toHaveLength(2);
  });

  test('retries when nobody listens', async () => {
    const outcome = await sendTo(`http://127.0.0.1:1${PATH}`);
    expect(outcome.kind).toBe('retry');
  });

  test('is not held up by a fetch that heeds no signal', async () => {
    const never = () => new Promise<Response>(() => {});
    const slack = createSlack({ name: 's', webhookUrl: 'https://x', fetch: never, timeoutMs: 20 });
    expect((await slack.send(outgoing(OPENED))).kind).toBe('retry');
  });

  test('is an outcome even where fetch throws a thing that is no error', async () => {
    const fetch = () => {
      throw null;
    };
    const slack = createSlack({ name: 's', webhookUrl: 'not a url', fetch, timeoutMs: 20 });
    expect(await slack.send(outgoing(OPENED))).toEqual({
      kind: 'retry',
      reason: 'Slack could not be reached',
      afterMs: null,
    });
  });
});

describe('when to ask again', () => {
  test.each([
    ['a number of seconds', { 'retry-after': '30' }, 30_000],
    ['a fraction of a second', { 'retry-after': '0.5' }, 500],
    ['no more than an hour', { 'retry-after': '86400' }, HOUR],
    ['a date, against the answer’s own', { 'retry-after': 'Sat, 31 Jan 2026 09:30:20 GMT', date: DATE }, 20_000],
    ['a date far off: an hour', { 'retry-after': 'Sun, 01 Feb 2026 09:30:00 GMT', date: DATE }, HOUR],
    ['a date gone by: nothing said', { 'retry-after': 'Sat, 31 Jan 2026 09:00:00 GMT', date: DATE }, null],
    ['nonsense: nothing said', { 'retry-after': 'soon' }, null],
    ['a negative number: nothing said', { 'retry-after': '-5' }, null],
    ['nothing', {}, null],
  ] as const)('%s', async (_, headers, afterMs) => {
    for (const status of [429, 503]) {
      const slack = await slackThat(answer(status, '', headers));
      expect(await sendTo(slack.url)).toMatchObject({ kind: 'retry', afterMs });
    }
  });
});

describe('the webhook’s address stays secret', () => {
  const echoes: readonly (readonly [string, (url: string) => string])[] = [
    ['whole', (url) => `no such hook: ${url} (try again)`],
    ['as its path', () => `no route for POST ${PATH}`],
    ['in JSON', (url) => JSON.stringify({ error: 'x', url }).replaceAll('/', '\\/')],
    ['in other letters', () => PATH.toUpperCase()],
    ['with something invisible in it', () => `token ${TOKEN.slice(0, 9)}\u200b${TOKEN.slice(9)}`],
    ['at the place where the answer is cut', () => `${' '.repeat(4096 - 12)}${TOKEN.slice(0, 20)}`.padEnd(9_000, 'z')],
    ['behind letters of several bytes', () => `${'é '.repeat(1_361)}${TOKEN.slice(0, 20)}`.padEnd(9_000, 'z')],
    ['many times', (url) => `${url} `.repeat(60)],
  ];
  for (const status of [200, 400, 404, 500]) {
    test.each(echoes)(`when a ${status} echoes it %s`, async (_, echo) => {
      const slack = await slackThat((response) => answer(status, echo(slack.url))(response, '', 0));
      const said = JSON.stringify(await sendTo(slack.url)).toLowerCase();
      for (const secret of [...SECRETS, slack.url]) expect(said).not.toContain(secret.toLowerCase());
      expect(said).not.toContain(TOKEN.slice(0, 8).toLowerCase());
      expect(said.length).toBeLessThan(600);
    });
  }

  test.each([
    ['decoded', 'no route for /services/my secret!/A/B on it', /my secret|A\/B/],
    ['with its short parts', 'token k3y, pin=1234 is unknown', /k3y|1234/],
    ['by its host and port', 'nothing at 127.0.0.1 (port PORT)', /127\.0|PORT/],
    ['decoded from pluses', 'q one two', /one two/],
  ])('where it is no usual one, and the answer echoes it %s', async (_, echo, secret) => {
    const slack = await slackThat(
      (response) => answer(404, echo.replace('PORT', new URL(slack.url).port))(response, '', 0),
      '/services/my%20secret%21/A%2FB/k3y?pin=1234&q=one+two',
    );
    const outcome = await sendTo(slack.url);
    const said = JSON.stringify(outcome).replaceAll(new URL(slack.url).port, 'PORT');
    expect(said).toContain('[redacted]');
    expect(said).not.toMatch(secret);
  });

  test('and its short parts take no letters out of words', async () => {
    const slack = await slackThat(answer(404, 'another bad hook at last'), '/services/a/b/t');
    expect(await sendTo(slack.url)).toMatchObject({ reason: expect.stringContaining('(another bad hook at last)') });
  });

  test('when an error’s message, name or code holds it', async () => {
    const url = `https://hooks.slack.com${PATH}`;
    const error = Object.assign(new TypeError(`fetch of ${url} failed`), { code: TOKEN, name: url });
    const fetch = () => Promise.reject(Object.assign(new Error(url, { cause: error }), { code: url }));
    const said = JSON.stringify(
      await createSlack({ name: 's', webhookUrl: url, fetch, timeoutMs: 50 }).send(outgoing(OPENED)),
    );
    for (const secret of SECRETS) expect(said).not.toContain(secret);
  });
});

describe('what is sent', () => {
  test('JSON in UTF-8 to the webhook’s own path', async () => {
    const slack = await slackThat(answer(200, 'ok'));
    await sendTo(slack.url, BLIND);
    expect(slack.heads).toEqual([{ type: 'application/json; charset=utf-8', url: PATH }]);
    expect(JSON.parse(slack.bodies[0] ?? '')).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });

  test('the short form is one line of printable ASCII, without blocks', async () => {
    const slack = await slackThat(answer(400, 'invalid_blocks'));
    const name = 'Zoë <!channel> \u202e`x` https://evil.example';
    await sendTo(slack.url, { ...OPENED, entry: { ...OPENED.entry, actor: { ...OPENED.entry.actor, name } } });
    const short = JSON.parse(slack.bodies[1] ?? '');
    expect(short.blocks).toBeUndefined();
    expect(short.text).toMatch(/^[\x20-\x7e]{1,500}$/);
    expect(short.text).toContain('API key deleted');
    expect(short.text).not.toMatch(/[<>`]|:\/\//);
  });

  test('something, even of a notification that another version stored and this one cannot read', async () => {
    const slack = await slackThat(answer(200, 'ok'));
    const strange = { kind: 'opened', alert: { title: 'Zoë’s key' } } as unknown as Notification;
    expect(await sendTo(slack.url, strange)).toEqual({ kind: 'delivered' });
    expect(JSON.parse(slack.bodies[0] ?? '').text).toMatch(/^[\x20-\x7e]*cannot read: Zo\?/);
  });
});
