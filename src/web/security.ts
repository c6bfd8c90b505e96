/**
 * What the security log gets: who signed in and what operators did, each as an event in the ledger and a line in the Worker's
 * log; and refused requests, each as a line, and counted in the ledger.
 *
 * Contract: nothing here throws, and nothing waits for it but what must be recorded before it is done. If it can't be
 * recorded, the line says so, and it is done all the same: people must get in, and operators act, while the database is full.
 * Refused requests make an isolate ask the ledger at most once a minute, and the ledger write at most 16 rows an hour.
 */
import type { Context } from 'hono';
import type { LedgerSecurity, SecurityAct, SecurityOutcome } from '../ledger/rpc.ts';
import { sumOf } from '../ledger/security-log.ts';
import { log } from '../text/log.ts';
import { safeSlice } from '../text/untrusted.ts';
import type { AppDeps, Caller, WebEnv } from './context.ts';
import { networkOf } from './rate-limit.ts';

type Web = Context<WebEnv>;

const DETAIL_CHARS_MAX = 300;
const AGENT_CHARS_MAX = 200;
const PATH_CHARS_MAX = 200;
/** An IPv6 address has 39 characters. */
const ADDRESS_CHARS_MAX = 45;
const DAY_S = 24 * 60 * 60;

/** An isolate reports what it counted no more often than this, so that others have their turn. */
const REPORT_EVERY_MS = 10 * 60_000;
/** It tries no more often than this. */
const RETRY_EVERY_MS = 60_000;
/**
 * It reports so long after the response, so that a burst is reported whole. Work after a response may take 30 s.
 * https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil
 */
export const REPORT_AFTER_MS = 20_000;
if (!(REPORT_AFTER_MS < 30_000 && REPORT_AFTER_MS < RETRY_EVERY_MS))
  throw new Error('the report must be done before the runtime ends it, and before the next');

/** Why a request was refused. `event not recorded`: it was not refused, but there was no room for it in the security log. */
export type Refusal =
  | 'unauthenticated'
  | 'not allowed'
  | 'expired link'
  | 'rate limit'
  | 'wrong token at sign-in'
  | 'too many sign-ins'
  | 'form of another site'
  | 'event not recorded';

type Recorder = Omit<AppDeps, 'ledger'> & { readonly ledger: LedgerSecurity | null };

/** Records what a caller does, before it is done. `failed`: the ledger could not be asked, or failed. */
export async function recordAct(
  c: Web,
  deps: Recorder,
  act: SecurityAct,
  detail: string | null = null,
  caller: Caller = c.get('caller'),
): Promise<SecurityOutcome | 'failed'> {
  const event = {
    act,
    who: whoIs(caller),
    detail: detail === null ? null : safeSlice(detail, DETAIL_CHARS_MAX),
    address: addressOf(c),
    agent: safeSlice(c.req.header('user-agent') ?? '', AGENT_CHARS_MAX) || null,
  };
  let outcome: SecurityOutcome | 'failed' = 'failed';
  let error: string | undefined;
  try {
    if (deps.ledger !== null) outcome = await deps.ledger.recordSecurity(event);
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : 'unknown';
  }
  log('log', { at: 'security', ...event, outcome, error });
  if (outcome !== 'recorded') countRefusal('event not recorded', deps);
  return outcome;
}

/** Notes that the request was refused. */
export function refuse(c: Web, deps: Recorder, why: Refusal): void {
  const path = safeSlice(c.req.path, PATH_CHARS_MAX);
  log('log', { at: 'refused', why, method: c.req.method, path, network: networkOf(addressOf(c) ?? '') });
  countRefusal(why, deps);
}

/** The seconds until 00:00 UTC. */
export function untilTomorrow(now: number): number {
  return DAY_S - (Math.floor(now / 1000) % DAY_S);
}

function countRefusal(why: Refusal, { refusals, ledger, now, later }: Recorder): void {
  refusals.counts = sumOf(refusals.counts, { [why]: 1 });
  if (ledger === null || now() < refusals.reportAt) return;
  refusals.reportAt = now() + RETRY_EVERY_MS;
  later(async () => {
    const { counts } = refusals;
    refusals.counts = {};
    const isCounted = await ledger.countRefusals(counts).catch(() => false);
    if (isCounted) refusals.reportAt = now() + REPORT_EVERY_MS;
    else refusals.counts = sumOf(refusals.counts, counts);
  });
}

/** Cloudflare sets the header, and overwrites what a client sends. */
function addressOf(c: Web): string | null {
  return safeSlice(c.req.header('cf-connecting-ip') ?? '', ADDRESS_CHARS_MAX) || null;
}

/** A name may be given again, an id may not. No name has a parenthesis. */
function whoIs(caller: Caller): string {
  switch (caller.kind) {
    case 'viewer':
      return `${caller.name} (${caller.id})`;
    case 'secret':
      return 'operator secret';
    case 'access':
      return caller.email;
    case 'link':
      return `link to alert ${caller.passes[0].alert}`;
  }
}
