/**
 * Marks: the one-time token in the User-Agent of each request to the upstream. Where the log records reads, a mark that comes
 * back proves that the read was ours.
 *
 * `Tocsin/<version> (<time>.<counter>.<HMAC>)`: our clock in ms and a counter, both in base 36, and 80 bits of their
 * HMAC-SHA-256 in hexadecimal. 57 characters at most, which log systems keep whole.
 *
 * Contract: only who has LINK_SECRET can make a mark: its key is derived from LINK_SECRET for this purpose alone. No two
 * requests have the same mark: a marker counts up from a random number of 48 bits, since isolates share no counter. Pure,
 * except for that number.
 */
import { deriveKey, hmacHex } from '../text/hmac.ts';

/** The version of package.json; a test compares them. */
const VERSION = '0.1.0';
/** The User-Agent of a request without a mark. */
export const USER_AGENT = `Tocsin/${VERSION}`;

/** Enough that nobody guesses one: each guess would be an entry of the log. */
const HMAC_CHARS = 20;
const MARKED = /^Tocsin\/[\w.+-]{1,32} \(([0-9a-z]{1,9})\.([0-9a-z]{1,11})\.([0-9a-f]{20})\)$/;
/** What every marked User-Agent begins with. */
export const MARKED_PREFIX = 'Tocsin/';
const COUNTER_BITS = 48;
// The counter stays exact, and within the digits that are read back, for as long as a marker lives.
if (!(2 ** (COUNTER_BITS + 1) < Math.min(Number.MAX_SAFE_INTEGER, 36 ** 11)))
  throw new Error('the counter is too long');

/** Makes marks, and tells genuine ones. */
export interface MarkKey {
  /** Identifies the key without revealing it. */
  readonly id: string;
  sign(text: string): string;
}

/** The key that belongs to a LINK_SECRET. */
export function markKey(linkSecret: string): MarkKey {
  const derived = deriveKey(linkSecret, 'mark');
  return {
    id: hmacHex(derived, 'id').slice(0, HMAC_CHARS),
    sign: (text) => hmacHex(derived, `mark ${text}`).slice(0, HMAC_CHARS),
  };
}

/**
 * Returns a function that makes a new User-Agent for each request; the plain one without a LINK_SECRET.
 *
 * @param now our clock, ms since the epoch
 * @param start where the counter begins, at random
 */
export function createUserAgents(
  linkSecret: string | null,
  now: () => number,
  start: () => number = randomStart,
): () => string {
  if (linkSecret === null) return () => USER_AGENT;
  const key = markKey(linkSecret);
  let counter: number | null = null;
  return () => {
    counter = counter === null ? start() : counter + 1;
    const text = `${Math.max(0, Math.floor(now())).toString(36)}.${counter.toString(36)}`;
    return `${USER_AGENT} (${text}.${key.sign(text)})`;
  };
}

/** A mark as it stands in a User-Agent: perhaps genuine. */
export interface Mark {
  /** Time and counter: no other mark of the same key has them. */
  readonly name: string;
  /** When the request was sent by our clock, ms. */
  readonly sentAt: number;
  readonly hmac: string;
}

/** The mark in an entry's `user_agent`, of whatever type that is; null if it has none. */
export function readMark(userAgent: unknown): Mark | null {
  const [, time, counter, hmac] = (typeof userAgent === 'string' && MARKED.exec(userAgent)) || [];
  if (time === undefined || counter === undefined || hmac === undefined) return null;
  return { name: `${time}.${counter}`, sentAt: Number.parseInt(time, 36), hmac };
}

/** Whether a mark was made with this key. */
export function isGenuine({ name, hmac }: Mark, key: MarkKey): boolean {
  return key.sign(name) === hmac;
}

function randomStart(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** (COUNTER_BITS - 32)) * 2 ** 32 + low;
}
