/**
 * What the security log gets: who signed in, and what operators and responders did, each as an event in the ledger and a line in the Worker's
 * log; and refused requests, each as a line, and counted in the ledger.
 *
 * Contract: nothing here throws, and nothing waits for it but what must be recorded before it is done. What the day has no room
 * for (ledger/security-log.ts) is not done: nobody fills the log and then acts without a trace. Only what takes access away
 * (signing out, revoking), the page of a link, and signing in once the room of all is used up are done all the same, and so is
 * everything where the ledger fails or does not answer in time: people must get in, and operators act, while the database is
 * full. Then the line says so. Refused requests make an isolate ask the ledger at most once a minute, and the ledger write at
 * most 15 rows an hour.
 */
import type { Context } from 'hono';
import type { LedgerSecurity, SecurityAct, SecurityOutcome } from '../ledger/rpc.ts';
import { HOURS_SHOWN, OPERATOR_SECRET, sumHours } from '../ledger/security-log.ts';
import { networkOf } from '../sigma/index.ts';
import { log } from '../text/log.ts';
import { maskSecrets } from '../text/mask.ts';
import { safeSlice } from '../text/untrusted.ts';
import type { AppDeps, Caller, WebEnv } from './context.ts';
import { inTime } from './in-time.ts';
import { tooMany } from './responses.ts';

type Web = Context<WebEnv>;

/** 50 events of a page, with six bytes for each character in JSON, are less than the megabyte that the command reads. */
const DETAIL_CHARS_MAX = 2_000;
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
  /** The day has no room for this act (ledger/security-log.ts). */
  | 'too many today'
  | 'form of another site'
  /** Without the token of the session, or with that of another. */
  | 'form without its token'
  | 'event not recorded';

export type Recorder = Omit<AppDeps, 'ledger'> & { readonly ledger: LedgerSecurity | null };

/** What is done all the same when it can't be recorded. */
const ALWAYS_DONE: ReadonlySet<SecurityAct> = new Set(['sign-out', 'link opened', 'viewer revoked']);

/** Records what somebody does, before it is done. The response if it must not be done. */
export async function recordAct(
  c: Web,
  deps: Recorder,
  act: SecurityAct,
  detail: string | null = null,
  who = whoIs(c.get('caller')),
): Promise<Response | null> {
  const { ledger } = deps;
  const event = {
    act,
    who,
    detail: detail === null ? null : safeSlice(maskSecrets(detail), DETAIL_CHARS_MAX),
    address: addressOf(c),
    agent: safeSlice(maskSecrets(c.req.header('user-agent') ?? ''), AGENT_CHARS_MAX) || null,
  };
  let outcome: SecurityOutcome | 'failed' = 'failed';
  let error: string | undefined;
  try {
    if (ledger !== null) outcome = await inTime(() => ledger.recordSecurity(event));
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : 'unknown';
  }
  log('log', { at: 'security', ...event, outcome, error });
  const hasNoRoom = outcome === 'too many' || (outcome === 'full' && act !== 'sign-in');
  if (hasNoRoom && !ALWAYS_DONE.has(act)) {
    refuse(c, deps, 'too many today');
    return tooMany(c, DAY_S - (Math.floor(deps.now() / 1000) % DAY_S), `the day’s limit for “${act}” is reached`);
  }
  if (outcome !== 'recorded') countRefusal('event not recorded', deps);
  return null;
}

/** Notes that the request was refused. */
export function refuse(c: Web, deps: Recorder, why: Refusal): void {
  const path = safeSlice(c.req.path, PATH_CHARS_MAX);
  const address = addressOf(c) ?? '';
  log('log', { at: 'refused', why, method: c.req.method, path, network: networkOf(address) ?? address });
  countRefusal(why, deps);
}

function countRefusal(why: Refusal, { refusals, ledger, now, later }: Recorder): void {
  refusals.hours = sumHours([...refusals.hours, { from: now(), counts: { [why]: 1 } }]);
  if (ledger === null || now() < refusals.reportAt) return;
  refusals.reportAt = now() + RETRY_EVERY_MS;
  later(async () => {
    const { hours } = refusals;
    refusals.hours = [];
    const isCounted = await ledger.countRefusals(hours).catch(() => false);
    if (isCounted) refusals.reportAt = now() + REPORT_EVERY_MS;
    else refusals.hours = sumHours([...refusals.hours, ...hours]).slice(0, HOURS_SHOWN);
  });
}

/** Cloudflare sets the header, and overwrites what a client sends. */
function addressOf(c: Web): string | null {
  return safeSlice(c.req.header('cf-connecting-ip') ?? '', ADDRESS_CHARS_MAX) || null;
}

/** What a caller is called in the log. A name may be given again, an id may not. No name has a parenthesis. */
export function whoIs(caller: Caller): string {
  switch (caller.kind) {
    case 'viewer':
      return `${caller.name} (${caller.id})`;
    case 'secret':
      return OPERATOR_SECRET;
    case 'access':
      return caller.email;
    case 'link':
      return `link to alert ${caller.passes[0].alert}`;
  }
}
