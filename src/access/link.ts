/**
 * Links in messages: each lets whoever has it see one alert and its entries, until it expires. An entry's page shows in
 * lines what its actor did around it, for that is what the click is for; no link leads to those entries.
 *
 * Contract: pure but for Web Crypto; `now` is a parameter. The pass travels as one query parameter, `pass`, and names
 * the alert itself, so that the entry's page can check that the entry belongs to it. Whoever changes LINK_SECRET takes
 * back every link.
 */
import { mac, sameText } from './mac.ts';

/** A link is good for a week: an alert on a Friday night is looked at on Monday, and a leaked link is soon none. */
export const LINK_MS = 7 * 24 * 60 * 60_000;
/** The query parameter that carries a pass. */
export const PASS_PARAM = 'pass';
const PURPOSE = 'link';

/** What a pass lets one see, and until when (ms since the epoch). */
export interface Pass {
  readonly alert: number;
  readonly expires: number;
}

/** What a pass came to: good, or one of ours that is too old, or nothing at all. */
export type PassRead = { readonly kind: 'good' | 'expired'; readonly pass: Pass } | { readonly kind: 'none' };

/** `<alert>.<expiry in s>.<HMAC, hex>`: letters, digits and dots only. */
export async function signPass(secret: string, { alert, expires }: Pass): Promise<string> {
  const until = Math.floor(expires / 1000);
  return `${alert}.${until}.${await mac(secret, PURPOSE, [String(alert), String(until)])}`;
}

/** Reads a pass as it came with a request. Never throws. */
export async function readPass(secret: string, text: string | undefined, now: number): Promise<PassRead> {
  const [, alert, until, given] = /^([1-9]\d{0,14})\.([1-9]\d{0,11})\.([0-9a-f]{64})$/.exec(text ?? '') ?? [];
  if (alert === undefined || until === undefined || given === undefined) return { kind: 'none' };
  if (!sameText(given, await mac(secret, PURPOSE, [alert, until]))) return { kind: 'none' };
  const pass = { alert: Number(alert), expires: Number(until) * 1000 };
  return { kind: pass.expires > now ? 'good' : 'expired', pass };
}

/** Path of an alert's page, with the pass where there is one. */
export function alertPath(alert: number, pass: string | null = null): string {
  return withPass(`/alerts/${alert}`, pass);
}

/** Path of an entry's page, with the pass where there is one. Whatever the id holds, it is one segment of a path. */
export function entryPath(id: string, pass: string | null = null): string {
  // Half a surrogate pair cannot be encoded, and would throw.
  return withPass(`/entries/${encodeURIComponent(id.toWellFormed())}`, pass);
}

function withPass(path: string, pass: string | null): string {
  return pass === null ? path : `${path}?${PASS_PARAM}=${pass}`;
}

export interface LinkSettings {
  /** The Worker's own address, without a slash at its end; null: not known. */
  readonly publicUrl: string | null;
  readonly linkSecret: string | null;
}

/** What a message is about: an alert and the entry it shows. */
export interface Shown {
  readonly alert: number;
  /** "": it is no more, and has no page. */
  readonly entry: string;
}

/** The links of a message that is sent at `now` (ms); `shown` null: it is about no alert, and leads to the front page. */
export async function linksTo(
  { publicUrl, linkSecret }: LinkSettings,
  shown: Shown | null,
  now: number,
): Promise<{ readonly alert: string | null; readonly entry: string | null }> {
  if (publicUrl === null) return { alert: null, entry: null };
  if (shown === null) return { alert: `${publicUrl}/`, entry: null };
  const pass = linkSecret === null ? null : await signPass(linkSecret, { alert: shown.alert, expires: now + LINK_MS });
  return {
    alert: `${publicUrl}${alertPath(shown.alert, pass)}`,
    entry: shown.entry === '' ? null : `${publicUrl}${entryPath(shown.entry, pass)}`,
  };
}
