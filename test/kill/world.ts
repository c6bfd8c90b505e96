/**
 * Everything that is killed: the upstream, the Worker and its receivers, each a process with a port of its own that stays
 * the same, and one folder that holds what outlives them.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operatorToken } from '../../src/access/operator.ts';
import { STATUS_PATH } from '../../src/web/operator-paths.ts';
import { freePort } from '../demo/worker.ts';
import type { EntryBody, LogRecord } from '../sandbox/record.ts';
import { SANDBOX_API_KEY } from '../sandbox/server.ts';
import { buildWorker } from './bundle.ts';
import { type LedgerContent, readLedger } from './ledger-file.ts';
import { readLines } from './lines.ts';
import type { KillOptions } from './options.ts';
import { createProcess, type Process } from './process.ts';
import { RECEIVERS, type Received, type ReceiverName, type ReceiverOptions, readReceived } from './receiver-file.ts';
import type { TrafficOptions } from './traffic.ts';
import type { UpstreamOptions } from './upstream.ts';
import type { WorkerOptions } from './worker-host.ts';

export const PROCESSES = ['upstream', 'worker', ...RECEIVERS] as const;
export type ProcessName = (typeof PROCESSES)[number];

export interface World {
  readonly processes: Readonly<Record<ProcessName, Process>>;
  /** The Worker, without a trailing slash. */
  readonly workerUrl: string;
  /** The ids of the entries that the upstream shows now. */
  shown(): Promise<string[]>;
  /** The ids of the reads of the log that the upstream shows. */
  ownReads(): string[];
  /** What the receivers have taken so far. */
  received(): Received[];
  /** What the ledger holds. Nothing may run any more. */
  ledger(): LedgerContent;
  /** The process of workerd, below the Worker's, and when it began; null before its first start. */
  workerd(): { readonly pid: number; readonly startedAt: number } | null;
  /** Ends the upstream's log after so many seconds of traffic. */
  endLog(seconds: number): void;
  /** What the Worker says about itself. Throws while it does not answer. */
  status(): Promise<WorkerStatus>;
  /** Kills everything, for good. */
  end(): Promise<void>;
}

export interface WorkerStatus {
  /** Entries, since the ledger began. */
  readonly recorded: number;
  /** Messages that are not delivered yet. */
  readonly pending: number;
  /** For the messages of their groups. */
  readonly waiting: number;
}

/** Outside the ports that systems give away when asked for any, so that nobody takes one while its owner is down. */
const PORT_MIN = 12_000;
const PORT_MAX = 30_000;
const STATUS_MS = 10_000;

/** Builds the Worker and makes everything; starts nothing. `onDeath`: a process ended that nobody killed. */
export async function createWorld(
  folder: string,
  traffic: TrafficOptions,
  { dialect, ownReads }: Pick<KillOptions, 'dialect' | 'ownReads'>,
  onDeath: (why: string) => void,
): Promise<World> {
  const below = (name: string): string => join(folder, name);
  for (const name of ['storage', 'scratch']) mkdirSync(below(name));
  const ports: Readonly<Record<ProcessName, number>> = {
    upstream: await somePort(),
    worker: await somePort(),
    slack: await somePort(),
    email: await somePort(),
    webhook: await somePort(),
  };
  const urlOf = (name: ProcessName): string => `http://127.0.0.1:${ports[name]}`;
  const linkSecret = randomBytes(32).toString('hex');
  const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
  const endFile = below('end');
  const pidFile = below('workerd.pid');
  const receivedFile = (name: ReceiverName): string => below(`${name}.ndjson`);

  const ownReadsFile = ownReads ? below('own-reads.ndjson') : null;
  const upstream: UpstreamOptions = { port: ports.upstream, dialect, ...traffic, endFile, ownReadsFile };
  const worker: WorkerOptions = {
    name: 'tocsin',
    port: ports.worker,
    bundle: await buildWorker(below('bundle')),
    settings: {
      NIRVANA_LABS_API_KEY: SANDBOX_API_KEY,
      NIRVANA_LABS_BASE_URL: urlOf('upstream'),
      START_AT: new Date(traffic.startAt).toISOString(),
      ALLOWED_LATENESS: '1m',
      PUBLIC_URL: urlOf('worker'),
      LINK_SECRET: linkSecret,
      SLACK_WEBHOOK_URL: `${urlOf('slack')}/services/T00000000/B00000000/a-secret-of-slack`,
      EMAIL_FROM: 'tocsin@kill.example',
      EMAIL_TO: 'night-shift@kill.example',
      WEBHOOK_URL: urlOf('webhook'),
      WEBHOOK_SECRET: webhookSecret,
    },
    mailUrl: urlOf('email'),
    storage: below('storage'),
    folder: below('scratch'),
    pidFile,
    logFile: below('worker.log'),
  };
  const receiver = (name: ReceiverName): Process => {
    const options: ReceiverOptions = { name, port: ports[name], file: receivedFile(name), webhookSecret };
    return createProcess('receiver.ts', options, onDeath);
  };
  const processes = {
    upstream: createProcess('upstream.ts', upstream, onDeath),
    worker: createProcess('worker-host.ts', worker, onDeath),
    slack: receiver('slack'),
    email: receiver('email'),
    webhook: receiver('webhook'),
  };
  return {
    processes,
    workerUrl: urlOf('worker'),
    async shown() {
      const response = await fetch(`${urlOf('upstream')}/__sandbox/visible`);
      return ((await response.json()) as { ids: string[] }).ids;
    },
    ownReads: () =>
      ownReadsFile === null ? [] : readLines<LogRecord>(ownReadsFile).map(({ body }) => (body as EntryBody).id),
    received: () => RECEIVERS.flatMap((name) => readReceived(name, receivedFile(name))),
    ledger: () => readLedger(worker.storage, worker.name),
    workerd: () =>
      existsSync(pidFile) ? { pid: Number(readFileSync(pidFile, 'utf8')), startedAt: statSync(pidFile).mtimeMs } : null,
    endLog: (seconds) => writeFileSync(endFile, String(seconds)),
    status: () => statusOf(urlOf('worker'), linkSecret),
    async end() {
      await Promise.all(Object.values(processes).map((each) => each.end()));
    },
  };
}

async function statusOf(workerUrl: string, linkSecret: string): Promise<WorkerStatus> {
  const authorization = `Bearer ${await operatorToken(linkSecret, 'GET', STATUS_PATH, '', Date.now())}`;
  const signal = AbortSignal.timeout(STATUS_MS);
  const response = await fetch(`${workerUrl}${STATUS_PATH}`, { headers: { authorization }, signal });
  if (!response.ok) throw new Error(`the status was answered with ${response.status}`);
  const { status } = (await response.json()) as {
    status: { counters: { recorded: number } | null; deliveries: { pending: number; waiting: number } };
  };
  return {
    recorded: status.counters?.recorded ?? 0,
    pending: status.deliveries.pending,
    waiting: status.deliveries.waiting,
  };
}

/** A free port of the range. */
async function somePort(): Promise<number> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    try {
      return await freePort(port);
    } catch {
      // Taken: another one.
    }
  }
}
