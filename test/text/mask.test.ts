/** What gives access is masked, wherever it stands, and everything else is left as it is. */
import { describe, expect, it } from 'vitest';
import { signPass } from '../../src/access/link.ts';
import { operatorToken } from '../../src/access/operator.ts';
import { signSession } from '../../src/access/session.ts';
import { makeToken, TOKEN_BYTES } from '../../src/access/viewer.ts';
import { maskSecrets } from '../../src/text/mask.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const ID = '0123456789abcdef';
const expires = Date.UTC(2026, 0, 31);

const SECRETS: readonly (readonly [what: string, text: string])[] = [
  [
    'a viewer token',
    makeToken(
      new Uint8Array(TOKEN_BYTES).map((_, i) => 255 - i),
      SECRET,
    ).token,
  ],
  ['a pass', signPass(SECRET, { alert: 5, ledger: ID, expires })],
  ['a session', signSession(SECRET, { viewer: ID, ledger: ID, expires, id: ID })],
  ['an operator’s token', await operatorToken(SECRET, 'GET', '/', '', expires)],
];

describe.each(SECRETS)('%s', (_, secret) => {
  it.each([
    ['alone', ''],
    ['in a path', '/alerts/'],
    ['in a query', '/?pass='],
    ['in JSON', '{"a":"\\u001b'],
    ['after digits', 'a1'],
  ])('is masked %s', (__, before) => {
    const masked = maskSecrets(`${before}${secret}", ${secret}/ ${secret}`);
    expect(masked).toContain('…", ');
    for (const tail of [10, 20, 40]) expect(masked).not.toContain(secret.slice(-tail));
  });

  it('is masked if its end was cut', () => {
    expect(maskSecrets(`/${secret.slice(0, -10)}`)).not.toContain(secret.slice(-30, -10));
  });
});

it('leaves ids, keys, hashes, numbers and the name of a token', () => {
  const line = JSON.stringify({
    id: `tocsin_${ID}`,
    key: `entry:${ID.repeat(4)}`,
    version: ID.repeat(4),
    bookmark: `0000007b-0000b26e-00001538-${ID.repeat(2)}`,
    numbers: [12345678.12345678, 1 / 3, Number.MAX_SAFE_INTEGER, 1e21],
    cursor: 'eyJpZCI6MX0',
  });
  expect(maskSecrets(line)).toBe(line);
});

it('is linear in the length of hostile text', () => {
  for (const part of ['tocsin_', '0123abcd.', '0123abcd', `tocsin_${ID}`, 'tocsin_0', 'a1']) {
    const started = performance.now();
    maskSecrets(part.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(1_000);
  }
});
