/** `npm run tocsin` against the real app, and against servers that are not Tocsin. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rewindFrom } from '../../src/audit-log/checkpoint-text.ts';
import { startMailInbox } from '../support/mail-inbox.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from './local-tocsin.ts';
import { type CommandResult, runScript, runTocsin } from './run-command.ts';

/** After this time the message of a group is made. */
const GROUP_WAIT_MS = 30_000;
const OTHER_SECRET = `${'f'.repeat(16)}0123456789abcdef`;
let local: LocalTocsin;
beforeAll(async () => {
  local = await startLocalTocsin();
});
afterAll(() => local.stop());

/** Runs the command against the local Tocsin, as its operator. */
function tocsin(args: string, env: NodeJS.Dict<string> = {}): Promise<CommandResult> {
  return runTocsin(words(args), { TOCSIN_URL: local.url, LINK_SECRET, ...env });
}

function words(args: string): string[] {
  return args.split(' ').filter((word) => word !== '');
}

test('is a command with an exit code', async () => {
  const env = { TOCSIN_URL: local.url, LINK_SECRET };
  expect(await runScript('src/cli/tocsin.ts', ['status'], env)).toMatchObject({ code: 0, err: '' });
  expect(await runScript('src/cli/tocsin.ts', ['stauts'], env)).toMatchObject({ code: 2, out: '' });
});

