/**
 * `npm run demo`: the stand-in upstream, local inboxes for Slack and mail and the Worker, and what happens between them.
 *
 * Contract: ends everything it started, whichever way it ends. Exit codes: 0 as asked, 1 where the alerts did not come
 * or something did not start, 2 where it was called wrongly, 130 and 143 by signals.
 */

import { randomBytes } from 'node:crypto';
import { operatorToken } from '../../src/access/operator.ts';
import { SESSION_MS, sessionCookie, signSession } from '../../src/access/session.ts';
import { jsonLine } from '../../src/cli/terminal.ts';
import { VIEWERS_PATH } from '../../src/web/viewers.ts';
import { startInbox } from '../support/inbox.ts';
import { type DemoEvent, eventsFrom } from './event.ts';
import { startInboxPage } from './inbox-page.ts';
import { watchMailbox } from './mailbox.ts';
import { readMessage } from './message.ts';
import { type DemoOptions, HELP, readOptions } from './options.ts';
import { createOrder } from './order.ts';
import { createReached, type InboxName } from './reached.ts';
import { startStandIn } from './stories.ts';
import { colourPaint, linesOf, plainPaint } from './tell.ts';
import { freePort, startWorker } from './worker.ts';

const TICK_MS = 1_000;
/** How often it is looked whether npm is still there. */
const PARENT_MS = 300;
/** Who has not stopped by then is left behind by the process's end. */
const STOP_MS = 5_000;
/** RFC 2606 keeps `.example` from being anybody's. */
const MAIL_FROM = 'tocsin@demo.example';
const MAIL_TO = 'night-shift@demo.example';
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const { env } = process;
const realKey = env.NIRVANA_LABS_API_KEY ?? '';
const read = readOptions(process.argv.slice(2), realKey !== '');
switch (read.kind) {
  case 'help':
    process.stdout.write(HELP);
    break;
  case 'wrong':
    process.stderr.write(`${read.problem}\nTry: npm run demo -- --help\n`);
    process.exitCode = 2;
    break;
  case 'run':
    await demo(read.options);
}

