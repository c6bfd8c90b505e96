/**
 * `npm run demo`: a simulated audit log, local inboxes for Slack and mail, the Worker, and what happens between them.
 *
 * Contract: however it ends, it ends everything it started. Exit codes: 0 as asked, 1 if the alerts did not arrive or
 * something did not start, 2 for wrong arguments, 130 and 143 by signals.
 */
import { randomBytes } from 'node:crypto';
import { operatorToken } from '../../src/access/operator.ts';
import { SESSION_PATH } from '../../src/access/session.ts';
import { err, out } from '../../src/cli/terminal.ts';
import { jsonLine } from '../../src/text/invisible.ts';
import { counted } from '../../src/text/numbers.ts';
import { VIEWERS_PATH } from '../../src/web/operator-paths.ts';
import { onEnding } from '../support/ending.ts';
import { startInbox } from '../support/slack-inbox.ts';
import { createArrivals, createPrintOrder, type InboxName } from './arrivals.ts';
import { type DemoEvent, eventsFrom } from './event.ts';
import { type InboxPage, startInboxPage } from './inbox-page.ts';
import { colourPaint, linesOf, plainPaint } from './lines.ts';
import { watchMailbox } from './mailbox.ts';
import { readMessage } from './message.ts';
import { type DemoOptions, HELP, readOptions } from './options.ts';
import { type DemoUpstream, startUpstream } from './upstream.ts';
import { freePort, type LogLine, type RunningWorker, startWorker } from './worker.ts';

const TICK_MS = 1_000;
/** What has not stopped by then ends with the process. */
const STOP_MS = 5_000;
/** RFC 2606 reserves `.example`. */
const MAIL_FROM = 'tocsin@demo.example';
const MAIL_TO = 'night-shift@demo.example';

const { env } = process;
/** The key of the real audit log; '' for the sandbox. */
const realKey = env.NIRVANA_LABS_API_KEY ?? '';
/** A real Slack webhook, for the real audit log only; '' for the local inbox. */
const realSlack = realKey === '' ? '' : (env.SLACK_WEBHOOK_URL ?? '');

const read = readOptions(process.argv.slice(2), realKey !== '');
switch (read.kind) {
  case 'help':
    out(HELP);
    break;
  case 'wrong':
    err(`${read.problem}\nTry: npm run demo -- --help\n`);
    process.exitCode = 2;
    break;
  case 'run':
    await demo(read.options);
}

/** A demo in progress. */
interface Demo {
  readonly options: DemoOptions;
  readonly print: (event: DemoEvent) => void;
  readonly arrived: (inbox: InboxName, alert: string) => void;
  /** Ends the demo; only the first call counts. */
  readonly finish: (code: number, reason: string) => void;
  readonly isEnding: () => boolean;
  readonly stops: (() => Promise<void>)[];
}

/** Runs the demo and ends the process. */
async function demo(options: DemoOptions): Promise<void> {
  const print = createPrint(options.json);
  const arrivals = createArrivals();
  const stops: (() => Promise<void>)[] = [];
  let ending = false;
  const { promise: over, resolve: end } = Promise.withResolvers<number>();
  const finish = (code: number, reason: string): void => {
    if (ending) return;
    ending = true;
    const how = code === 0 ? 'done' : code > 128 ? 'stopped' : 'failed';
    print({ at: 'ended', how, alerts: arrivals.count, reason });
    end(code);
  };
  const arrived = (inbox: InboxName, alert: string): void => {
    arrivals.add(inbox, alert);
    if (options.until !== null && arrivals.haveReached(options.until)) {
      const has = options.until === 1 ? 'has' : 'have';
      finish(0, `${counted(options.until, 'alert')} ${has} reached both inboxes`);
    }
  };
  finishOnEnding(finish);
  try {
    await Promise.race([run({ options, print, arrived, finish, isEnding: () => ending, stops }), over]);
  } catch (error) {
    finish(1, messageOf(error));
  }
  const code = await over;
  process.exitCode = code;
  setTimeout(() => process.exit(code), STOP_MS).unref();
  await Promise.all(stops.map((stop) => stop().catch(() => undefined)));
  process.exit(code);

  /** Starts everything, then ticks until the end. */
  async function run(demo: Demo): Promise<void> {
    const show = createPrintOrder((event) => {
      if (ending) return;
      print(event);
      if (event.at === 'message' && event.alert !== null) arrived('Slack', `alert ${event.alert}`);
      if (event.at === 'mail' && event.alert !== null) arrived('mail', `alert ${event.alert}`);
    });
    const upstream = realKey === '' ? await startSandboxUpstream(demo) : null;
    const page = await startInboxPage();
    stops.push(page.stop);
    const { worker, slackUrl, linkSecret } = await startReceivers(demo, upstream, page, show);
    await printStart(demo, upstream, page, worker, slackUrl, linkSecret);
    if (options.until !== null) {
      const { until, timeoutMs } = options;
      const reason = () => `in ${timeoutMs / 1000} s, of ${until} alerts, ${arrivals.text()}`;
      setTimeout(() => finish(1, reason()), timeoutMs);
    }
    upstream?.play();
    while (!ending) {
      const wait = new Promise((resolve) => setTimeout(resolve, TICK_MS));
      await worker.tick();
      await wait;
    }
  }
}

