/**
 * Passes, links and the cookie of links: a pass opens the alerts of one message of one ledger until it expires; a changed one, or one made
 * for another purpose, is invalid.
 */
import { describe, expect, it } from 'vitest';
import {
  addPass,
  eachAlert,
  LINK_MS,
  linksTo,
  PASSES_MAX,
  type PassRead,
  readPass,
  readPasses,
  signPass,
} from '../../src/access/link.ts';
import { operatorToken } from '../../src/access/operator.ts';
import { seal } from '../../src/access/seal.ts';
import { signSession } from '../../src/access/session.ts';
import { readSegment } from '../../src/http/segment.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const OTHER = 'f'.repeat(32);
const SECRETS = { linkSecret: SECRET, linkSecretPrevious: null };
const NOW = Date.UTC(2026, 0, 31, 3);
const HOUR = 3_600_000;
const LEDGER = '00ff00ff00ff00ff';
const PASS = { alert: 7, ledger: LEDGER, expires: NOW + HOUR };

const signed = signPass(SECRET, PASS);
const [alert = '', until = '', ledger = '', key = '', hmac = ''] = signed.split('.');
const proof = `${ledger}.${key}.${hmac}`;

const INVALID: readonly [string, string][] = [
  ['of another alert', `8.${until}.${proof}`],
  ['of another ledger', `${alert}.${until}.${ledger.replace('0', '1')}.${key}.${hmac}`],
  ['of no ledger, as in older links', `${alert}.${until}.${hmac}`],
  ['with another key id', `${alert}.${until}.${ledger}.${'0'.repeat(8)}.${hmac}`],
  ['that lasts longer', `${alert}.${Number(until) + 1}.${proof}`],
  ['whose digits are moved across the dot', `7${until[0]}.${until.slice(1)}.${proof}`],
  ['with one digit changed', `${alert}.${until}.${proof.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`],
  ['with its proof cut', `${alert}.${until}.${proof.slice(0, -1)}`],
  ['with its proof in upper case', signed.toUpperCase()],
  ['with a leading zero', `0${signed}`],
  ['with a space at the end', `${signed} `],
  ['with a line break at the end', `${signed}\n`],
  ['twice', `${signed}.${signed}`],
  ['of alert 0', signPass(SECRET, { ...PASS, alert: 0 })],
  ['that expires at 0', signPass(SECRET, { ...PASS, expires: 0 })],
  ['of a ledger without an id', signPass(SECRET, { ...PASS, ledger: '' })],
  [
    'that lasts a second longer than any that is signed',
    signPass(SECRET, { ...PASS, expires: NOW + LINK_MS + 61_000 }),
  ],
  ['that lasts for years', signPass(SECRET, { ...PASS, expires: NOW + 520 * LINK_MS })],
  ['with numbers out of bounds', `${'9'.repeat(16)}.${until}.${proof}`],
  ['made with another secret', signPass(OTHER, PASS)],
  ['made for another purpose', `${alert}.${until}.${ledger}.${seal(SECRET, 'session', [alert, until, ledger])}`],
  ["that is an operator's token", await operatorToken(SECRET, 'GET', '/alerts/7', '', NOW)],
  ['that is a session', signSession(SECRET, { viewer: ledger, ledger, expires: NOW + HOUR, id: ledger })],
  ['that is empty', ''],
  ['of 10,000 characters', '7.'.repeat(5_000)],
];

describe('a pass', () => {
  it('consists of letters, digits and dots, and reads as it was signed', () => {
    expect(signed).toMatch(/^7\.\d+\.00ff00ff00ff00ff\.[0-9a-f]{8}\.[0-9a-f]{64}$/);
    expect(readPass(SECRETS, signed, NOW)).toEqual({ kind: 'good', pass: PASS });
  });

  it.each([
    ['slack', 'slack'],
    ['email:ada@example.com', 'email:ada@example.com'],
    ['Zoë _.~ 空', 'Zoë _.~ 空'],
    ['x'.repeat(100), 'x'.repeat(64)],
    // No character is cut in the middle.
    ['é'.repeat(40), 'é'.repeat(32)],
    [`x${'é'.repeat(40)}`, `x${'é'.repeat(31)}`],
  ])('names the receiver that it was sent to: %s', (receiver, read) => {
    const text = signPass(SECRET, { ...PASS, receiver });
    expect(text).toMatch(/^[\da-f.]+$/);
    expect(readPass(SECRETS, text, NOW)).toEqual({ kind: 'good', pass: { ...PASS, receiver: read } });
    // Of one receiver's link nobody makes another's, or one of an older version.
    const [id, expiry, of, name = '', ...proved] = text.split('.');
    for (const other of [
      [id, expiry, of, ...proved],
      [id, expiry, of, `${name.slice(0, -2)}00`, ...proved],
    ]) {
      expect(readPass(SECRETS, other.join('.'), NOW)).toEqual({ kind: 'none' });
    }
  });

  it.each([
    ['is good 1 ms before it expires', NOW + HOUR - 1, 'good'],
    ['is expired at its expiry', NOW + HOUR, 'expired'],
    ['is expired a year later', NOW + 365 * 24 * HOUR, 'expired'],
  ] satisfies [string, number, PassRead['kind']][])('%s', (_, now, kind) => {
    expect(readPass(SECRETS, signed, now).kind).toBe(kind);
  });

  it('expires no later than requested, if that is not a whole second', () => {
    const odd = signPass(SECRET, { ...PASS, expires: NOW + 1_999 });
    expect(readPass(SECRETS, odd, NOW)).toMatchObject({ pass: { expires: NOW + 1_000 } });
  });

  it.each(INVALID)('%s is invalid', (_, text) => {
    expect(readPass(SECRETS, text, NOW)).toEqual({ kind: 'none' });
  });

  it('is good for a week, and a minute more by a clock that is behind', () => {
    const long = signPass(SECRET, { ...PASS, expires: NOW + LINK_MS + 60_000 });
    expect(readPass(SECRETS, long, NOW).kind).toBe('good');
  });

  it('that is missing is invalid', () => {
    expect(readPass(SECRETS, undefined, NOW)).toEqual({ kind: 'none' });
  });

  it('is good while its secret is the current or the previous one', () => {
    const kindBy = (linkSecret: string | null, linkSecretPrevious: string | null) =>
      readPass({ linkSecret, linkSecretPrevious }, signed, NOW).kind;
    expect([kindBy(OTHER, SECRET), kindBy(SECRET, OTHER), kindBy(null, SECRET)]).toEqual(['good', 'good', 'good']);
    expect([kindBy(OTHER, null), kindBy(null, null), kindBy(OTHER, 'e'.repeat(32))]).toEqual(['none', 'none', 'none']);
  });
});

