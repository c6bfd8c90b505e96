/**
 * Text that others wrote (a name, a path, a user agent, a vendor's answer), made safe to show: one line of bounded length,
 * without characters that are invisible or that reorder or hide others.
 *
 * It does not escape: a receiver does that for its own markup. Pure.
 */

/** Replaces a removed character whose absence should be visible. */
const REPLACEMENT = '\uFFFD';

/** White space and line breaks of every kind, and the Braille blank, which looks like a space. */
const SPACE = /[\s\p{Z}\u0085\u2800]+/gu;
/** Control characters, direction marks, private-use characters, non-characters, annotations. */
const HOSTILE = /[\p{Cc}\p{Bidi_Control}\p{Co}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB]+/gu;
/** Characters that render as nothing: joiners, variation selectors, tags, soft hyphens, fillers. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu;
/** More marks on one letter than any language uses: they cover the lines above and below. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/**
 * `text` as one line of at most `max` UTF-16 units, ending in "…" if it was cut. Surrogate pairs stay whole; lone
 * surrogates become U+FFFD. May be empty.
 *
 * @example oneLine('a\nb\u202Ec', 10) // 'a b\uFFFDc'
 */
export function oneLine(text: string, max: number): string {
  // Bounds the work: ten megabytes cost no more than ten lines.
  const considered = 4 * max + 256;
  const cut = text.length > considered;
  const line = (cut ? text.slice(0, considered) : text)
    .toWellFormed()
    .replace(SPACE, ' ')
    .replace(HOSTILE, REPLACEMENT)
    .replace(INVISIBLE, '')
    .replace(STACKED, '$1')
    .trim();
  return cut ? shorten(`${line}…`, max, true) : shorten(line, max, false);
}

/** `text` cut to `max` UTF-16 units, with "…" at its end if it was cut here or before (`marked`). */
function shorten(text: string, max: number, marked = false): string {
  if (text.length <= max) return text;
  const body = marked ? text.slice(0, -1) : text;
  return `${safeSlice(body, max - 1)}…`;
}

/** The first `max` UTF-16 units, or one fewer rather than half a surrogate pair. */
export function safeSlice(text: string, max: number): string {
  const end = Math.max(0, max);
  if (text.length <= end) return text;
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}

/** The characters that NFKC or IDNA (UTS 46) maps to a dot, a colon, an at sign and a plus. */
const DOTS = '.\\u2024\\u3002\\uFE12\\uFE52\\uFF0E\\uFF61';
const DOT = `[${DOTS}]`;
const COLON = '[:\\uFE13\\uFE55\\uFF1A]';
const AT = '[@\\uFE6B\\uFF20]';
const PLUS = '[+\\uFE62\\uFF0B]';
/**
 * What clients make links of hangs on one of these: a dot in what could be a host name, after `www` or after `//`, a dot in an
 * IP address that more follows or that follows an `@`, the colon after a scheme (one that ends in a digit is one before a dot),
 * the `@` before a host without a dot, and `localhost`.
 */
const LINKING = new RegExp(
  [
    `(?<=[^\\s/])${DOT}(?=\\p{L}[\\p{L}\\p{M}\\p{N}-])`,
    `(?<=(?<![a-z\\d])www)${DOT}`,
    `(?<=//[^\\s/]*)${DOT}`,
    `(?<=\\d${DOT}\\d{1,3}${DOT}\\d{1,3})${DOT}(?=\\d{1,3}(?:[/?#]|${COLON}))`,
    `(?<=${AT}\\d{1,3})${DOT}`,
    `${COLON}(?=//)`,
    `(?<=[a-z])${COLON}(?=\\S)`,
    `(?<=[a-z][a-z\\d+${DOTS}-]*)${COLON}(?=[^\\s:/]*${DOT})`,
    `(?<=[^\\s<(])${AT}(?=[\\p{L}\\p{N}_-]+(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}_-]))`,
    '(?<=local)h(?=ost)',
  ].join('|'),
  'giu',
);
/** Most words have none of these. */
const LINKABLE = new RegExp(`${DOT}|${COLON}|${AT}|localhost`, 'i');
const IPV4 = '(?:\\d{1,3}\\.){3}\\d{1,3}';
/**
 * Words that no client links, or only where it links a bare IP address, alone or among punctuation: IPv6 and MAC addresses,
 * IPv4-mapped ones with a port, networks, and the `rv:109.0` that browsers write.
 */
