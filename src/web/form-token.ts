/**
 * Tokens of forms: they prove that anyone who posts one was shown it, by us, in the same session.
 *
 * Contract: pure; `now` is a parameter. A token is bound to the session, or to the link, that the page was shown for, and is
 * of no use with another. It lasts as long as a session. It does not replace the check of where a form comes from
 * (`isOurForm`), which comes first.
 */
import type { Pass } from '../access/link.ts';
import { CLOCKS_APART_MS, isSealed, type LinkSecrets, SEAL, seal } from '../access/seal.ts';
import { SESSION_MS } from '../access/session.ts';
import type { Caller } from './context.ts';

/** The field of a form that has it. */
export const FORM_TOKEN = 'token';

const TOKEN = new RegExp(`^([1-9]\\d{0,11})\\.(${SEAL})$`);

/** `<expiry in s>.<seal>`; "" without a secret, which is never valid. `alert`: the one that the page of a link is about. */
export function formToken({ linkSecret }: LinkSecrets, caller: Caller, now: number, alert?: number): string {
  const [holder] = holdersOf(caller, alert);
  if (linkSecret === null || holder === undefined) return '';
  const until = String(Math.floor((now + SESSION_MS) / 1000));
  return `${until}.${seal(linkSecret, 'form', [holder, until])}`;
}

/** Whether the token is that of a form that was shown to this caller. Never throws. */
export function isFormToken(
  secrets: LinkSecrets,
  caller: Caller,
  text: string | null,
  now: number,
  alert?: number,
): boolean {
  const [, until, given] = TOKEN.exec(text ?? '') ?? [];
  if (until === undefined || given === undefined) return false;
  const expires = Number(until) * 1000;
  if (expires <= now || expires > now + SESSION_MS + CLOCKS_APART_MS) return false;
  return holdersOf(caller, alert).some((holder) => isSealed(secrets, 'form', [holder, until], given));
}

/** What a token is bound to, each without a line break: of links, those to the alert. */
function holdersOf(caller: Caller, alert?: number): readonly string[] {
  switch (caller.kind) {
    case 'viewer':
      return [caller.session === undefined ? `viewer ${caller.id}` : `session ${caller.session}`];
    case 'access':
      return [`access ${encodeURIComponent(caller.email.toWellFormed())}`];
    case 'link':
      return caller.passes.filter((pass) => pass.alert === alert).map(linkHolder);
    case 'secret':
      return [];
  }
}

function linkHolder({ alert, ledger, expires, receiver }: Pass): string {
  return `link ${alert} ${ledger} ${expires} ${encodeURIComponent((receiver ?? '').toWellFormed())}`;
}