describe('the cookie', () => {
  const passOf = (of: number, expires = NOW + HOUR) => signPass(SECRET, { ...PASS, alert: of, expires });
  const alertsIn = (cookie: string, now = NOW) =>
    readPasses(SECRETS, cookie, now).flatMap(({ read }) => (read.kind === 'good' ? [read.pass.alert] : []));
  const opened = (passes: readonly string[], now = NOW) =>
    passes.reduce((cookie, pass) => addPass(SECRETS, cookie, pass, now), '');

  it('holds the passes of the last alerts, newest first, and fits into one', () => {
    const passes = Array.from({ length: 14 }, (_, index) => passOf(index + 100_000_000_000_000));
    const cookie = opened(passes);
    expect(alertsIn(cookie)).toEqual(
      passes
        .slice(-PASSES_MAX)
        .toReversed()
        .map((pass) => Number.parseInt(pass, 10)),
    );
    expect(encodeURIComponent(cookie)).toBe(cookie);
    expect(cookie.length).toBeLessThan(3_500);
  });

  it('holds one pass of an alert, the one that lasts longer', () => {
    const [first, second] = [passOf(7, NOW + HOUR), passOf(7, NOW + 2 * HOUR)];
    expect(opened([first, passOf(8), second])).toBe(`${second}_${passOf(8)}`);
    expect(opened([second, passOf(8), first])).toBe(`${second}_${passOf(8)}`);
    const elsewhere = signPass(SECRET, { ...PASS, ledger: 'a'.repeat(16) });
    expect(alertsIn(opened([first, elsewhere]))).toEqual([7, 7]);
  });

  it('drops what has expired or was never valid', () => {
    const cookie = `${passOf(1, NOW - 1)}_x__${signPass(OTHER, PASS)}_${passOf(2)}_${'7.'.repeat(100)}`;
    expect(addPass(SECRETS, cookie, passOf(3), NOW)).toBe(`${passOf(3)}_${passOf(2)}`);
  });

  it.each([undefined, '', '_', 'x', '_'.repeat(100_000), `${'x'.repeat(10_000)}_${signed}`])(
    'with %.20j has no valid pass',
    (cookie) => {
      expect(readPasses(SECRETS, cookie, NOW).filter(({ read }) => read.kind !== 'none')).toEqual([]);
    },
  );
});

const SET = { publicUrl: 'https://tocsin.example', linkSecret: SECRET };
const ENTRY = { alert: 12, ledger: LEDGER, entry: 'e' };

