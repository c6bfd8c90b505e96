/**
 * One tick of the cron trigger: what the settings allow of a poll, and its outcome as one line of log.
 *
 * Contract: a tick that can't do its work throws, so that the invocation is marked as failed; it has then said why, and
 * all that is wrong with the settings at once, and has told the ledger. No line holds a secret. Where a heartbeat's
 * address is set, it is asked for after each walk that ended, so that whoever waits for it hears when that stops: the
 * tick neither waits for it for long nor fails with it.
 */
import { createClient } from '../audit-log/client.ts';
import { UpstreamError } from '../audit-log/errors.ts';
import type { Config } from '../config/config.ts';
import type { Failure, LedgerApi } from '../ledger/rpc.ts';
import { type CheckpointKv, type PollResult, poll } from './poll.ts';

/** The ledger's name: one per Worker, which watches one organization. */
export const LEDGER_NAME = 'ledger';

/** How long the heartbeat's answer is waited for. */
const HEARTBEAT_MS = 10_000;

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** KV where none is bound: the ledger's checkpoint counts, and this says why there is no copy. */
const NO_KV: CheckpointKv = {
  get: () => Promise.resolve(new Map()),
  put: () => Promise.reject(new Error('no KV namespace is bound')),
};

/** Says all that is wrong with the settings: a line each. */
export function reportSettings(config: Config): void {
  for (const problem of config.problems) {
    log(problem.severity === 'error' ? 'error' : 'warn', { at: 'settings', ...problem });
  }
}

/** Polls once. Throws where nothing can be watched, and what the upstream or the ledger throws. */
export async function tick(
  config: Config,
  ledger: LedgerApi | null,
  deps: { readonly now: () => number; readonly fetch: Fetch },
): Promise<PollResult> {
  reportSettings(config);
  const { upstream, watch } = config;
  if (upstream === null || ledger === null) {
    throw new Error(
      `nothing is watched: ${config.problems.map(({ setting, problem }) => `${setting} ${problem}`).join('; ')}`,
    );
  }
  const auditLog = createClient({
    ...upstream,
    fetch: deps.fetch,
    now: deps.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  try {
    const polled = await poll({
      kv: config.kv === null ? NO_KV : kvOf(config.kv),
      ledger,
      auditLog,
      now: deps.now,
      allowedLatenessMs: watch.allowedLatenessMs,
      startAt: watch.startAt.kind === 'at' ? watch.startAt.ms : deps.now() - watch.startAt.agoMs,
      suppressFirstRead: watch.suppressFirstRead,
      requests: watch.pagesPerTick,
      ms: watch.secondsPerTick * 1000,
    });
    log(polled.notes.length > 0 || polled.quarantined > 0 ? 'warn' : 'log', {
      at: 'tick',
      ...polled,
      watermark: new Date(polled.watermark).toISOString(),
      requests: auditLog.requests,
    });
    if (polled.stopped === 'scan ended' && config.heartbeatUrl !== null) await beat(config.heartbeatUrl, deps.fetch);
    return polled;
  } catch (error) {
    const failure = failureFrom(error);
    log('error', { at: 'tick', error: failure.message, requests: auditLog.requests });
    await tell(ledger, failure);
    throw error;
  }
}

/** Tells the ledger that a tick failed; where it can't be reached, the log is all there is. */
async function tell(ledger: LedgerApi, failure: Failure): Promise<void> {
  try {
    await ledger.failed(failure);
  } catch (error) {
    log('error', {
      at: 'tick',
      error: `the ledger could not be told: ${error instanceof Error ? error.name : 'error'}`,
    });
  }
}

/** What a failed tick was about. */
function failureFrom(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof UpstreamError)) return { kind: 'other', message };
  const isKey = error.kind === 'unauthorized' || error.kind === 'forbidden';
  return { kind: isKey ? 'key' : 'upstream', message };
}

/** Asks for the heartbeat's address, which is a secret, as its makers say. Never throws; a failure is a line of log. */
async function beat(url: string, fetch: Fetch): Promise<void> {
  try {
    const signal = AbortSignal.timeout(HEARTBEAT_MS);
    const response = await fetch(url, { method: 'GET', redirect: 'manual', signal });
    await response.body?.cancel();
    if (!response.ok) log('warn', { at: 'heartbeat', error: `it answered ${response.status}` });
  } catch (error) {
    // An error's message may hold the address.
    log('warn', { at: 'heartbeat', error: error instanceof Error ? error.name : 'error' });
  }
}

function kvOf(kv: KVNamespace): CheckpointKv {
  return { get: (keys) => kv.get(keys), put: (key, value) => kv.put(key, value) };
}

function log(level: 'log' | 'warn' | 'error', line: Readonly<Record<string, unknown>>): void {
  console[level](JSON.stringify(line));
}