async function demo(options: DemoOptions): Promise<void> {
  const isColour = process.stdout.isTTY && (env.NO_COLOR ?? '') === '';
  const paint = isColour ? colourPaint : plainPaint;
  const print = (event: DemoEvent): void => {
    const now = Date.now();
    const lines = options.json
      ? [jsonLine({ time: new Date(now).toISOString(), ...event })]
      : linesOf(event, now, paint);
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  };
  const reached = createReached();
  const stops: (() => Promise<void>)[] = [];
  let ending = false;
  const { promise: over, resolve: end } = Promise.withResolvers<number>();
  const finish = (code: number, reason: string): void => {
    if (ending) return;
    ending = true;
    const how = code === 0 ? 'done' : code > 128 ? 'stopped' : 'failed';
    print({ at: 'ended', how, alerts: reached.count, reason });
    end(code);
  };

  for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => finish(code, `by ${signal}`));
  // npm, told to end, ends its shell and not what runs in it: who has lost its parent has been told too.
  const { ppid } = process;
  if (env.npm_lifecycle_event !== undefined) {
    setInterval(() => {
      if (process.ppid !== ppid) finish(SIGNALS.SIGTERM, 'by the end of npm');
    }, PARENT_MS).unref();
  }
  // Whoever listened has gone (`… | head`): there is nobody to tell.
  process.stdout.on('error', () => process.exit(0));

  const arrived = (inbox: InboxName, alert: string): void => {
    reached.add(inbox, alert);
    if (options.until !== null && reached.all(options.until)) {
      finish(0, `${options.until} alert${options.until === 1 ? ' has' : 's have'} reached both inboxes`);
    }
  };
  try {
    await Promise.race([run(), over]);
  } catch (error) {
    finish(1, wordsOf(error));
  }
  const code = await over;
  process.exitCode = code;
  setTimeout(() => process.exit(code), STOP_MS).unref();
  await Promise.all(stops.map((stop) => stop().catch(() => undefined)));
  process.exit(code);

  async function run(): Promise<void> {
    const order = createOrder((event) => {
      if (ending) return;
      print(event);
      if (event.at === 'message' && event.alert !== null) arrived('Slack', `alert ${event.alert}`);
      if (event.at === 'mail' && event.alert !== null) arrived('mail', `alert ${event.alert}`);
    });
    const realSlack = realKey === '' ? '' : (env.SLACK_WEBHOOK_URL ?? '');
    const standIn =
      realKey === ''
        ? await startStandIn({ ...options, onStory: (name, entries) => print({ at: 'story', name, entries }) })
        : null;
    if (standIn !== null) stops.push(standIn.stop);
    const page = await startInboxPage();
    stops.push(page.stop);
    const inbox = await startInbox({
      onMessage: (message) => {
        page.addMessage(message);
        order.tell({ at: 'message', ...readMessage(message) });
      },
    });
    stops.push(inbox.stop);
    const port = await freePort(options.port);
    const linkSecret = randomBytes(32).toString('hex');
    const baseUrl = standIn?.url ?? env.NIRVANA_LABS_BASE_URL ?? '';
    const worker = await startWorker({
      port,
      bindings: { EMAIL: { type: 'send_email' } },
      secrets: {
        NIRVANA_LABS_API_KEY: standIn?.apiKey ?? realKey,
        NIRVANA_LABS_BASE_URL: baseUrl,
        SLACK_WEBHOOK_URL: realSlack === '' ? inbox.url : realSlack,
        EMAIL_FROM: MAIL_FROM,
        EMAIL_TO: MAIL_TO,
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        LINK_SECRET: linkSecret,
      },
      onLog: ({ level, message }) => {
        if (ending) return;
        for (const event of eventsFrom(level, message)) {
          const toRealSlack = event.at === 'delivery' && event.receiver === 'slack' && realSlack !== '';
          if (event.at === 'delivery' && event.state === 'delivered' && !toRealSlack && !options.json) continue;
          order.tell(event);
          if (toRealSlack && event.what === 'opened' && event.state === 'delivered') {
            arrived('Slack', `delivery ${event.id}`);
          }
        }
      },
    });
    stops.push(worker.stop);
    const mailbox = watchMailbox(worker.url, (mail) => {
      page.addMail(mail);
      order.tell({ at: 'mail', alert: mail.alert, to: mail.to, subject: mail.subject });
    });
    stops.push(async () => mailbox.stop());
    const viewer = await makeViewer(worker.url, linkSecret);
    const session = await signSession(linkSecret, viewer.id, Date.now() + SESSION_MS);
    page.lead(`${worker.url}/`, `${sessionCookie(worker.url).name}=${session}`);
    print({
      at: 'started',
      inbox: page.url,
      open: page.openUrl,
      auditLog:
        standIn === null
          ? `the real one${baseUrl === '' ? '' : ` at ${baseUrl}`}, by NIRVANA_LABS_API_KEY`
          : `${standIn.url}, a stand-in (${options.dialect}) with the ${standIn.entries} entries of two hours`,
      worker: `${worker.url}, in workerd, with a tick every second`,
      slack: realSlack === '' ? `${new URL(inbox.url).origin}, a local inbox` : 'the real one, by SLACK_WEBHOOK_URL',
      mail: `to ${MAIL_TO}, kept on this machine`,
      lookup: `curl -H 'Authorization: Bearer ${viewer.token}' '${worker.url}/v1/audit_logs?limit=10'`,
      status: `LINK_SECRET=${linkSecret} npm run tocsin -- status --url ${worker.url}`,
    });
    if (options.until !== null) {
      const seconds = options.timeoutMs / 1000;
      setTimeout(() => finish(1, `in ${seconds} s, of ${options.until} alerts, ${reached.text()}`), options.timeoutMs);
    }
    standIn?.play();
    while (!ending) {
      const wait = new Promise((resolve) => setTimeout(resolve, TICK_MS));
      await worker.tick();
      await wait;
    }
  }
}

/** A viewer, as an operator makes them; whoever has the token may look. */
async function makeViewer(
  worker: string,
  linkSecret: string,
): Promise<{ readonly id: string; readonly token: string }> {
  const token = await operatorToken(linkSecret, 'POST', VIEWERS_PATH, Date.now());
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'demo' });
  const response = await fetch(`${worker}${VIEWERS_PATH}`, { method: 'POST', headers, body });
  if (response.status !== 201) throw new Error(`no viewer could be made: ${response.status} ${await response.text()}`);
  return (await response.json()) as { id: string; token: string };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
