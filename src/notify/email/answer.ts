/**
 * What the platform's errors mean for the delivery, and what a person can do about them.
 *
 * Pure. Only an error's code is read, since its message may hold addresses.
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/ ("Error codes").
 */
import type { Outcome } from '../receiver.ts';

/** How one call of the binding ended. `code`: the error's; null if it has no valid one. */
export type MailResult =
  | { readonly kind: 'sent' }
  | { readonly kind: 'error'; readonly code: string | null }
  | { readonly kind: 'late'; readonly reason: string };

type Meaning =
  /** May work later. `what` follows the service's name. */
  | { readonly kind: 'retry'; readonly what: string }
  /** Too many mails for now. */
  | { readonly kind: 'slow down'; readonly what: string; readonly afterMs: number | null }
  /** Will not work as things are set. */
  | { readonly kind: 'refused'; readonly hint: string }
  /** The message is at fault: a plainer one may be accepted. */
  | { readonly kind: 'message' };

/** After a day's quota is used up: as long as any receiver may ask for (ledger/deliver/after-attempt.ts). */
const HOUR_MS = 60 * 60 * 1000;

const ONBOARD = 'set it up in Cloudflare (Email Service, Email Sending), or set another sender';

const MEANINGS: { readonly [code: string]: Meaning } = {
  E_RATE_LIMIT_EXCEEDED: { kind: 'slow down', what: 'asks to slow down', afterMs: null },
  E_DAILY_LIMIT_EXCEEDED: { kind: 'slow down', what: 'has reached its daily limit', afterMs: HOUR_MS },
  E_INTERNAL_SERVER_ERROR: { kind: 'retry', what: 'failed' },
  // The recipient's server refused or did not answer: greylisting and full mailboxes are temporary.
  E_DELIVERY_FAILED: { kind: 'retry', what: 'could not deliver the mail' },
  E_SENDER_NOT_VERIFIED: { kind: 'refused', hint: `the sender's domain is not verified: ${ONBOARD}` },
  E_SENDER_DOMAIN_NOT_AVAILABLE: { kind: 'refused', hint: `the sender's domain may not send: ${ONBOARD}` },
  E_RECIPIENT_NOT_ALLOWED: {
    kind: 'refused',
    hint: 'the binding or the plan does not allow the address: verify it in Cloudflare, or allow it in wrangler.toml',
  },
  E_RECIPIENT_SUPPRESSED: {
    kind: 'refused',
    hint: 'the address is on the suppression list, after a bounce or a complaint: remove it there in Cloudflare, or set another one',
  },
  E_VALIDATION_ERROR: { kind: 'message' },
  E_FIELD_MISSING: { kind: 'message' },
  E_CONTENT_TOO_LARGE: { kind: 'message' },
  E_HEADER_NOT_ALLOWED: { kind: 'message' },
  E_HEADER_USE_API_FIELD: { kind: 'message' },
  E_HEADER_VALUE_INVALID: { kind: 'message' },
  E_HEADER_VALUE_TOO_LONG: { kind: 'message' },
  E_HEADER_NAME_INVALID: { kind: 'message' },
  E_HEADERS_TOO_LARGE: { kind: 'message' },
  E_HEADERS_TOO_MANY: { kind: 'message' },
};

/** Every code that this version knows, for tests. */
export const KNOWN_CODES = Object.keys(MEANINGS);

const UNKNOWN: Meaning = { kind: 'retry', what: 'failed' };

function meaningOf(code: string | null): Meaning {
  return code !== null && Object.hasOwn(MEANINGS, code) ? (MEANINGS[code] ?? UNKNOWN) : UNKNOWN;
}

/** The message is at fault: a plainer one may be accepted. */
export function isInvalid(answer: MailResult): boolean {
  return answer.kind === 'error' && meaningOf(answer.code).kind === 'message';
}

/** How the send ended. */
export function outcome(answer: MailResult): Outcome {
  if (answer.kind === 'sent') return { kind: 'delivered' };
  if (answer.kind === 'late') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const meaning = meaningOf(answer.code);
  const code = answer.code === null ? '' : ` (${answer.code})`;
  switch (meaning.kind) {
    case 'retry':
      return { kind: 'retry', reason: `Cloudflare's Email Service ${meaning.what}${code}`, afterMs: null };
    case 'slow down':
      return {
        kind: 'slow down',
        reason: `Cloudflare's Email Service ${meaning.what}${code}`,
        afterMs: meaning.afterMs,
      };
    case 'refused':
      return { kind: 'refused', reason: `${meaning.hint}${code}` };
    case 'message': {
      const hint = 'check that the sender and the recipient are complete addresses, else please report it';
      return { kind: 'refused', reason: `the mail and its short form were rejected: ${hint}${code}` };
    }
  }
}

/** The code of an error that the binding threw; null if it is not one of the platform's. */
export function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^E_[A-Z_]{2,40}$/.test(code) ? code : null;
}
