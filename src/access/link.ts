/**
 * Links in messages. Each gives anyone who has it access to one alert and its entries, until it expires. An entry's page
 * also lists what the same actor did around it; the link does not open those entries.
 *
 * Contract: pure except for Web Crypto; `now` is a parameter. The pass is one query parameter, `pass`, and contains the
 * alert's id, so that an entry's page can check that the entry belongs to that alert. Changing LINK_SECRET revokes every
 * link.
 */
import { toSegment } from '../http/segment.ts';
import { mac, sameText } from './mac.ts';

/** A link is valid for a week, so that Friday night's alert can be opened on Monday, and a leaked link soon expires. */
export const LINK_MS = 7 * 24 * 60 * 60_000;
/** The query parameter that carries a pass. */
export const PASS_PARAM = 'pass';
const PURPOSE = 'link';
/** The page that lists all alerts, closed ones included (web/pages/alerts.tsx). */
const ALL_ALERTS = '/alerts?state=all';

/** The alert that a pass gives access to, and until when (ms since the epoch). */
export interface Pass {
  readonly alert: number;
  readonly expires: number;
}

/** A pass that was read: valid, expired though signed by us, or neither. */
export type PassRead = { readonly kind: 'good' | 'expired'; readonly pass: Pass } | { readonly kind: 'none' };

/** `<alert>.<expiry in s>.<HMAC, hex>`: letters, digits and dots only. */
export async function signPass(secret: string, { alert, expires }: Pass): Promise<string> {
  const until = Math.floor(expires / 1000);
  return `${alert}.${until}.${await mac(secret, PURPOSE, [String(alert), String(until)])}`;
}

/** Reads the pass of a request. Never throws. */
export async function readPass(secret: string, text: string | undefined, now: number): Promise<PassRead> {
  const [, alert, until, given] = /^([1-9]\d{0,14})\.([1-9]\d{0,11})\.([0-9a-f]{64})$/.exec(text ?? '') ?? [];
  if (alert === undefined || until === undefined || given === undefined) return { kind: 'none' };
  if (!sameText(given, await mac(secret, PURPOSE, [alert, until]))) return { kind: 'none' };
  const pass = { alert: Number(alert), expires: Number(until) * 1000 };
  return { kind: pass.expires > now ? 'good' : 'expired', pass };
}

/** The path of an alert's page, with a pass or (null) without. */
export function alertPath(alert: number, pass: string | null = null): string {
  return withPass(`/alerts/${alert}`, pass);
}

/** The path of an entry's page, with a pass or (null) without. Any id becomes a single path segment. */
export function entryPath(id: string, pass: string | null = null): string {
  return withPass(`/entries/${toSegment(id)}`, pass);
}

/** The path of a rule's page. */
export function rulePath(id: string): string {
  return `/rules/${toSegment(id)}`;
}

function withPass(path: string, pass: string | null): string {
  return pass === null ? path : `${path}?${PASS_PARAM}=${pass}`;
}

export interface LinkSettings {
  /** The Worker's own address, without a slash at its end; null: unknown. */
  readonly publicUrl: string | null;
  readonly linkSecret: string | null;
}

/** What a message is about: an alert and the entry it shows, or many alerts. */
export type LinkTarget =
  | {
      readonly alert: number;
      /** "": the entry was deleted, so there is no page to link to. */
      readonly entry: string;
    }
  | 'alerts';

/**
 * The links of a message sent at `now` (ms). Without a public address they are null; without LINK_SECRET they have no
 * pass, and only work for callers who have access anyway. `target` null: the message is about Tocsin itself, and links to
 * the overview page. 'alerts': to the page of all alerts, which has no pass either.
 */
export async function linksTo(
  { publicUrl, linkSecret }: LinkSettings,
  target: LinkTarget | null,
  now: number,
): Promise<{ readonly alert: string | null; readonly entry: string | null }> {
  if (publicUrl === null) return { alert: null, entry: null };
  if (target === null) return { alert: `${publicUrl}/`, entry: null };
  if (target === 'alerts') return { alert: `${publicUrl}${ALL_ALERTS}`, entry: null };
  const pass = linkSecret === null ? null : await signPass(linkSecret, { alert: target.alert, expires: now + LINK_MS });
  return {
    alert: `${publicUrl}${alertPath(target.alert, pass)}`,
    entry: target.entry === '' ? null : `${publicUrl}${entryPath(target.entry, pass)}`,
  };
}