const PLAIN = new RegExp(
  `^[([<"',]*(?:${[
    `(?=\\S*::|(?:[^:]*:){5})[\\da-f:]*:(?:[\\da-f]*|${IPV4})(?:%\\w+)?(?:\\]:\\d+|/\\d+)?`,
    `::ffff:${IPV4}:\\d+`,
    `${IPV4}/\\d\\d?`,
    'rv:\\d+\\.\\d+(?:\\.\\d+)?',
  ].join('|')})[)\\]>"',;.]*$`,
  'i',
);
/** What may stand between the digits of a phone number (libphonenumber's VALID_PUNCTUATION). */
const BETWEEN = `[\\p{Pd}\\p{Ps}\\p{Pe} /~−／${DOTS}]`;
const DIGITS = new RegExp(`(?<!\\p{Nd})(?:${PLUS}${BETWEEN}{0,4})?\\p{Nd}(?:${BETWEEN}{0,4}\\p{Nd}){6,}`, 'giu');
/** A number with a plus, or in three groups as in North America: `(202) 555-0100`. Other digits are ids and counts more often. */
const PHONE = new RegExp(`^${PLUS}|\\p{Nd}{3}${BETWEEN}+\\p{Nd}{3}${BETWEEN}+\\p{Nd}{4}`, 'u');

/**
 * `text` with every address defanged, so that no client turns it into a link: `https[:]//evil[.]com`, `tel[:]1`,
 * `a@evil[.]com`, `202 555 [·]0100`. Other numbers and bare IP addresses stay as they are.
 */
export function defanged(text: string): string {
  const found = (character: string): string => `[${character.normalize('NFKC').replace('\u3002', '.')}]`;
  return text
    .replace(DIGITS, (digits) =>
      // Clients take six digits for no phone number.
      PHONE.test(digits) ? digits.replace(/(?:\p{Nd}\P{Nd}*){6}(?=\p{Nd})/gu, '$&[·]') : digits,
    )
    .replace(/\S+/g, (word) => (!LINKABLE.test(word) || PLAIN.test(word) ? word : word.replace(LINKING, found)));
}

/** Text that others wrote, as one defanged line of at most `max`; `–` if it is missing, `(blank)` if nothing of it is visible. */
export function untrustedLine(text: string | null, max: number): string {
  return untrustedWords([text], max);
}

/** Several of them, each of at most `max`, in one line: `202` and `555-0100` are a phone number together. */
export function untrustedWords(texts: readonly (string | null)[], max: number): string {
  const visible = texts.map((text) => (text === null || text === '' ? '–' : oneLine(text, max) || '(blank)'));
  return defanged(visible.join(' '));
}

/** The upstream's resources, as its documents and SDKs name them. */
const RESOURCES =
  'vm|vpc|volume|project|organization|user|usage|membership|firewall_rule|api_key|audit_log|connect_connection|' +
  'nks_(?:cluster|node|node_pool|load_balancer)|rpc_node_(?:dedicated|flex)';
/**
 * The names of actions: `vm.created`, `nks_cluster.kubeconfig_read`, `usage.read`; of resources that we don't know, only what
 * ends in "ed". Top-level domains that do are here (data.iana.org/TLD/tlds-alpha-by-domain.txt).
 */
const ACTION = new RegExp(
  `^(?:(?:${RESOURCES})\\.(?:read|create|update|delete|restart|[a-z]+(?:_[a-z]+)+)|` +
    '(?!.*localhost)[a-z]+(?:_[a-z]+)*\\.(?!(?:clubmed|exposed|kred|limited|med|red|wed)$)[a-z]+ed)$',
);

/**
 * The value of a field, as `untrustedLine`; but an `action` keeps its dot where it has the form of one. `evil.com` has not,
 * in whatever field it is.
 */
export function fieldLine(field: string | null, value: string | null, max: number): string {
  return field === 'action' && value !== null && ACTION.test(value) && value.length <= max
    ? value
    : untrustedLine(value, max);
}

/** The operator's or our own text as one line of at most `max`; addresses in it are kept. */
export function trustedLine(text: string, max: number): string {
  return oneLine(text, max) || '(blank)';
}