describe('links in a message', () => {
  it('are to the alert and its entry, with the same pass, for a week', () => {
    const links = linksTo(SET, { ...ENTRY, entry: '0a1b-c' }, NOW);
    const [link, entry] = [new URL(links.alert ?? ''), new URL(links.entry ?? '')];
    expect([link.origin, link.pathname]).toEqual(['https://tocsin.example', '/alerts/12']);
    expect([entry.origin, entry.pathname]).toEqual(['https://tocsin.example', '/entries/0a1b-c']);
    for (const { searchParams } of [link, entry]) {
      expect([...searchParams.keys()]).toEqual(['pass']);
      const pass = searchParams.get('pass') ?? '';
      const expected = { alert: 12, ledger: LEDGER, expires: NOW + LINK_MS };
      expect(readPass(SECRETS, pass, NOW)).toEqual({ kind: 'good', pass: expected });
      expect(readPass(SECRETS, pass, NOW + LINK_MS).kind).toBe('expired');
      expect(readPass({ ...SECRETS, linkSecret: OTHER }, pass, NOW).kind).toBe('none');
    }
  });

  it('about Tocsin itself are to the overview, without a pass', () => {
    expect(linksTo(SET, null, NOW)).toEqual({ alert: 'https://tocsin.example/', entry: null });
  });

  it('about a group are to its first alert, give access to all that it lists, and lead to the page of all', () => {
    const { alerts, covered, ...links } = linksTo(SET, { ...ENTRY, alerts: [12, 31, 40] }, NOW, 'mail');
    expect([alerts, covered]).toEqual(['https://tocsin.example/alerts', 3]);
    for (const href of Object.values(links)) {
      const url = new URL(href ?? '');
      const read = readPass(SECRETS, url.searchParams.get('pass') ?? '', NOW);
      if (read.kind !== 'good') throw new Error(`the pass is ${read.kind}`);
      expect(read.pass).toMatchObject({ alert: 12, alerts: [12, 31, 40], receiver: 'mail' });
      expect(eachAlert(read.pass).map(({ alert }) => alert)).toEqual([12, 31, 40]);
    }
    expect(new URL(links.alert ?? '').pathname).toBe('/alerts/12');
  });

  it('about a group cover as many alerts as a pass has room for, and say how many', () => {
    const passOfAll = (ids: readonly number[]) => {
      const { alert, covered } = linksTo(SET, { ...ENTRY, alert: ids[0] ?? 0, alerts: ids }, NOW, 'x'.repeat(64));
      const text = new URL(alert ?? '').searchParams.get('pass') ?? '';
      const read = readPass(SECRETS, text, NOW);
      return { covered, text, alerts: read.kind === 'good' ? eachAlert(read.pass).map((pass) => pass.alert) : [] };
    };
    const sixteen = Array.from({ length: 16 }, (_, i) => 99_999 - i);
    expect(passOfAll(sixteen)).toMatchObject({ covered: 16, alerts: sixteen });
    const long = Array.from({ length: 16 }, (_, i) => 999_999_999_999_999 - i);
    expect(passOfAll(long)).toMatchObject({ covered: 6, alerts: long.slice(0, 6) });
    const cookie = Array.from({ length: 12 }, (_, i) => passOfAll(long.map((id) => id - 16 * i)).text).reduce(
      (before, text) => addPass(SECRETS, before, text, NOW),
      '',
    );
    expect(readPasses(SECRETS, cookie, NOW).filter(({ read }) => read.kind === 'good')).toHaveLength(10);
    expect(linksTo({ ...SET, linkSecret: null }, { ...ENTRY, alerts: [12, 31] }, NOW)).not.toHaveProperty('covered');
  });

  it('with another alert added to the pass give no access', () => {
    const { alert } = linksTo(SET, { ...ENTRY, alerts: [12, 31] }, NOW);
    const pass = new URL(alert ?? '').searchParams.get('pass') ?? '';
    for (const forged of [pass.replace('12-31', '12-32'), pass.replace('12-31', '31-12'), pass.replace('12-31', '12')])
      expect(readPass(SECRETS, forged, NOW).kind).toBe('none');
  });

  it('have no pass without a secret, and are left out without an address', () => {
    expect(linksTo({ ...SET, linkSecret: null }, ENTRY, NOW)).toEqual({
      alert: 'https://tocsin.example/alerts/12',
      entry: 'https://tocsin.example/entries/e',
    });
    expect(linksTo({ ...SET, publicUrl: null }, ENTRY, NOW)).toEqual({ alert: null, entry: null });
    expect(linksTo({ publicUrl: null, linkSecret: null }, null, NOW)).toEqual({ alert: null, entry: null });
  });

  it('have none to an entry that was deleted', () => {
    const links = linksTo({ ...SET, linkSecret: null }, { ...ENTRY, entry: '' }, NOW);
    expect(links).toEqual({ alert: 'https://tocsin.example/alerts/12', entry: null });
  });

  it.each([
    ['a path', '../../operator/status'],
    ['a query', 'x?pass=1&y#z'],
    ['another host', '//evil.example/x'],
    ['a line break', 'a\r\nset-cookie: b'],
    ['quotes and brackets', '"><script>'],
    ['a dot', '.'],
    ['two dots', '..'],
    ['two encoded dots', '%2e%2e'],
    ['right-to-left marks', '\u202egnp.exe'],
    ['half a surrogate pair', 'a\ud800b'],
  ])('stay on /entries/, whatever an id contains: %s', (_, id) => {
    const { entry } = linksTo(SET, { ...ENTRY, entry: id }, NOW);
    expect(entry).toMatch(/^https:\/\/tocsin\.example\/entries\/[\w.!~*'()%-]+\?pass=[\d.a-f]+$/);
    const url = new URL(entry ?? '');
    expect(url.origin).toBe('https://tocsin.example');
    expect(url.pathname.split('/')).toHaveLength(3);
    const segment = decodeURIComponent(url.pathname.slice('/entries/'.length));
    expect(readSegment(segment)).toBe(id.toWellFormed());
  });
});
