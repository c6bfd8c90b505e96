/**
 * The upstream that is killed, as a process: the sandbox with the log of traffic.ts, and the reads of the log, which are on
 * the disk before they are answered. After a restart it shows what it showed before, from its first answer on, and goes on
 * from there. Its log ends where `endFile` says.
 */
import { readFileSync } from 'node:fs';
import type { Dialect } from '../sandbox/query.ts';
import type { EntryBody, LogRecord } from '../sandbox/record.ts';
import { startSandbox } from '../sandbox/server.ts';
import { beginChild, tell, tellRequests } from './child.ts';
import { openLines } from './lines.ts';
import { AHEAD_MS, createTraffic } from './traffic.ts';

export interface UpstreamOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly seed: number;
  /** When the log begins, ms since the epoch. */
  readonly startAt: number;
  /** Holds the number of seconds that the log has; absent while it goes on. */
  readonly endFile: string;
  /** Reads of the log that it shows as entries, one line of JSON each; null: it shows none. */
  readonly ownReadsFile: string | null;
}

const APPEND_EVERY_MS = 200;
/** As far as an upstream on another continent: time enough to be killed in. */
const LATENCY_MS = 15;

const { port, dialect, seed, startAt, endFile, ownReadsFile } = beginChild<UpstreamOptions>();
const traffic = createTraffic({ seed, startAt });

function* due() {
  const end = endOf(endFile);
  while (traffic.seconds < end && startAt + traffic.seconds * 1_000 < Date.now() + AHEAD_MS) {
    yield* traffic.next().records;
  }
}

const ownReads = ownReadsFile === null ? null : openLines<LogRecord>(ownReadsFile);

/** The sandbox's ids begin again with every start; no two entries may have the same. */
function keepOwnRead(record: LogRecord): LogRecord {
  const kept = { ...record, body: { ...(record.body as EntryBody), id: crypto.randomUUID() } };
  ownReads?.append(kept);
  return kept;
}

tellRequests();
const sandbox = await startSandbox({
  port,
  dialect,
  seed,
  logOwnReads: ownReads !== null,
  keepOwnRead,
  records: [...due(), ...(ownReads?.lines ?? [])],
});
sandbox.faults.set({ latency: { probability: 1, ms: LATENCY_MS, when: 'before' } });
setInterval(() => sandbox.append(...due()), APPEND_EVERY_MS);
tell('ready');

function endOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
