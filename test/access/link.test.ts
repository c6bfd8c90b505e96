/** Passes and links: a pass opens one alert until it expires; a changed one, or one made for another purpose, is invalid. */
import { describe, expect, it } from 'vitest';
import { LINK_MS, linksTo, type PassRead, readPass, signPass } from '../../src/access/link.ts';
import { mac } from '../../src/access/mac.ts';
import { operatorToken } from '../../src/access/operator.ts';
import { readSegment } from '../../src/http/segment.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const NOW = Date.UTC(2026, 0, 31, 3);
const HOUR = 3_600_000;
const PASS = { alert: 7, expires: NOW + HOUR };

const signed = await signPass(SECRET, PASS);
const [alert = '', until = '', proof = ''] = signed.split('.');

const INVALID: readonly [string, string][] = [
  ['of another alert', `8.${until}.${proof}`],
  ['that lasts longer', `${alert}.${Number(until) + 1}.${proof}`],
  ['whose digits are moved across the dot', `7${until[0]}.${until.slice(1)}.${proof}`],
  ['with one digit changed', `${alert}.${until}.${proof.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`],
  ['with its proof cut', `${alert}.${until}.${proof.slice(1)}`],
  ['with its proof in upper case', `${alert}.${until}.${proof.toUpperCase().replace(/^\d*$/, 'A')}`],
  ['with a leading zero', `0${signed}`],
  ['with a space at the end', `${signed} `],
  ['with a line break at the end', `${signed}\n`],
  ['twice', `${signed}.${signed}`],
  ['of alert 0', await signPass(SECRET, { ...PASS, alert: 0 })],
  ['that expires at 0', await signPass(SECRET, { ...PASS, expires: 0 })],
  ['with numbers out of bounds', `${'9'.repeat(16)}.${until}.${proof}`],
  ['made with another secret', await signPass('f'.repeat(32), PASS)],
  ['made for another purpose', `${alert}.${until}.${await mac(SECRET, 'operator', [alert, until])}`],
  ["that is an operator's token", await operatorToken(SECRET, 'GET', '/alerts/7', NOW)],
  ['that is empty', ''],
  ['of 10,000 characters', '7.'.repeat(5_000)],
];

describe('a pass', () => {
  it('consists of letters, digits and dots, and reads as it was signed', async () => {
    expect(signed).toMatch(/^7\.\d+\.[0-9a-f]{64}$/);
    expect(await readPass(SECRET, signed, NOW)).toEqual({ kind: 'good', pass: PASS });
  });

  it.each([
    ['is good 1 ms before it expires', NOW + HOUR - 1, 'good'],
    ['is expired at its expiry', NOW + HOUR, 'expired'],
    ['is expired a year later', NOW + 365 * 24 * HOUR, 'expired'],
  ] satisfies [string, number, PassRead['kind']][])('%s', async (_, now, kind) => {
    expect((await readPass(SECRET, signed, now)).kind).toBe(kind);
  });

  it('expires no later than requested, if that is not a whole second', async () => {
    const odd = await signPass(SECRET, { alert: 1, expires: NOW + 1_999 });
    expect(await readPass(SECRET, odd, NOW)).toMatchObject({ pass: { expires: NOW + 1_000 } });
  });

  it.each(INVALID)('%s is invalid', async (_, text) => {
    expect(await readPass(SECRET, text, NOW)).toEqual({ kind: 'none' });
  });

  it('that is missing is invalid', async () => {
    expect(await readPass(SECRET, undefined, NOW)).toEqual({ kind: 'none' });
  });
});

const SET = { publicUrl: 'https://tocsin.example', linkSecret: SECRET };

describe('the links of a message', () => {
  it('open the alert and the entry, each with a pass for that alert that is valid for a week', async () => {
    const links = await linksTo(SET, { alert: 12, entry: '0a1b-c' }, NOW);
    const alert = new URL(links.alert ?? '');
    const entry = new URL(links.entry ?? '');
    expect([alert.origin, alert.pathname]).toEqual(['https://tocsin.example', '/alerts/12']);
    expect([entry.origin, entry.pathname]).toEqual(['https://tocsin.example', '/entries/0a1b-c']);
    for (const url of [alert, entry]) {
      expect([...url.searchParams.keys()]).toEqual(['pass']);
      const pass = url.searchParams.get('pass') ?? undefined;
      expect(await readPass(SECRET, pass, NOW)).toEqual({ kind: 'good', pass: { alert: 12, expires: NOW + LINK_MS } });
      expect((await readPass(SECRET, pass, NOW + LINK_MS)).kind).toBe('expired');
      expect((await readPass('f'.repeat(32), pass, NOW)).kind).toBe('none');
    }
  });

  it('open the overview page without a pass if the message is not about an alert', async () => {
    expect(await linksTo(SET, null, NOW)).toEqual({ alert: 'https://tocsin.example/', entry: null });
  });

  it('open the page of all alerts without a pass if the message is about many', async () => {
    const alert = 'https://tocsin.example/alerts?state=all';
    expect(await linksTo(SET, 'alerts', NOW)).toEqual({ alert, entry: null });
    expect(await linksTo({ ...SET, publicUrl: null }, 'alerts', NOW)).toEqual({ alert: null, entry: null });
  });

  it('have no pass without LINK_SECRET, and are null without a public address', async () => {
    expect(await linksTo({ ...SET, linkSecret: null }, { alert: 12, entry: 'e' }, NOW)).toEqual({
      alert: 'https://tocsin.example/alerts/12',
      entry: 'https://tocsin.example/entries/e',
    });
    expect(await linksTo({ ...SET, publicUrl: null }, { alert: 12, entry: 'e' }, NOW)).toEqual({
      alert: null,
      entry: null,
    });
    expect(await linksTo({ publicUrl: null, linkSecret: null }, null, NOW)).toEqual({ alert: null, entry: null });
  });

  it('have no link to an entry that was deleted', async () => {
    const links = await linksTo({ ...SET, linkSecret: null }, { alert: 12, entry: '' }, NOW);
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
  ])('stay on /entries/, whatever an id contains: %s', async (_, id) => {
    const { entry } = await linksTo(SET, { alert: 1, entry: id }, NOW);
    expect(entry).toMatch(/^https:\/\/tocsin\.example\/entries\/[\w.!~*'()%-]+\?pass=[\d.a-f]+$/);
    const url = new URL(entry ?? '');
    expect(url.origin).toBe('https://tocsin.example');
    expect(url.pathname.split('/')).toHaveLength(3);
    const segment = decodeURIComponent(url.pathname.slice('/entries/'.length));
    expect(readSegment(segment)).toBe(id.toWellFormed());
  });
});
