/**
 * Links in messages. Each gives anyone who has it access to the alerts that its message lists and to their entries, until it
 * expires. An entry's page also lists what the same actor did around it; the link does not open those entries.
 *
 * Contract: pure; `now` is a parameter. The pass is one query parameter, `pass`, and names the alerts and the ledger that
 * has them, since a new ledger counts its alerts from 1 again. Pages turn the pass into a cookie (web/links.ts), which holds
 * the passes of the last alerts. Changing LINK_SECRET revokes every link, unless the old one stays as LINK_SECRET_PREVIOUS.
 */
import { toSegment } from '../http/segment.ts';
import { CLOCKS_APART_MS, hex, isSealed, type LinkSecrets, SEAL, seal } from './seal.ts';

/** A link is valid for a week, so that Friday night's alert can be opened on Monday, and a leaked link soon expires. */
export const LINK_MS = 7 * 24 * 60 * 60_000;
/** The query parameter that carries a pass. */
export const PASS_PARAM = 'pass';
/** The page that lists the alerts that are not resolved (web/pages/alerts.tsx). */
const ALERT_LIST = '/alerts';

/** How many passes a cookie holds: someone may have this many alerts open. */
export const PASSES_MAX = 10;
const SEPARATOR = '_';
/** The name of a receiver in a pass, as the hexadecimal digits of its UTF-8: a cookie takes them as they are. */
const NAME_BYTES_MAX = 64;
/** The alerts of a pass, `14-31-32`: what does not fit is left out. A message lists sixteen, which fit up to alert 99,999. */
const ALERTS_CHARS_MAX = 95;
const PASS = new RegExp(
  `^([1-9]\\d{0,14}(?:-[1-9]\\d{0,14}){0,50})\\.([1-9]\\d{0,11})\\.([0-9a-f]{16})(?:\\.((?:[0-9a-f]{2}){1,${NAME_BYTES_MAX}}))?\\.(${SEAL})$`,
);
const PASS_CHARS_MAX = ALERTS_CHARS_MAX + 12 + 16 + 2 * NAME_BYTES_MAX + 8 + 64 + 5;
/** https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie: browsers keep 4,096 bytes of one. */
const COOKIE_CHARS_MAX = PASSES_MAX * (PASS_CHARS_MAX + SEPARATOR.length);
if (!(COOKIE_CHARS_MAX < 3_500)) throw new Error('with its attributes, a browser would not keep the cookie');

/** The alert that a pass gives access to. */
export interface Pass {
  readonly alert: number;
  /** All alerts of the message, this one among them; absent: it is the only one. The pass gives access to each. */
  readonly alerts?: readonly number[];
  /** The id of the ledger that has the alert: 16 hexadecimal digits. */
  readonly ledger: string;
  /** ms since the epoch. */
  readonly expires: number;
  /** The name of the receiver that the link was sent to; absent: an older version sent it. */
  readonly receiver?: string;
}

/** A pass that was read: valid, expired though signed by us, or neither. */
export type PassRead = { readonly kind: 'good' | 'expired'; readonly pass: Pass } | { readonly kind: 'none' };

/** `<alerts>.<expiry in s>.<ledger>.<receiver>.<seal>`: letters, digits, dots and dashes only. */
export function signPass(secret: string, { alert, alerts = [alert], ledger, expires, receiver }: Pass): string {
  const name = receiver === undefined || receiver === '' ? [] : [hex(safeBytes(receiver))];
  const lines = [fitting(alert, alerts).join('-'), String(Math.floor(expires / 1000)), ledger, ...name];
  return `${lines.join('.')}.${seal(secret, 'link', lines)}`;
}

/** The alerts of a pass: the first one, and as many of the others as there is room for. */
function fitting(alert: number, alerts: readonly number[]): readonly number[] {
  const all = [alert, ...alerts.filter((other) => other !== alert)];
  let chars = -1;
  return all.filter((of, i) => {
    chars += 1 + String(of).length;
    return i === 0 || chars <= ALERTS_CHARS_MAX;
  });
}

/** A pass for each alert of its message. */
export function eachAlert(pass: Pass): readonly [Pass, ...Pass[]] {
  const others = (pass.alerts ?? []).filter((alert) => alert !== pass.alert);
  return [pass, ...others.map((alert) => ({ ...pass, alert }))];
}

/** Reads the pass of a request. One that is valid for longer than any that is signed gives no access. Never throws. */
export function readPass(secrets: LinkSecrets, text: string | undefined, now: number): PassRead {
  const [, numbers, until, ledger, name, given] = PASS.exec(text ?? '') ?? [];
  if (numbers === undefined || until === undefined || ledger === undefined || given === undefined) return NO_PASS;
  const alerts = numbers.split('-').map(Number);
  const [alert = 0] = alerts;
  const several = alerts.length > 1 ? { alerts } : {};
  const pass = { alert, ...several, ledger, expires: Number(until) * 1000, ...nameFrom(name) };
  if (pass.expires > now + LINK_MS + CLOCKS_APART_MS) return NO_PASS;
  if (!isSealed(secrets, 'link', [numbers, until, ledger, ...(name === undefined ? [] : [name])], given))
    return NO_PASS;
  return { kind: pass.expires > now ? 'good' : 'expired', pass };
}

