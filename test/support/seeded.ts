/**
 * The real Worker, in workerd, with 100,000 entries in its ledger, for the pages, the lookup and the benchmark. Slack is a
 * local inbox; the webhook's server refuses everything, so that one receiver is healthy and one is not.
 *
 * Contract: everything runs on 127.0.0.1 and free ports, and `stop` ends all of it. The entries are read as in production:
 * page by page from the upstream (the sandbox) by ticks of the cron trigger.
 */
import { createServer, type Server } from 'node:http';
import { operatorToken } from '../../src/access/operator.ts';
import type { LedgerStatus } from '../../src/ledger/rpc.ts';
import { type LogLine, type RunningWorker, startWorker, type WorkerOptions } from '../demo/worker.ts';
import type { Dialect } from '../sandbox/query.ts';
import { type RunningSandbox, startSandbox } from '../sandbox/server.ts';
import { SEEDED_DAYS, type SeededFacts, seededLog } from './seeded-log.ts';
import { type Inbox, startInbox } from './slack-inbox.ts';

export interface Seeded {
  /** The Worker's address, without a trailing slash; also its PUBLIC_URL. */
  readonly url: string;
  readonly linkSecret: string;
  readonly facts: SeededFacts;
  readonly upstream: RunningSandbox;
  /** Takes its Slack messages, which contain the links. */
  readonly inbox: Inbox;
  /** Everything the Worker has logged so far. */
  readonly logged: readonly LogLine[];
  tick(): Promise<void>;
  /** The status, as an operator sees it. */
  status(): Promise<LedgerStatus>;
  /** Waits until no delivery is pending; what waits for a later message of its group is left. */
  delivered(): Promise<void>;
  stop(): Promise<void>;
}

export interface SeededOptions {
  readonly dialect?: Dialect;
  /** Settings to add or replace: `{ WEBHOOK_URL: '', WEBHOOK_SECRET: '' }` leaves the webhook out. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Bindings to add or replace. */
  readonly bindings?: NonNullable<WorkerOptions['bindings']>;
}

/** Not secret: used only on this machine. */
const LINK_SECRET = '9c1f0e7ab4d25386c7f1e0d93b58a624';
const WEBHOOK_SECRET = 'whsec_c2VlZGVkLXNlZWRlZC1zZWVkZWQtc2VlZGVk';
/** A tick reads 30,000 entries on the paid plan; more ticks than this mean a bug. */
const TICKS_MAX = 12;
/** A few hundred deliveries take seconds. */
const DELIVERED_WITHIN_MS = 60_000;
const STATUS_PATH = '/operator/status';

/** Starts it and reads the whole log. If that fails, ends everything and throws. */
export async function startSeeded({
  dialect = 'sorted',
  settings = {},
  bindings = {},
}: SeededOptions = {}): Promise<Seeded> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const { records, facts } = seededLog(Date.now());
    // Own reads would add entries to the log.
    const upstream = await startSandbox({ dialect, logOwnReads: false });
    stops.push(upstream.stop);
    // A call can't have 100,000 arguments.
    for (let i = 0; i < records.length; i += 10_000) upstream.append(...records.slice(i, i + 10_000));
    const inbox = await startInbox();
    stops.push(inbox.stop);
    const refusing = await startRefusing();
    stops.push(refusing.stop);
    const logged: LogLine[] = [];
    const port = await freePort();
    const worker = await startWorker({
      port,
      bindings,
      secrets: {
        NIRVANA_LABS_API_KEY: upstream.apiKey,
        NIRVANA_LABS_BASE_URL: upstream.url,
        SLACK_WEBHOOK_URL: inbox.url,
        WEBHOOK_URL: refusing.url,
        WEBHOOK_SECRET,
        LINK_SECRET,
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        START_AT: `${SEEDED_DAYS + 1}d`,
        PLAN: 'paid',
        ...settings,
      },
      onLog: (line) => logged.push(line),
    });
    stops.push(worker.stop);
    await readAll(worker, logged, facts.entries);
    const { url, tick } = worker;
    const status = () => statusOf(url);
    const delivered = async (): Promise<void> => {
      const until = Date.now() + DELIVERED_WITHIN_MS;
      while ((await status()).deliveries.pending > 0) {
        if (Date.now() > until) throw new Error('deliveries are still pending');
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    return { url, linkSecret: LINK_SECRET, facts, upstream, inbox, logged, tick, status, delivered, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function statusOf(url: string): Promise<LedgerStatus> {
  const token = await operatorToken(LINK_SECRET, 'GET', STATUS_PATH, '', Date.now());
  const response = await fetch(`${url}${STATUS_PATH}`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`the status was answered with ${response.status}`);
  return ((await response.json()) as { status: LedgerStatus }).status;
}

/** Ticks until the scan has ended. */
async function readAll(worker: RunningWorker, logged: readonly LogLine[], entries: number): Promise<void> {
  for (let tick = 0; tick < TICKS_MAX; tick++) {
    await worker.tick();
    const ticks = logged.flatMap(({ message }) => {
      const line = tickLine(message);
      return line === null ? [] : [line];
    });
    const recorded = ticks.reduce((sum, line) => sum + line.recorded, 0);
    if (ticks.at(-1)?.stopped !== 'scan ended') continue;
    if (recorded === entries) return;
    throw new Error(`${recorded} entries were recorded, not ${entries}`);
  }
  throw new Error(`the scan has not ended after ${TICKS_MAX} ticks: ${logged.at(-1)?.message}`);
}

/** A tick's line of log; null for another line. */
function tickLine(message: string): { recorded: number; stopped: string } | null {
  if (!message.startsWith('{"at":"tick"')) return null;
  const line = JSON.parse(message) as { recorded?: number; stopped?: string };
  return { recorded: line.recorded ?? 0, stopped: line.stopped ?? '' };
}

/** A service that is gone for good: 410 to everything. */
async function startRefusing(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(410).end('gone');
  });
  const port = await listening(server, 0);
  return { url: `http://127.0.0.1:${port}/hook`, stop: () => closed(server) };
}

/** A port that is free now: the Worker must know its own address before it starts. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server, 0);
  await closed(server);
  return port;
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
