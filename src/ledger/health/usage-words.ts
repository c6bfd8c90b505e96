/** A day's usage in words, for the status, the front page and health alerts. Pure. */
import { numberText } from '../../text/numbers.ts';
import type { Allowance, AllowanceUsage, UsageStatus } from '../rpc.ts';

const NOUNS: { readonly [of in Allowance]: string } = {
  rowsWritten: 'rows written',
  rowsRead: 'rows read',
  visitorReads: 'rows read for pages',
  kvWrites: 'KV writes',
  requests: 'requests to the Worker',
  ledgerRequests: 'requests to the ledger',
};

/** What is also used by what the ledger never sees: other writes to KV, and web requests that do not reach it. */
const AT_LEAST: readonly Allowance[] = ['kvWrites', 'requests'];

/** Where these are used up, entries are read and recorded all the same. */
export const WATCHING_GOES_ON: readonly Allowance[] = ['kvWrites', 'visitorReads'];

/** `12,345 of 100,000 rows written (12 %)`; without a limit `12,345 rows written`. `note` follows the percentage. */
export function allowanceText({ of, used, limit }: AllowanceUsage, note = ''): string {
  const count = `${AT_LEAST.includes(of) ? 'at least ' : ''}${numberText(used)}`;
  if (limit === null) return `${count} ${NOUNS[of]}`;
  return `${count} of ${numberText(limit)} ${NOUNS[of]} (${percentOf(used, limit)} %${note})`;
}

/** What of the day is used, on one line. */
export function usageText({ plan, allowances }: UsageStatus): string {
  const all = allowances.map((each) => allowanceText(each, NOTES[each.state])).join(', ');
  if (plan === 'paid') return `${all}; no limits a day (PLAN is paid), counted since 00:00 UTC`;
  const isBlind = allowances.some(({ of, state }) => state === 'reached' && !WATCHING_GOES_ON.includes(of));
  return `${all}; ${isBlind ? 'BLIND until' : 'resets at'} 00:00 UTC`;
}

const NOTES: { readonly [state in AllowanceUsage['state']]: string } = {
  ok: '',
  near: ', NEAR THE LIMIT',
  reached: ', LIMIT REACHED',
};

/** The allowance of which the greatest part is used, in words; null: the plan has no limits. */
export function mostUsed({ allowances }: UsageStatus): { readonly percent: number; readonly of: string } | null {
  const parts = allowances.flatMap(({ of, used, limit }) =>
    limit === null ? [] : [{ part: used / limit, percent: percentOf(used, limit), of: NOUNS[of] }],
  );
  return parts.sort((a, b) => b.part - a.part)[0] ?? null;
}

/** Rounded down, so that none seems to have reached a step before it has. */
function percentOf(used: number, limit: number): number {
  return Math.floor((used * 100) / limit);
}

/** What happens at the limit. */
export const AT_THE_LIMIT: { readonly [of in Allowance]: string } = {
  rowsWritten: 'the ledger can record nothing',
  rowsRead: 'the ledger can read nothing, so nothing is recorded and pages fail',
  visitorReads: 'pages and links are closed; reading and notifying go on',
  kvWrites: 'no copy of the checkpoint, no rewind and no viewer token can be written; reading goes on',
  requests: 'Cloudflare starts no tick, and pages fail',
  ledgerRequests: 'the ledger takes no calls, so nothing is recorded and pages fail',
};
