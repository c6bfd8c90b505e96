/** Passes: whoever has one sees one alert until it expires; nothing that was changed, or made for something else, is one. */
import { describe, expect, it } from 'vitest';
import { type PassRead, readPass, signPass } from '../../src/access/link.ts';
import { mac } from '../../src/access/mac.ts';
import { operatorToken } from '../../src/access/operator.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const NOW = Date.UTC(2026, 0, 31, 3);
const HOUR = 3_600_000;
const PASS = { alert: 7, expires: NOW + HOUR };

const signed = await signPass(SECRET, PASS);
const [alert = '', until = '', proof = ''] = signed.split('.');

const NONE: readonly [string, string][] = [
  ['of another alert', `8.${until}.${proof}`],
  ['that lasts longer', `${alert}.${Number(until) + 1}.${proof}`],
  ['whose digits are moved across the dot', `7${until[0]}.${until.slice(1)}.${proof}`],
  ['with one digit changed', `${alert}.${until}.${proof.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`],
  ['with its proof cut', `${alert}.${until}.${proof.slice(1)}`],
  ['with its proof in capitals', `${alert}.${until}.${proof.toUpperCase().replace(/^\d*$/, 'A')}`],
  ['with a zero before', `0${signed}`],
  ['with something behind', `${signed} `],
  ['with a line break behind', `${signed}\n`],
  ['twice', `${signed}.${signed}`],
  ['of alert 0', await signPass(SECRET, { ...PASS, alert: 0 })],
  ['of no time', await signPass(SECRET, { ...PASS, expires: 0 })],
  ['with numbers out of bounds', `${'9'.repeat(16)}.${until}.${proof}`],
  ['another secret made', await signPass('f'.repeat(32), PASS)],
  ['made for another purpose', `${alert}.${until}.${await mac(SECRET, 'operator', [alert, until])}`],
  ["that is an operator's token", await operatorToken(SECRET, 'GET', '/alerts/7', NOW)],
  ['that is empty', ''],
  ['of 10,000 characters', '7.'.repeat(5_000)],
];

describe('a pass', () => {
  it('is letters, digits and dots, and is read as it was signed', async () => {
    expect(signed).toMatch(/^7\.\d+\.[0-9a-f]{64}$/);
    expect(await readPass(SECRET, signed, NOW)).toEqual({ kind: 'good', pass: PASS });
  });

  it.each([
    ['the last moment before its end', NOW + HOUR - 1, 'good'],
    ['its end', NOW + HOUR, 'expired'],
    ['a year later', NOW + 365 * 24 * HOUR, 'expired'],
  ] satisfies [string, number, PassRead['kind']][])('at %s is what it is', async (_, now, kind) => {
    expect((await readPass(SECRET, signed, now)).kind).toBe(kind);
  });

  it('expires no later than was asked, where that was no whole second', async () => {
    const odd = await signPass(SECRET, { alert: 1, expires: NOW + 1_999 });
    expect(await readPass(SECRET, odd, NOW)).toMatchObject({ pass: { expires: NOW + 1_000 } });
  });

  it.each(NONE)('%s is none', async (_, text) => {
    expect(await readPass(SECRET, text, NOW)).toEqual({ kind: 'none' });
  });

  it('that is not there is none', async () => {
    expect(await readPass(SECRET, undefined, NOW)).toEqual({ kind: 'none' });
  });
});
