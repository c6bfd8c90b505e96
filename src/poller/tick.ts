/**
 * One tick of the cron trigger: a poll within the limits of the settings, and its result as one line of log.
 *
 * Contract: a tick that can't do its work throws, so that the invocation is marked as failed, after logging the reason
 * and reporting it to the ledger. Where the ledger can't write either, the tick notifies people itself (ledger-failure.ts); the
 * error that it throws is the first. No log line contains a secret. After every complete scan the heartbeat URL is pinged, if
 * one is set and Tocsin is not blind, so that a monitor notices when scans stop or nobody can be notified; the tick neither
 * waits long for it nor fails with it.
 */
import { createClient } from '../audit-log/client.ts';
import { UpstreamError } from '../audit-log/errors.ts';
import { createUserAgents } from '../audit-log/mark.ts';
import type { Config } from '../config/config.ts';
import { pause } from '../http/deadline.ts';
import type { Fetch } from '../http/post.ts';
import type { LedgerApi, TickFailure } from '../ledger/rpc.ts';
import { errorName } from '../text/error-name.ts';
import { log } from '../text/log.ts';
import { carryingUsage, countKvWrite } from './carried-usage.ts';
import { forgetLedgerFailure, notifyLedgerFailure, type TickConfig } from './ledger-failure.ts';
import { type CheckpointKv, type PollResult, poll } from './poll.ts';

/** The ledger's name: a Worker has one, for the one organization it watches. */
export const LEDGER_NAME = 'ledger';

const HEARTBEAT_TIMEOUT_MS = 10_000;

/** Stands in for KV where none is bound: the ledger has the checkpoint, and the note says why there is no copy. */
const NO_KV: CheckpointKv = {
  get: () => Promise.resolve(new Map()),
  put: () => Promise.reject(new Error('no KV namespace is bound')),
};

/** Logs every problem of the settings, one line each. */
export function reportSettings({ problems }: Pick<Config, 'problems'>): void {
  for (const problem of problems) {
    log(problem.severity === 'error' ? 'error' : 'warn', { at: 'settings', ...problem });
  }
}

/** Polls once. Throws if nothing can be watched, and whatever the upstream or the ledger throws. */
export async function tick(
  config: TickConfig,
  ledger: LedgerApi | null,
  deps: { readonly now: () => number; readonly fetch: Fetch },
): Promise<PollResult> {
  reportSettings(config);
  const { upstream, watch, heartbeatUrl, linkSecret } = config;
  if (upstream === null || ledger === null) {
    const problems = config.problems.map(({ setting, problem }) => `${setting} ${problem}`);
    throw new Error(`nothing is watched: ${problems.join('; ')}`);
  }
  const userAgent = createUserAgents(linkSecret, deps.now);
  const auditLog = createClient({ ...upstream, userAgent, fetch: deps.fetch, now: deps.now, sleep: pause });
  try {
    const result = await poll({
      kv: config.kv === null ? NO_KV : kvOf(config.kv, upstream.baseUrl),
      ledger: carryingUsage(ledger, upstream.baseUrl),
      auditLog,
      now: deps.now,
      allowedLatenessMs: watch.allowedLatenessMs,
      startAt: watch.startAt.kind === 'at' ? watch.startAt.ms : deps.now() - watch.startAt.agoMs,
      suppressFirstRead: watch.suppressFirstRead,
      requests: watch.pagesPerTick,
      ms: watch.secondsPerTick * 1000,
      sent: () => pause(0),
    });
    const isOdd = result.notes.length > 0 || result.quarantined > 0 || result.health === 'blind';
    log(isOdd ? 'warn' : 'log', {
      at: 'tick',
      ...result,
      watermark: new Date(result.watermark).toISOString(),
      requests: auditLog.requests,
    });
    forgetLedgerFailure(config, deps.now());
    const isBeating = result.stopped === 'scan ended' && result.health !== 'blind';
    if (isBeating && heartbeatUrl !== null) await sendHeartbeat(heartbeatUrl, deps.fetch);
    return result;
  } catch (error) {
    const failure = failureFrom(error);
    log('error', { at: 'tick', error: failure.message, requests: auditLog.requests });
    const unreported = await reportFailure(ledger, failure);
    const ofLedger = error instanceof UpstreamError ? unreported : error;
    if (ofLedger !== null) await notifyLedgerFailure({ config, ledger, error: ofLedger, ...deps, log: logError });
    throw error;
  }
}

/** Reports a failed tick to the ledger; returns why that failed, or null. */
async function reportFailure(ledger: LedgerApi, failure: TickFailure): Promise<unknown> {
  try {
    await ledger.recordFailedTick(failure);
    return null;
  } catch (error) {
    log('error', { at: 'tick', error: `the failure could not be reported to the ledger: ${errorName(error)}` });
    return error;
  }
}

function failureFrom(error: unknown): TickFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof UpstreamError)) return { kind: 'other', message };
  const isKey = error.kind === 'unauthorized' || error.kind === 'forbidden';
  return { kind: isKey ? 'key' : 'upstream', message, retryAfterMs: error.retryAfterMs ?? null };
}

/** Pings the heartbeat URL, which is a secret. Never throws; a failure is a line of log. */
async function sendHeartbeat(url: string, fetch: Fetch): Promise<void> {
  try {
    const signal = AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS);
    const response = await fetch(url, { method: 'GET', redirect: 'manual', signal });
    await response.body?.cancel();
    if (!response.ok) log('warn', { at: 'heartbeat', error: `the monitor answered ${response.status}` });
  } catch (error) {
    // An error's message may contain the URL.
    log('warn', { at: 'heartbeat', error: errorName(error) });
  }
}

function kvOf(kv: KVNamespace, upstream: string): CheckpointKv {
  const put = async (key: string, value: string): Promise<void> => {
    await kv.put(key, value);
    countKvWrite(upstream);
  };
  return { get: (keys) => kv.get(keys), put };
}

function logError(line: Readonly<Record<string, unknown>>): void {
  log('error', line);
}
