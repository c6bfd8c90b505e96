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
  return createSlack({ name: 'slack', webhookUrl: url, setting: 'SLACK_WEBHOOK_URL', fetch, timeoutMs }).send(
    outgoing(notification),
  );
}

const DATE = 'Sat, 31 Jan 2026 09:30:00 GMT';
const HOUR = 3_600_000;

/** Sentence, what Slack does, how the send ends, what its reason says, how many requests it took. */
const ROWS: readonly (readonly [string, Script, Outcome['kind'], RegExp | null, number])[] = [
  ['delivers when Slack says ok', answer(200, 'ok'), 'delivered', null, 1],
  ['accepts an ok with a line break', answer(200, 'ok\n'), 'delivered', null, 1],
  ['retries a 200 that is not Slack’s', answer(200, '<html>Welcome to the hotel</html>'), 'retry', /200/, 1],
  ['retries an empty 204', answer(204, ''), 'retry', /204/, 1],
  ['slows down when asked to', answer(429, 'rate_limited'), 'slow down', /slow down/, 1],
  ['retries a 500', answer(500, 'rollup_error'), 'retry', /500 \(rollup_error\)/, 1],
  ['retries a 502 with a page', answer(502, '<html>Bad Gateway</html>'), 'retry', /502/, 1],
  ['retries a 503', answer(503, ''), 'retry', /503/, 1],
  ['retries a 408', answer(408, ''), 'retry', /408/, 1],
  ['gives up on a revoked webhook', answer(404, 'no_service'), 'refused', /revoked.*SLACK_WEBHOOK_URL/, 1],
  ['gives up on an unknown workspace', answer(404, 'no_team'), 'refused', /workspace.*SLACK_WEBHOOK_URL/, 1],
  ['gives up on a deleted channel', answer(404, 'channel_not_found'), 'refused', /channel was deleted/, 1],
  ['gives up on a deleted person', answer(400, 'user_not_found'), 'refused', /person.*no longer exists/, 1],
  ['gives up on a disabled webhook', answer(400, 'no_active_hooks'), 'refused', /disabled/, 1],
  ['gives up on a bad token', answer(403, 'invalid_token'), 'refused', /expired, revoked or mistyped/, 1],
  ['gives up where posting is restricted', answer(403, 'action_prohibited'), 'refused', /restricts/, 1],
  ['gives up on #general', answer(403, 'posting_to_general_channel_denied'), 'refused', /restricts/, 1],
  ['gives up on an archived channel', answer(410, 'channel_is_archived'), 'refused', /unarchive/, 1],
  ['gives up on a 404 with an unknown text', answer(404, 'nothing here'), 'refused', /404 \(nothing here\)/, 1],
  ['gives up on a 405', answer(405, ''), 'refused', /405/, 1],
  ['follows no redirect', answer(302, '', { location: 'http://127.0.0.1:1/' }), 'refused', /never redirects/, 1],
  ['follows no 308', answer(308, '', { location: '/elsewhere' }), 'refused', /never redirects/, 1],
  ['sends the short form of a message rejected as invalid', answer(400, 'invalid_payload'), 'refused', /report/, 2],
  ['sends the short form after invalid_blocks', answer(400, 'invalid_blocks'), 'refused', /invalid_blocks.*report/, 2],
  ['sends the short form after a JavaScript property', answer(400, 'constructor'), 'refused', /constructor.*report/, 2],
  ['sends the short form of a message that is too large', answer(413, ''), 'refused', /413.*report/, 2],
  [
    'delivers the short form if the full one is rejected',
    (response, _, call) => (call === 1 ? answer(400, 'invalid_blocks') : answer(200, 'ok'))(response, '', call),
    'delivered',
    null,
    2,
  ],
  [
    'retries if the short form gets a 500',
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
    'reads only the beginning of an endless answer',
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

describe('the outcome of what Slack answers', () => {
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

  test('closes the connection when the time is over', async () => {
    const hungUp = Promise.withResolvers<void>();
    const slack = await slackThat((response) => response.on('close', hungUp.resolve));
    await sendTo(slack.url, OPENED, 50);
    await hungUp.promise;
  });

  test('the short form comes no sooner than the vendor takes a second message', async () => {
    const at: number[] = [];
    const slack = await slackThat((response, body, call) => {
      at.push(performance.now());
      return (call === 1 ? answer(400, 'invalid_blocks') : answer(200, 'ok'))(response, body, call);
    });
    expect(await sendTo(slack.url)).toEqual({ kind: 'delivered' });
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('the time limit covers the full message and its short form', async () => {
    const late: Script = (response, body, call) =>
      void setTimeout(() => answer(400, 'invalid_blocks')(response, body, call), 300);
    const slack = await slackThat(late);
    expect(await sendTo(slack.url, OPENED, 1_500)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('1.5 s'),
    });
    expect(slack.bodies).toHaveLength(2);
  });

  test('sends no short form once the time is over', async () => {
    const slack = await slackThat(answer(400, 'invalid_blocks'));
    expect(await sendTo(slack.url, OPENED, 500)).toMatchObject({ kind: 'retry' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(slack.bodies).toHaveLength(1);
  });

  test('retries when nobody listens', async () => {
    const outcome = await sendTo(`http://127.0.0.1:1${PATH}`);
    expect(outcome.kind).toBe('retry');
  });

  test('does not wait for a fetch that ignores its signal', async () => {
    const never = () => new Promise<Response>(() => {});
    const slack = createSlack({
      name: 's',
      webhookUrl: 'https://x',
      setting: 'SLACK_WEBHOOK_URL',
      fetch: never,
      timeoutMs: 20,
    });
    expect((await slack.send(outgoing(OPENED))).kind).toBe('retry');
  });

  test('is an outcome even if fetch throws something other than an error', async () => {
    const fetch = () => {
      throw null;
    };
    const slack = createSlack({
      name: 's',
      webhookUrl: 'not a url',
      setting: 'SLACK_WEBHOOK_URL',
      fetch,
      timeoutMs: 20,
    });
    expect(await slack.send(outgoing(OPENED))).toEqual({
      kind: 'retry',
      reason: 'Slack could not be reached',
      afterMs: null,
    });
  });
});

describe('when to retry', () => {
  test.each([
    ['a number of seconds', { 'retry-after': '30' }, 30_000],
    ['a fraction of a second', { 'retry-after': '0.5' }, 500],
    ['no more than an hour', { 'retry-after': '86400' }, HOUR],
    ['a date, relative to the answer’s own', { 'retry-after': 'Sat, 31 Jan 2026 09:30:20 GMT', date: DATE }, 20_000],
    ['a distant date: an hour', { 'retry-after': 'Sun, 01 Feb 2026 09:30:00 GMT', date: DATE }, HOUR],
    ['a past date: ignored', { 'retry-after': 'Sat, 31 Jan 2026 09:00:00 GMT', date: DATE }, null],
    ['nonsense: ignored', { 'retry-after': 'soon' }, null],
    ['a negative number: ignored', { 'retry-after': '-5' }, null],
    ['nothing', {}, null],
  ] as const)('%s', async (_, headers, afterMs) => {
    for (const [status, kind] of [
      [429, 'slow down'],
      [503, 'retry'],
    ] as const) {
      const slack = await slackThat(answer(status, '', headers));
      expect(await sendTo(slack.url)).toMatchObject({ kind, afterMs });
    }
  });
});

describe('the webhook’s URL stays secret', () => {
  const echoes: readonly (readonly [string, (url: string) => string])[] = [
    ['whole', (url) => `no such hook: ${url} (try again)`],
    ['as its path', () => `no route for POST ${PATH}`],
    ['in JSON', (url) => JSON.stringify({ error: 'x', url }).replaceAll('/', '\\/')],
    ['in upper case', () => PATH.toUpperCase()],
    ['with an invisible character in it', () => `token ${TOKEN.slice(0, 9)}\u200b${TOKEN.slice(9)}`],
    ['at the place where the answer is cut', () => `${' '.repeat(4096 - 12)}${TOKEN.slice(0, 20)}`.padEnd(9_000, 'z')],
    ['after letters of several bytes', () => `${'é '.repeat(1_361)}${TOKEN.slice(0, 20)}`.padEnd(9_000, 'z')],
    ['many times', (url) => `${url} `.repeat(60)],
  ];
  for (const status of [200, 400, 404, 500]) {
    test.each(echoes)(`when a ${status} echoes it %s`, async (_, echo) => {
      const slack = await slackThat((response) => answer(status, echo(slack.url))(response, '', 0));
      const text = JSON.stringify(await sendTo(slack.url)).toLowerCase();
      for (const secret of [...SECRETS, slack.url]) expect(text).not.toContain(secret.toLowerCase());
      expect(text).not.toContain(TOKEN.slice(0, 8).toLowerCase());
      expect(text.length).toBeLessThan(600);
    });
  }

  test.each([
    ['decoded', 'no route for /services/my secret!/A/B on it', /my secret|A\/B/],
    ['with its short parts', 'token k3y, pin=1234 is unknown', /k3y|1234/],
    ['by its host and port', 'nothing at 127.0.0.1 (port PORT)', /127\.0|PORT/],
    ['decoded from pluses', 'q one two', /one two/],
  ])('an unusual URL that the answer echoes %s', async (_, echo, secret) => {
    const slack = await slackThat(
      (response) => answer(404, echo.replace('PORT', new URL(slack.url).port))(response, '', 0),
      '/services/my%20secret%21/A%2FB/k3y?pin=1234&q=one+two',
    );
    const outcome = await sendTo(slack.url);
    const text = JSON.stringify(outcome).replaceAll(new URL(slack.url).port, 'PORT');
    expect(text).toContain('[redacted]');
    expect(text).not.toMatch(secret);
  });

  test('its short parts remove no letters from words', async () => {
    const slack = await slackThat(answer(404, 'another bad hook at last'), '/services/a/b/t');
    expect(await sendTo(slack.url)).toMatchObject({ reason: expect.stringContaining('(another bad hook at last)') });
  });

  test('when an error’s message, name or code holds it', async () => {
    const url = `https://hooks.slack.com${PATH}`;
    const error = Object.assign(new TypeError(`fetch of ${url} failed`), { code: TOKEN, name: url });
    const fetch = () => Promise.reject(Object.assign(new Error(url, { cause: error }), { code: url }));
    const text = JSON.stringify(
      await createSlack({ name: 's', webhookUrl: url, setting: 'SLACK_WEBHOOK_URL', fetch, timeoutMs: 50 }).send(
        outgoing(OPENED),
      ),
    );
    for (const secret of SECRETS) expect(text).not.toContain(secret);
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

  test('a message, even for a notification that this version cannot read', async () => {
    const slack = await slackThat(answer(200, 'ok'));
    const strange = { kind: 'opened', alert: { title: 'Zoë’s key' } } as unknown as Notification;
    expect(await sendTo(slack.url, strange)).toEqual({ kind: 'delivered' });
    expect(JSON.parse(slack.bodies[0] ?? '').text).toMatch(/^[\x20-\x7e]*cannot read: Zo\?/);
  });
});