function createPrint(json: boolean): (event: DemoEvent) => void {
  const isColour = process.stdout.isTTY && (env.NO_COLOR ?? '') === '';
  const paint = isColour ? colourPaint : plainPaint;
  return (event) => {
    const now = Date.now();
    const lines = json ? [jsonLine({ time: new Date(now).toISOString(), ...event })] : linesOf(event, now, paint);
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  };
}

function finishOnEnding(finish: Demo['finish']): void {
  onEnding(finish);
  // The reader of our output has gone (`… | head`).
  process.stdout.on('error', () => process.exit(0));
}

async function startSandboxUpstream({ options, print, stops }: Demo): Promise<DemoUpstream> {
  const upstream = await startUpstream({
    ...options,
    onScenario: (name, entries) => print({ at: 'scenario', name, entries }),
  });
  stops.push(upstream.stop);
  return upstream;
}

/** Starts the inboxes and the Worker that sends to them. */
async function startReceivers(
  { options, arrived, isEnding, stops }: Demo,
  upstream: DemoUpstream | null,
  page: InboxPage,
  show: (event: DemoEvent) => void,
): Promise<{ readonly worker: RunningWorker; readonly slackUrl: string; readonly linkSecret: string }> {
  const inbox = await startInbox({
    onMessage: (message) => {
      page.addMessage(message);
      show({ at: 'message', ...readMessage(message) });
    },
  });
  stops.push(inbox.stop);
  const slackUrl = realSlack === '' ? inbox.url : realSlack;
  const port = await freePort(options.port);
  const linkSecret = randomBytes(32).toString('hex');
  const onLog = ({ level, message }: LogLine): void => {
    if (isEnding()) return;
    for (const event of eventsFrom(level, message)) {
      const toRealSlack = event.at === 'delivery' && event.receiver === 'slack' && realSlack !== '';
      if (event.at === 'delivery' && event.state === 'delivered' && !toRealSlack && !options.json) continue;
      show(event);
      if (toRealSlack && event.what === 'opened' && event.state === 'delivered') {
        arrived('Slack', `delivery ${event.id}`);
      }
    }
  };
  const worker = await startWorker({
    port,
    bindings: { EMAIL: { type: 'send_email' } },
    secrets: {
      NIRVANA_LABS_API_KEY: upstream?.apiKey ?? realKey,
      NIRVANA_LABS_BASE_URL: upstream?.url ?? env.NIRVANA_LABS_BASE_URL ?? '',
      SLACK_WEBHOOK_URL: slackUrl,
      EMAIL_FROM: MAIL_FROM,
      EMAIL_TO: MAIL_TO,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      LINK_SECRET: linkSecret,
    },
    onLog,
  });
  stops.push(worker.stop);
  const mailbox = watchMailbox(worker.url, (mail) => {
    page.addMail(mail);
    show({ at: 'mail', alert: mail.alert, to: mail.to, subject: mail.subject });
  });
  stops.push(async () => mailbox.stop());
  return { worker, slackUrl, linkSecret };
}

/** Signs the inbox page in to Tocsin's pages, and prints where everything is. */
async function printStart(
  { options, print }: Demo,
  upstream: DemoUpstream | null,
  page: InboxPage,
  worker: RunningWorker,
  slackUrl: string,
  linkSecret: string,
): Promise<void> {
  const viewer = await addViewer(worker.url, linkSecret);
  page.setTarget(`${worker.url}/`, await signIn(worker.url, viewer.token));
  const at = env.NIRVANA_LABS_BASE_URL ? ` at ${env.NIRVANA_LABS_BASE_URL}` : '';
  print({
    at: 'started',
    inbox: page.url,
    open: page.openUrl,
    auditLog:
      upstream === null
        ? `the real one${at} (NIRVANA_LABS_API_KEY); to a deployed Tocsin with this key it looks like theft`
        : `${upstream.url}, simulated (${options.dialect}), with ${upstream.entries} entries from two hours`,
    worker: `${worker.url}, in workerd, with a tick every second`,
    slack: realSlack === '' ? `${new URL(slackUrl).origin}, a local inbox` : 'the real one (SLACK_WEBHOOK_URL)',
    mail: `to ${MAIL_TO}, kept on this machine`,
    lookup: `curl -H 'Authorization: Bearer ${viewer.token}' '${worker.url}/v1/audit_logs?limit=10'`,
    status: `LINK_SECRET=${linkSecret} npm run tocsin -- status --url ${worker.url}`,
  });
}

/** Signs in, as the form does. Returns the session's cookie, as `name=value`. */
async function signIn(worker: string, token: string): Promise<string> {
  const headers = { 'sec-fetch-site': 'same-origin' };
  const body = new URLSearchParams({ token });
  const response = await fetch(`${worker}${SESSION_PATH}`, { method: 'POST', headers, body, redirect: 'manual' });
  const [cookie] = (response.headers.get('set-cookie') ?? '').split(';');
  if (response.status !== 303 || !cookie) throw new Error(`nobody was signed in: ${response.status}`);
  return cookie;
}

/** Adds a responder, as an operator does. */
async function addViewer(worker: string, linkSecret: string): Promise<{ readonly token: string }> {
  const body = JSON.stringify({ name: 'demo', role: 'responder' });
  const token = await operatorToken(linkSecret, 'POST', VIEWERS_PATH, body, Date.now());
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${worker}${VIEWERS_PATH}`, { method: 'POST', headers, body });
  if (response.status !== 201) throw new Error(`the viewer was not added: ${response.status} ${await response.text()}`);
  return (await response.json()) as { token: string };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
