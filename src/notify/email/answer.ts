/**
 * What the platform's errors mean for the delivery, and what a person can do about them.
 *
 * Pure. An error's message may hold addresses; only its code is looked at.
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/ ("Error codes").
 */
import type { Outcome } from '../receiver.ts';

/** How one call of the binding ended. `code`: the error's, null where it has none that can be one. */
export type Answer =
  | { readonly kind: 'sent' }
  | { readonly kind: 'error'; readonly code: string | null }
  | { readonly kind: 'late'; readonly reason: string };

type Meaning =
  /** May work later. */
  | { readonly kind: 'retry'; readonly what: string; readonly afterMs: number | null }
  /** Will not work as things are set. */
  | { readonly kind: 'refused'; readonly hint: string }
  /** One of the recipients is at fault: the others may still be reached. */
  | { readonly kind: 'recipient'; readonly hint: string }
  /** The message is at fault: a plainer one may pass. */
  | { readonly kind: 'message' };

/** A day's quota: asked again no more often than we wait for anybody (ledger/deliver/outbox.ts). */
const HOUR_MS = 60 * 60 * 1000;

const ONBOARD = 'set the sender up in Cloudflare (Email Service, Email Sending), or set one that is';

const MEANINGS: { readonly [code: string]: Meaning } = {
  E_RATE_LIMIT_EXCEEDED: { kind: 'retry', what: 'asks us to slow down', afterMs: null },
  E_DAILY_LIMIT_EXCEEDED: { kind: 'retry', what: 'has sent all it may today', afterMs: HOUR_MS },
  E_INTERNAL_SERVER_ERROR: { kind: 'retry', what: 'failed', afterMs: null },
  // The recipient's server refused or was not there: greylisting and full mailboxes pass.
  E_DELIVERY_FAILED: { kind: 'retry', what: 'could not hand it over', afterMs: null },
  E_SENDER_NOT_VERIFIED: { kind: 'refused', hint: `the sender's domain is not verified: ${ONBOARD}` },
  E_SENDER_DOMAIN_NOT_AVAILABLE: { kind: 'refused', hint: `the sender's domain may not send: ${ONBOARD}` },
  E_TOO_MANY_RECIPIENTS: { kind: 'refused', hint: 'there are more than 50 recipients: make two receivers of them' },
  E_RECIPIENT_NOT_ALLOWED: {
    kind: 'recipient',
    hint: 'the binding or the plan does not allow a recipient: verify the address in Cloudflare, or allow it in wrangler.toml',
  },
  E_RECIPIENT_SUPPRESSED: {
    kind: 'recipient',
    hint: 'a recipient is on the suppression list, after a bounce or a complaint: take it off in Cloudflare, or set another',
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

/** Every code this version knows, for the tests. */
export const KNOWN_CODES = Object.keys(MEANINGS);

const UNKNOWN: Meaning = { kind: 'retry', what: 'failed', afterMs: null };

function meaning(code: string | null): Meaning {
  return code !== null && Object.hasOwn(MEANINGS, code) ? (MEANINGS[code] ?? UNKNOWN) : UNKNOWN;
}

/** The message is at fault: a plainer one may pass. */
export function isMisunderstood(answer: Answer): boolean {
  return answer.kind === 'error' && meaning(answer.code).kind === 'message';
}

/** A recipient is at fault: the others may be reached one by one. */
export function isAboutRecipient(answer: Answer): boolean {
  return answer.kind === 'error' && meaning(answer.code).kind === 'recipient';
}

/** An error, not a silence, that may pass: what hangs may have been taken. */
export function mayPassSoon(answer: Answer | null): boolean {
  return answer?.kind === 'error' && meaning(answer.code).kind === 'retry';
}

/** So many different reasons are told; the log is no list of addresses. */
const REASONS = 3;

/**
 * How a send ended that wrote to each recipient by itself; null: there was no time to, or no answer yet.
 *
 * Nothing here remembers who has a mail: tried again, it goes to all, and would for a day. So it is delivered once
 * anybody has it; its note names who has not by their place in the setting, for the addresses are secret. Where nobody
 * has it, it is tried again if that may help any one of them.
 */
export function together(answers: readonly (Answer | null)[]): Outcome {
  const ends = answers.map((answer) => outcome(answer ?? NO_TIME));
  const left = ends.map((end, i) => ({ place: i + 1, end })).filter(({ end }) => end.kind !== 'delivered');
  if (left.length === 0) return { kind: 'delivered' };
  const reason = whoHasNot(left, answers.length);
  if (left.length < answers.length) return { kind: 'delivered', note: reason };
  const later = ends.filter((end) => end.kind === 'retry');
  if (later.length === 0) return { kind: 'refused', reason };
  const waits = later.map(({ afterMs }) => afterMs).filter((wait) => wait !== null);
  return { kind: 'retry', reason, afterMs: waits.length === 0 ? null : Math.max(...waits) };
}

const NO_TIME: Answer = { kind: 'late', reason: "Cloudflare's Email Service had not answered when the time was over" };

/** `recipients 1 and 3 of 4 did not get it: …; recipient 2 of 4 did not get it: …`. */
function whoHasNot(left: readonly { readonly place: number; readonly end: Outcome }[], all: number): string {
  const byReason = new Map<string, number[]>();
  for (const { place, end } of left) {
    if (end.kind === 'delivered') continue;
    byReason.set(end.reason, [...(byReason.get(end.reason) ?? []), place]);
  }
  const told = [...byReason]
    .slice(0, REASONS)
    .map(([reason, places]) => `${named(places)} of ${all} did not get it: ${reason}`);
  return [...told, ...(byReason.size > REASONS ? ['… and others'] : [])].join('; ');
}

function named(places: readonly number[]): string {
  if (places.length === 1) return `recipient ${places[0]}`;
  return `recipients ${places.slice(0, -1).join(', ')} and ${places.at(-1)}`;
}

/** How the send ended. */
export function outcome(answer: Answer): Outcome {
  if (answer.kind === 'sent') return { kind: 'delivered' };
  if (answer.kind === 'late') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const means = meaning(answer.code);
  const code = answer.code === null ? '' : ` (${answer.code})`;
  switch (means.kind) {
    case 'retry':
      return { kind: 'retry', reason: `Cloudflare's Email Service ${means.what}${code}`, afterMs: means.afterMs };
    case 'refused':
    case 'recipient':
      return { kind: 'refused', reason: `${means.hint}${code}` };
    case 'message': {
      const hint = 'see whether the sender and the recipients are whole addresses, else please report it';
      return { kind: 'refused', reason: `the mail was refused, and so was its short form: ${hint}${code}` };
    }
  }
}

/** The code of what a binding threw; null where it is none of the platform's making. */
export function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^E_[A-Z_]{2,40}$/.test(code) ? code : null;
}