const NO_PASS: PassRead = { kind: 'none' };

/** The first bytes of a name; never part of a character. */
function safeBytes(name: string): Uint8Array {
  const bytes = new Uint8Array(NAME_BYTES_MAX);
  return bytes.slice(0, new TextEncoder().encodeInto(name, bytes).written);
}

function nameFrom(digits: string | undefined): Pick<Pass, 'receiver'> {
  if (digits === undefined) return {};
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  return { receiver: new TextDecoder().decode(bytes) };
}

/** The passes of a cookie, each as its text and what is read of it, newest first. */
export function readPasses(
  secrets: LinkSecrets,
  cookie: string | undefined,
  now: number,
): readonly { readonly text: string; readonly read: PassRead }[] {
  const texts = (cookie ?? '').slice(0, COOKIE_CHARS_MAX).split(SEPARATOR).slice(0, PASSES_MAX);
  return texts.map((text) => ({ text, read: readPass(secrets, text, now) }));
}

/**
 * The cookie's text with a valid pass as the newest, of two for one alert the one that lasts longer; those that are not valid
 * any more are left out.
 */
export function addPass(secrets: LinkSecrets, cookie: string | undefined, pass: string, now: number): string {
  const alertOf = (text: string): string => text.split('.').toSpliced(1, 1).slice(0, 2).join();
  const untilOf = (text: string): number => Number(text.split('.')[1]);
  const known = readPasses(secrets, cookie, now).flatMap(({ text, read }) => (read.kind === 'good' ? [text] : []));
  const longer = known.find((text) => alertOf(text) === alertOf(pass) && untilOf(text) > untilOf(pass));
  const others = known.filter((text) => alertOf(text) !== alertOf(pass));
  return [longer ?? pass, ...others].slice(0, PASSES_MAX).join(SEPARATOR);
}

/** The path of an alert's page. */
export function alertPath(alert: number): string {
  return `/alerts/${alert}`;
}

/** The path of an entry's page. Any id becomes a single path segment. */
export function entryPath(id: string): string {
  return `/entries/${toSegment(id)}`;
}

/** The path of a rule's page. */
export function rulePath(id: string): string {
  return `/rules/${toSegment(id)}`;
}

export interface LinkSettings {
  /** The Worker's own address, without a slash at its end; null: unknown. */
  readonly publicUrl: string | null;
  readonly linkSecret: string | null;
}

/** What a message is about: an alert and the entry it shows, perhaps with others. */
export interface LinkTarget {
  readonly alert: number;
  /** The id of the ledger that has the alert. */
  readonly ledger: string;
  /** "": the entry was deleted, so there is no page to link to. */
  readonly entry: string;
  /** The alerts that the message lists, where it is about several. */
  readonly alerts?: readonly number[];
}

/** The addresses of a message; null where there is none. */
interface MessageLinks {
  readonly alert: string | null;
  readonly entry: string | null;
  /** Of the list, for a message about several alerts. */
  readonly alerts?: string;
  /** How many of them the links give access to. */
  readonly covered?: number;
}

/**
 * The links of a message sent at `now` (ms). Without a public address they are null; without LINK_SECRET they have no
 * pass, and only work for callers who have access anyway. `target` null: the message is about Tocsin itself, and links to
 * the overview page. `receiver`: the name of the one that gets the message, which is the author of what is done by the link.
 */
export function linksTo(
  { publicUrl, linkSecret }: LinkSettings,
  target: LinkTarget | null,
  now: number,
  receiver?: string,
): MessageLinks {
  if (publicUrl === null) return { alert: null, entry: null };
  if (target === null) return { alert: `${publicUrl}/`, entry: null };
  const { alert, alerts, ledger, entry } = target;
  const about = { alert, ...(alerts !== undefined && { alerts }), ledger, ...(receiver !== undefined && { receiver }) };
  const pass =
    linkSecret === null ? '' : `?${PASS_PARAM}=${signPass(linkSecret, { ...about, expires: now + LINK_MS })}`;
  return {
    alert: `${publicUrl}${alertPath(alert)}${pass}`,
    entry: entry === '' ? null : `${publicUrl}${entryPath(entry)}${pass}`,
    ...(alerts === undefined ? {} : { alerts: `${publicUrl}${ALERT_LIST}` }),
    ...(alerts === undefined || linkSecret === null ? {} : { covered: fitting(alert, alerts).length }),
  };
}