test('the status begins with HEALTHY, then shows how far it has read and what it has found', async () => {
  const { code, out, err } = await tocsin('status');
  expect(err).toBe('');
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[0]).toBe(`HEALTHY  ${local.url}`);
  expect(out).toMatch(/^Complete up to {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, 5m\d?s? ago$/m);
  expect(out).toMatch(/^Backlog +none$/m);
  expect(out).toMatch(/^Open alerts +1 medium$/m);
  expect(out).toMatch(/^Deliveries +0 pending, 1 waiting for a group's message, 0 delivered, 0 dead, 0 suppressed$/m);
  expect(out).toMatch(/^ {2}1 {2}MEDIUM {4}API key deleted, open, 1 match, last /m);
  expect(out).toMatch(/^Receivers\n {2}slack {2}not used yet.*; 0 pending, 1 waiting for a group's message$/m);
  expect(out).toContain('notice  PUBLIC_URL is not set');
});

test('the status as JSON is one line, and complete', async () => {
  const { code, out } = await tocsin('status --json');
  expect(code).toBe(0);
  expect(out.split('\n')).toHaveLength(2);
  expect(JSON.parse(out)).toMatchObject({
    health: { state: 'healthy', reasons: [] },
    status: {
      watching: 'watching',
      checkpoint: { scan: null },
      receivers: [{ name: 'slack', state: 'unproven' }],
    },
    problems: expect.any(Array),
  });
});

test.each([
  ['a time', '--to 2026-01-31T00:00:00Z', Date.UTC(2026, 0, 31), false],
  ['a time elsewhere, suppressed', '--suppress --to 2026-01-31T02:00:00+02:00', Date.UTC(2026, 0, 31), true],
  ['a duration back', '--to 2h', Date.now() - 2 * 3_600_000, false],
])('a rewind to %s reaches KV, where the next tick finds it', async (_, args, to, suppress) => {
  const { code, out } = await tocsin(`rewind ${args}`);
  expect(code).toBe(0);
  expect(out).toMatch(/^Accepted: the log will be read again from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  const order = rewindFrom(local.kv.get('rewind') ?? '');
  expect(order).toMatchObject({ ok: true, value: { suppress } });
  expect(Math.abs((order.ok ? order.value.to : 0) - to)).toBeLessThan(60_000);
  await local.tick();
});

test('a rewind as JSON is one line', async () => {
  const { code, out } = await tocsin('rewind --to 1h --json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({ accepted: JSON.parse(local.kv.get('rewind') ?? '{}').id });
  await local.tick();
});

test('a second rewind waits until a tick has applied the first; each has its own id', async () => {
  const id = () => JSON.parse(local.kv.get('rewind') ?? '{}').id;
  await tocsin('rewind --to 1h');
  const first = id();
  const { code, err } = await tocsin('rewind --to 2h');
  expect(code).toBe(1);
  expect(err).toContain('is waiting for the next tick: try again in a minute or two');
  expect(id()).toBe(first);
  await local.tick();
  expect((await tocsin('rewind --to 2h')).code).toBe(0);
  expect(id()).not.toBe(first);
});

test.each([
  ['no command', '', 'a command is missing'],
  ['an unknown one', 'stauts', 'unknown command "stauts"'],
  ['an unknown option', 'status --yaml', 'unknown option "--yaml"\n'],
  ['a misspelled option', 'alerts --bfore 3', 'unknown option "--bfore": did you mean --before?'],
  ['an unknown option beside positionals', 'why 1 --jsno', 'unknown option "--jsno": did you mean --json?'],
  ['an option twice', 'alerts --before 3 --before 4', '--before is given twice: it has one value'],
  ['no test', 'notify', 'this command only sends tests: add --test'],
  ['no alert', 'why', 'the number of an alert, or the id of an entry, is missing'],
  ['a word for an alert', 'ack first', 'an alert must be a positive whole number, not "first"'],
  ['two alerts', 'why 1 2', 'only one at a time'],
  ['an impossible page', 'alerts --before 0', '--before must be a positive whole number'],
  ['no time', 'rewind', '--to is missing'],
  ['an unreadable time', 'rewind --to yesterday', '--to is neither an RFC 3339 time nor a duration: `yesterday`'],
  ['a day that does not exist', 'rewind --to 2026-02-30T00:00:00Z', '--to is not a valid time'],
  ['the future', 'rewind --to 2999-01-01T00:00:00Z', '--to is in the future'],
  ['no moment', 'restore', '--at is missing: the moment to take the ledger back to, or --undo'],
  ['an unreadable moment', 'restore --at yesterday', '--at is neither an RFC 3339 time nor a duration: `yesterday`'],
  ['a moment in the future', 'restore --at 2999-01-01T00:00:00Z', '--at is in the future: a restore only goes back'],
  ['a moment that is almost now', 'restore --at 59s', '--at is less than a minute ago'],
  [
    'a moment too long ago',
    'restore --at 31d --yes',
    '--at is more than 30 days ago, which is as far as Cloudflare goes',
  ],
  ['a moment and an undo', 'restore --at 1h --undo', 'give --at or --undo, not both'],
  ['an invalid address', 'status --url tocsin', '--url is not an http or https address'],
  ['an unencrypted address', 'status --url http://tocsin.example', 'is not https'],
  ['an address with a path', 'status --url https://tocsin.example/operator', 'has a path, query or fragment'],
])('a wrong call (%s) exits with 2 and says what is wrong', async (_, args, problem) => {
  const { code, out, err } = await tocsin(args);
  expect(out).toBe('');
  expect(err).toContain(problem);
  expect(code).toBe(2);
});

test.each([
  ['--help', 'usage: npm run tocsin -- <command>'],
  ['status --help', 'usage: npm run tocsin -- status'],
  ['alerts --help', '--before ID'],
  ['why --help', 'usage: npm run tocsin -- why ALERT'],
  ['notify --help', 'Sends a test alert to every receiver'],
  ['resend --help', '--receiver NAME'],
  ['rewind --help', '--suppress'],
  ['restore --help', '--undo'],
  ['check -h', 'usage: npm run tocsin -- check'],
  ['--version', '0.'],
])('"%s" exits with 0', async (args, text) => {
  const { code, out, err } = await tocsin(args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(text);
});

test('check checks the rules', async () => {
  expect(await runScript('src/cli/tocsin.ts', ['check'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+ rules, /),
  });
});

test('lists the alerts, and explains one', async () => {
  expect((await tocsin('alerts')).out).toMatch(/^ *1 {2}MEDIUM .* open .* 1 {2}API key deleted$/m);
  expect((await tocsin('alerts --all --before 1')).out).toBe('No alerts match.\n');
  expect(JSON.parse((await tocsin('alerts --json')).out)).toMatchObject({ alerts: [{ id: 1 }], next: null });

  const { code, out } = await tocsin('why 1');
  expect(code).toBe(0);
  expect(out).toMatch(/^Alert 1 {2}MEDIUM {2}API key deleted$/m);
  expect(out).toMatch(/opened to slack: waits for the message of its group/);
  expect(out).toMatch(/Notified: opened the alert\n {4}matched \w+: /);
  expect(JSON.parse((await tocsin('why 1 --json')).out)).toMatchObject({ alert: { id: 1, status: 'open' }, acts: [] });

  expect(await tocsin('why 99')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/none with this id.*\n.*alerts --all/),
  });
});

test('notify --test sends to every receiver and shows each outcome', async () => {
  const before = local.inbox.messages.length;
  expect(await tocsin('notify --test')).toEqual({ code: 0, out: 'slack  delivered\n', err: '' });
  expect(local.inbox.messages.length).toBe(before + 1);

  local.inbox.answer({ status: 404, body: 'no_service', times: 1 });
  expect(await tocsin('notify --test')).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^slack {2}NOT DELIVERED: .+/),
  });
  local.inbox.answer({ status: 503, times: 1 });
  const failed = await tocsin('notify --test --json');
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.out)).toMatchObject({ tested: [{ receiver: 'slack', outcome: { kind: 'retry' } }] });

  const withoutReceiver = await startLocalTocsin({ SLACK_WEBHOOK_URL: '' });
  const result = await tocsin('notify --test', { TOCSIN_URL: withoutReceiver.url });
  await withoutReceiver.stop();
  expect(result).toMatchObject({ code: 1, out: expect.stringContaining('NOBODY IS NOTIFIED') });
});

