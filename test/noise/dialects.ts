/**
 * How the upstream may write its log. Neither its list of actions is published, nor whether it logs reads, nor whom it names
 * where a key or a session has expired. Rules must hold for each dialect. Pure.
 */
import type { Random } from '../sandbox/random.ts';
import { cutTo, type EntryBody, type LogRecord, writeInstant } from '../sandbox/record.ts';
import type { Done } from './world.ts';

export const DIALECTS = ['reads', 'changes'] as const;
/**
 * `reads`: everything is logged, and what is refused as what it would have done; an expired key or session is named.
 * `changes`: reads are logged only where they are refused; a refused request is called that; 401 names nobody.
 */
export type Dialect = (typeof DIALECTS)[number];

/** An entry, and what was done. */
export interface Logged extends LogRecord {
  readonly done: Done;
}

export function isLogged({ request, status }: Done, dialect: Dialect): boolean {
  return dialect === 'reads' || request.method !== 'GET' || status >= 400;
}

/** The log of what was done, oldest first. */
export function logOf(done: readonly Done[], dialect: Dialect, random: Random): Logged[] {
  return done
    .filter((one) => isLogged(one, dialect))
    .sort((a, b) => a.at - b.at)
    .map((one) => recordOf(one, dialect, random));
}

function recordOf(done: Done, dialect: Dialect, random: Random): Logged {
  const { at, by, request, status } = done;
  const createdAt = cutTo('microseconds', at);
  const isRefused = status >= 400;
  const isBare = isRefused && dialect === 'changes';
  const body: EntryBody = {
    id: random.uuid(),
    action: isBare ? 'request.rejected' : request.action,
    actor: isBare && status === 401 ? null : by.actor,
    client_ip: by.address,
    created_at: writeInstant('microseconds', createdAt),
    method: request.method,
    path: request.path,
    status_code: status,
    user_agent: by.userAgent,
    // What was refused was not made.
    target: isBare || (isRefused && request.method === 'POST') ? null : request.target,
  };
  return { createdAt, appearsAt: createdAt, body, done };
}
