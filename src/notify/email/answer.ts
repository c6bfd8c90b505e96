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
  | { readonly kind: 'retry'; readonly what: string; readonly afterMs: number | null }
  /** Will not work as things are set. */
  | { readonly kind: 'refused'; readonly hint: string }
  /** One of the recipients is at fault: the others may still get the mail. */
  | { readonly kind: 'recipient'; readonly hint: string }
  /** The message is at fault: a plainer one may be accepted. */
  | { readonly kind: 'message' };

/** After a day's quota is used up: no longer than any receiver may delay a delivery (ledger/deliver/outbox.ts). */
const HOUR_MS = 60 * 60 * 1000;

const ONBOARD = 'set it up in Cloudflare (Email Service, Email Sending), or set another sender';

const MEANINGS: { readonly [code: string]: Meaning } = {
  E_RATE_LIMIT_EXCEEDED: { kind: 'retry', what: 'asks to slow down', afterMs: null },
  E_DAILY_LIMIT_EXCEEDED: { kind: 'retry', what: 'has reached its daily limit', afterMs: HOUR_MS },
  E_INTERNAL_SERVER_ERROR: { kind: 'retry', what: 'failed', afterMs: null },
  // The recipient's server refused or did not answer: greylisting and full mailboxes are temporary.
  E_DELIVERY_FAILED: { kind: 'retry', what: 'could not deliver the mail', afterMs: null },
  E_SENDER_NOT_VERIFIED: { kind: 'refused', hint: `the sender's domain is not verified: ${ONBOARD}` },
  E_SENDER_DOMAIN_NOT_AVAILABLE: { kind: 'refused', hint: `the sender's domain may not send: ${ONBOARD}` },
  E_TOO_MANY_RECIPIENTS: { kind: 'refused', hint: 'there are more than 50 recipients: split them into two receivers' },
  E_RECIPIENT_NOT_ALLOWED: {
    kind: 'recipient',
    hint: 'the binding or the plan does not allow a recipient: verify the address in Cloudflare, or allow it in wrangler.toml',
  },
  E_RECIPIENT_SUPPRESSED: {
    kind: 'recipient',
    hint: 'a recipient is on the suppression list, after a bounce or a complaint: remove it there in Cloudflare, or set another address',
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

const UNKNOWN: Meaning = { kind: 'retry', what: 'failed', afterMs: null };

function meaningOf(code: string | null): Meaning {
  return code !== null && Object.hasOwn(MEANINGS, code) ? (MEANINGS[code] ?? UNKNOWN) : UNKNOWN;
}

/** The message is at fault: a plainer one may be accepted. */
export function isInvalid(answer: MailResult): boolean {
  return answer.kind === 'error' && meaningOf(answer.code).kind === 'message';
}

/** A recipient is at fault: the others may still get the mail, one by one. */
export function isAboutRecipient(answer: MailResult): boolean {
  return answer.kind === 'error' && meaningOf(answer.code).kind === 'recipient';
}

/** An error that may be temporary. A mail that got no answer may have been sent, so it is not one of these. */
export function isRetryable(answer: MailResult | null): boolean {
  return answer?.kind === 'error' && meaningOf(answer.code).kind === 'retry';
}

/** The most distinct reasons in a note. */
const REASONS_MAX = 3;

/**
 * The outcome of sending to each recipient by itself; null: there was no time to, or no answer yet.
 *
 * Nothing records which recipients have a mail: a retried delivery goes to all of them. So it counts as delivered once
 * anyone has it; its note names the others by their position in the setting, since the addresses are secret. If nobody has
 * it, it is retried if that may help any of them.
 */
export function outcomeOfAll(answers: readonly (MailResult | null)[]): Outcome {
  const ends = answers.map((answer) => outcome(answer ?? NO_TIME));
  const missed = ends.map((end, i) => ({ position: i + 1, end })).filter(({ end }) => end.kind !== 'delivered');
  if (missed.length === 0) return { kind: 'delivered' };
  const reason = missedBy(missed, answers.length);
  if (missed.length < answers.length) return { kind: 'delivered', note: reason };
  const later = ends.filter((end) => end.kind === 'retry');
  if (later.length === 0) return { kind: 'refused', reason };
  const waits = later.map(({ afterMs }) => afterMs).filter((wait) => wait !== null);
  return { kind: 'retry', reason, afterMs: waits.length === 0 ? null : Math.max(...waits) };
}

const NO_TIME: MailResult = {
  kind: 'late',
  reason: "Cloudflare's Email Service had not answered when the time was over",
};

/** `recipients 1 and 3 of 4 did not get it: …; recipient 2 of 4 did not get it: …`. */
function missedBy(missed: readonly { readonly position: number; readonly end: Outcome }[], all: number): string {
  const byReason = new Map<string, number[]>();
  for (const { position, end } of missed) {
    if (end.kind === 'delivered') continue;
    byReason.set(end.reason, [...(byReason.get(end.reason) ?? []), position]);
  }
  const notes = [...byReason]
    .slice(0, REASONS_MAX)
    .map(([reason, positions]) => `${recipients(positions)} of ${all} did not get it: ${reason}`);
  return [...notes, ...(byReason.size > REASONS_MAX ? ['… and others'] : [])].join('; ');
}

function recipients(positions: readonly number[]): string {
  if (positions.length === 1) return `recipient ${positions[0]}`;
  return `recipients ${positions.slice(0, -1).join(', ')} and ${positions.at(-1)}`;
}

/** How the send ended. */
export function outcome(answer: MailResult): Outcome {
  if (answer.kind === 'sent') return { kind: 'delivered' };
  if (answer.kind === 'late') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const meaning = meaningOf(answer.code);
  const code = answer.code === null ? '' : ` (${answer.code})`;
  switch (meaning.kind) {
    case 'retry':
      return { kind: 'retry', reason: `Cloudflare's Email Service ${meaning.what}${code}`, afterMs: meaning.afterMs };
    case 'refused':
    case 'recipient':
      return { kind: 'refused', reason: `${meaning.hint}${code}` };
    case 'message': {
      const hint = 'check that the sender and the recipients are complete addresses, else please report it';
      return { kind: 'refused', reason: `the mail and its short form were rejected: ${hint}${code}` };
    }
  }
}

/** The code of an error that the binding threw; null if it is not one of the platform's. */
export function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^E_[A-Z_]{2,40}$/.test(code) ? code : null;
}