test('dead deliveries are shown with their reason, and sent again by resend', async () => {
  expect(await tocsin('resend')).toMatchObject({ code: 0, out: expect.stringMatching(/^No dead deliveries\./) });
  local.inbox.answer({ status: 404, body: 'no_service' });
  local.wait(GROUP_WAIT_MS);
  await local.deliver();
  expect((await tocsin('why 1')).out).toMatch(/opened to slack: pending, .*no_service/);
  expect((await tocsin('status')).out).toMatch(/^ {2}slack {2}FAILING since .*no_service.*1 pending$/m);

  // Eight days later.
  local.store.run('UPDATE deliveries SET queued_at = queued_at - 8 * 86400000, due_at = NULL');
  local.store.run('UPDATE receivers SET next_at = 0');
  await local.deliver();
  expect((await tocsin('why 1')).out).toMatch(/opened to slack: DEAD after \d attempts?: .*7 days.*no_service/);
  expect((await tocsin('status')).out).toMatch(/^ {2}slack {2}FAILING since .*no_service.*1 DEAD$/m);

  local.inbox.answer({ status: 200, body: 'ok' });
  expect((await tocsin('resend --receiver slack')).out).toMatch(
    /^\d dead deliver(y|ies) to slack will be sent again now/,
  );
  await local.deliver();
  expect((await tocsin('why 1')).out).toMatch(/opened to slack: delivered at /);
  expect(await tocsin('resend --receiver pager')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no such receiver; configured: slack; to send elsewhere what waits for one that was'),
  });
}, 15_000);

test('what waits for a receiver that was renamed is sent to another by resend --to', async () => {
  local.store.run("UPDATE deliveries SET receiver = 'old', state = 'pending' WHERE alert = 1");
  expect((await tocsin('status')).out).toMatch(
    /^ {2}old {4}REMOVED: .*resend --receiver NAME --to NAME.*; 1 pending$/m,
  );
  expect(await tocsin('resend --receiver old --to pager')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no such receiver; configured: slack'),
  });
  expect(await tocsin('resend --to slack')).toMatchObject({ code: 2, err: expect.stringContaining('--receiver') });
  expect((await tocsin('resend --receiver old --to slack')).out).toMatch(
    /^1 delivery to old will be sent to slack now/,
  );
  await local.deliver();
  expect((await tocsin('why 1')).out).toMatch(/opened to slack: delivered at /);
  expect((await tocsin('status')).out).not.toContain('REMOVED');
}, 15_000);

test('each mail address is a receiver, with a status and deliveries of its own', async () => {
  const mail = await startMailInbox();
  mail.refuse('boss@example.net', 'E_RECIPIENT_SUPPRESSED');
  const env = {
    ...{ EMAIL_TO: 'a@example.net, boss@example.net', EMAIL_FROM: 'tocsin@example.com', EMAIL: mail.binding },
    SLACK_WEBHOOK_URL: '',
  };
  const mailing = await startLocalTocsin(env);
  const run = (args: string) => tocsin(args, { TOCSIN_URL: mailing.url });
  try {
    mailing.wait(GROUP_WAIT_MS);
    await mailing.deliver();
    const opened = mail.sends.filter(({ headers }) => headers['X-Tocsin-Alert'] === '1');
    expect(opened.map(({ to }) => to).toSorted()).toEqual(['a@example.net', 'boss@example.net']);
    const status = await run('status');
    expect(status.out).toMatch(/^ {2}email {4}healthy; .*\n {2}email\/2 {2}FAILING .*suppression list.*; 1 pending$/m);
    expect((await run('why 1')).out).toMatch(/opened to email\/2: .*suppression list/);
    expect((await run('notify --test')).out).toMatch(/^email {4}delivered\nemail\/2 {2}NOT DELIVERED: .*suppression/);
    expect((await run('resend --receiver email/2')).out).toMatch(/^No dead deliveries to email\/2/);
    expect(await run('resend --receiver email/3')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no such receiver; configured: email, email/2'),
    });
    expect(status.out).not.toContain('example.net');
  } finally {
    await mailing.stop();
    await mail.stop();
  }
});

test('another LINK_SECRET is denied, and no secret is printed', async () => {
  const { code, out, err } = await tocsin('status', { LINK_SECRET: OTHER_SECRET });
  expect(code).toBe(1);
  expect(err).toContain(`${local.url} denied access (404)`);
  expect(err).toContain('Check that LINK_SECRET');
  expect(out + err).not.toContain(OTHER_SECRET);
});

