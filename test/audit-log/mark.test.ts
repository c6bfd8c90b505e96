/** Marks: only who has LINK_SECRET makes one, no two are the same, and nothing else is taken for one. */
import { createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createUserAgents, isGenuine, markKey, readMark, USER_AGENT } from '../../src/audit-log/mark.ts';

const SECRET = 'a3f1c95be07d4826a3f1c95be07d4826';
const NOW = Date.UTC(2026, 0, 5, 12);
const key = markKey(SECRET);

/** What a User-Agent proves to the holder of the secret. */
function proves(userAgent: unknown, secret = SECRET): boolean {
  const mark = readMark(userAgent);
  return mark !== null && isGenuine(mark, markKey(secret));
}

describe('a mark', () => {
  const userAgent = createUserAgents(
    SECRET,
    () => NOW,
    () => 35,
  )();

  it('is an HMAC of time and counter, with a key made for this purpose', () => {
    // node:crypto as the reference.
    const hmac = (secret: Uint8Array, text: string): string => createHmac('sha256', secret).update(text).digest('hex');
    const name = `${NOW.toString(36)}.z`;
    const derived = new Uint8Array(hkdfSync('sha256', SECRET, '', 'tocsin mark', 32));
    const signed = hmac(derived, `mark ${name}`).slice(0, 20);
    expect(userAgent).toBe(`${USER_AGENT} (${name}.${signed})`);
    expect(readMark(userAgent)).toEqual({ name, sentAt: NOW, hmac: signed });
    expect(proves(userAgent)).toBe(true);
  });

  it('proves nothing to the holder of another secret', () => {
    expect(proves(userAgent, `${SECRET}0`)).toBe(false);
    expect(markKey(SECRET).id).not.toBe(markKey(`${SECRET}0`).id);
  });

  it('fits where 64 characters are kept, for the largest time and counter', () => {
    const late = createUserAgents(
      SECRET,
      () => Date.UTC(5188, 0, 1),
      () => 2 ** 48 - 1,
    );
    late();
    const last = late();
    expect(last.length).toBeLessThanOrEqual(64);
    expect(proves(last)).toBe(true);
  });

  it('is not there without a secret', () => {
    expect(createUserAgents(null, () => NOW)()).toBe(USER_AGENT);
    expect(readMark(USER_AGENT)).toBeNull();
  });
});

describe('no two marks are the same', () => {
  it('of one marker, in one millisecond', () => {
    const next = createUserAgents(SECRET, () => NOW);
    expect(new Set(Array.from({ length: 1_000 }, next)).size).toBe(1_000);
  });

  it('of many isolates, in one millisecond', () => {
    const marks = Array.from({ length: 2_000 }, () => createUserAgents(SECRET, () => NOW)());
    expect(new Set(marks).size).toBe(2_000);
    expect(marks.every((mark) => proves(mark))).toBe(true);
  });
});

describe('what is no mark', () => {
  const userAgent = createUserAgents(SECRET, () => NOW)();
  const inner = userAgent.slice(userAgent.indexOf('(') + 1, -1);
  const [time = '', counter = '', hmac = ''] = inner.split('.');
  const rows: readonly (readonly [string, unknown])[] = [
    ['cut at 40 characters', userAgent.slice(0, 40)],
    ['without its last character', userAgent.slice(0, -1)],
    ['with text behind it', `${userAgent} Chrome/1`],
    ['with text before it', `Mozilla/5.0 ${userAgent}`],
    ['in another product', userAgent.replace('Tocsin', 'tocsin')],
    ['two marks', `${userAgent} (${inner})`],
    ['a thousand parentheses', `Tocsin/1 ${'('.repeat(1_000)}${inner}${')'.repeat(1_000)}`],
    ['a megabyte', `Tocsin/${'1'.repeat(1_000_000)} (${inner})`],
    ['a megabyte of digits', `Tocsin/1 (${'1'.repeat(1_000_000)}.${counter}.${hmac})`],
    ['a line break', `${userAgent}\n`],
    ['another time', `Tocsin/1 (${(NOW + 1).toString(36)}.${counter}.${hmac})`],
    ['another counter', `Tocsin/1 (${time}.1${counter}.${hmac})`],
    ['a zero before the time', `Tocsin/1 (0${time}.${counter}.${hmac})`],
    ['the dot moved', `Tocsin/1 (${time}${counter.slice(0, 1)}.${counter.slice(1)}.${hmac})`],
    ['another HMAC', `Tocsin/1 (${time}.${counter}.${hmac.replace(/./g, '0')})`],
    ['an HMAC cut short', `Tocsin/1 (${time}.${counter}.${hmac.slice(0, 10)})`],
    ['the id of the key as an HMAC', `Tocsin/1 (${time}.${counter}.${key.id})`],
    ['a number', 7],
    ['null', null],
    ['nothing', undefined],
    ['a list', [userAgent]],
    ['an object', { toString: () => userAgent }],
  ];
  it.each(rows)('%s', (_, text) => {
    expect(proves(text)).toBe(false);
  });

  it('but a mark of another version is one', () => {
    expect(proves(`Tocsin/12.3.4-rc.1 (${inner})`)).toBe(true);
  });
});