test('an invalid LINK_SECRET is reported before any request', async () => {
  expect(await tocsin('status', { LINK_SECRET: 'short' })).toMatchObject({
    code: 2,
    err: expect.stringContaining('LINK_SECRET in the environment has 5 characters, fewer than 32'),
  });
});

test('when nothing can be watched, the settings say why, and the exit code is 4', async () => {
  const broken = await startLocalTocsin({ NIRVANA_LABS_API_KEY: '' });
  const { code, out } = await tocsin('status', { TOCSIN_URL: broken.url });
  await broken.stop();
  expect(code).toBe(4);
  expect(out).toMatch(/^BLIND {2}http\S+\n {2}CRITICAL {2}NIRVANA_LABS_API_KEY is not set\n/);
  expect(out).toContain('ERROR   NIRVANA_LABS_API_KEY is not set');
});

test.each([
  [
    'nobody can be notified: 4',
    { SLACK_WEBHOOK_URL: '' },
    /^BLIND .*\n {2}CRITICAL {2}nobody can be notified: no receiver is configured\n/,
    4,
  ],
  [
    'one of two receivers is not set: 3',
    { WEBHOOK_URL: 'not an address' },
    /^DEGRADED .*\n {2}HIGH {6}the receiver webhook/,
    3,
  ],
])('the exit code says that %s', async (_, settings, begins, code) => {
  const wrong = await startLocalTocsin(settings);
  const answered = await tocsin('status', { TOCSIN_URL: wrong.url });
  await wrong.stop();
  expect(answered.out).toMatch(begins);
  expect(answered.code).toBe(code);
});

test('where the only receiver is revoked, the first words say so, and the exit code is 4 until it takes a message', async () => {
  const revoked = await startLocalTocsin();
  const ask = () => tocsin('status', { TOCSIN_URL: revoked.url });
  revoked.inbox.answer({ status: 404, body: 'no_service' });
  revoked.wait(GROUP_WAIT_MS);
  await revoked.deliver();
  // One refusal may be the message's own.
  expect((await ask()).code).toBe(3);
  expect((await tocsin('notify --test', { TOCSIN_URL: revoked.url })).code).toBe(1);
  const { code, out } = await ask();
  expect(out).toMatch(
    /^BLIND .*\n {2}CRITICAL {2}nobody can be notified: no receiver works\n {2}HIGH {6}the receiver slack/,
  );
  expect(code).toBe(4);
  revoked.inbox.answer({ status: 200, body: 'ok' });
  expect((await tocsin('notify --test', { TOCSIN_URL: revoked.url })).code).toBe(0);
  // What waited is sent at once.
  await revoked.deliver();
  expect(await ask()).toMatchObject({ code: 0, out: expect.stringMatching(/^HEALTHY /) });
  await revoked.stop();
});

const STRANGERS: readonly (readonly [what: string, answer: RequestListener, problem: string])[] = [
  ['a page', (_, to) => to.end('<!doctype html>'), "can't be read"],
  ['JSON of another kind', (_, to) => to.end('{"status":{"watching":"yes"},"problems":[]}'), "can't be read"],
  [
    'a redirect',
    (_, to) => to.writeHead(302, { location: 'https://example.com/' }).end(),
    'answered with a redirect (302)',
  ],
  ['403', (_, to) => to.writeHead(403).end(), 'denied access (403)'],
  [
    '500',
    (_, to) => to.writeHead(500).end('{"message":"see\\u001b[2J the log"}'),
    'answered 500: see\uFFFD[2J the log',
  ],
  ['418', (_, to) => to.writeHead(418).end('short and stout'), 'answered 418'],
  ['nothing, and hangs up', (from) => from.socket.destroy(), "can't be reached"],
  ['an endless stream', (_, to) => void pour(to), "can't be read"],
  [
    '404 from another day',
    (_, to) => to.writeHead(404, { date: 'Mon, 05 Jan 2026 12:00:00 GMT' }).end(),
    'its clock and ours differ by',
  ],
];

test.each(STRANGERS)('a server that answers %s is reported with a hint', async (_, answer, problem) => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, out, err } = await tocsin('status', { TOCSIN_URL: url });
  server.closeAllConnections();
  server.close();
  expect(err).toContain(url);
  expect(err).toContain(problem);
  expect(err.trim().split('\n').length).toBeGreaterThan(1);
  expect({ code, out }).toEqual({ code: 1, out: '' });
});

test('when nothing listens, it says how to start or name a Tocsin', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  expect(await tocsin('status', { TOCSIN_URL: url })).toMatchObject({
    code: 1,
    err: expect.stringContaining(`nothing listens at ${url}`),
  });
});

/** Writes until the other side closes the connection. */
function pour(to: NodeJS.WritableStream): void {
  const part = 'x'.repeat(65_536);
  to.on('error', () => undefined);
  const more = (): void => {
    while (to.writable && to.write(part));
  };
  to.on('drain', more);
  more();
}
