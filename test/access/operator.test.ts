/** The operator's token: for one method, path with query, and body, for some minutes, and by the current secret alone. */
import { expect, it } from 'vitest';
import { OPERATOR_TOKEN_MAX_MS, operatorToken, readOperator } from '../../src/access/operator.ts';
import { sha256 } from '../../src/access/seal.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const NOW = Date.UTC(2026, 0, 31, 3);
const MINUTE = 60_000;
const PATH = '/operator/quarantine?before=1.x';
const token = await operatorToken(SECRET, 'POST', PATH, '{"a":1}', NOW);
const read = (authorization: string, method = 'POST', path = PATH, now = NOW, secret = SECRET) =>
  readOperator(secret, authorization, method, path, now);

it('names the body that it is for', async () => {
  expect(read(`Bearer ${token}`)?.bodyHash).toBe(await sha256('{"a":1}'));
});

it('is valid for five minutes, and from a clock that is five minutes ahead', () => {
  const at = (now: number) => read(`Bearer ${token}`, 'POST', PATH, now) !== null;
  expect([at(NOW + 5 * MINUTE), at(NOW + 5 * MINUTE + 1)]).toEqual([true, false]);
  expect([at(NOW - 5 * MINUTE), at(NOW - 5 * MINUTE - 1)]).toEqual([true, false]);
  expect(OPERATOR_TOKEN_MAX_MS).toBe(10 * MINUTE);
});

it.each([
  ['another method', () => read(`Bearer ${token}`, 'DELETE')],
  ['another path', () => read(`Bearer ${token}`, 'POST', '/operator/rewind')],
  ['another query', () => read(`Bearer ${token}`, 'POST', `${PATH}x`)],
  ['no query', () => read(`Bearer ${token}`, 'POST', '/operator/quarantine')],
  ['another secret', () => read(`Bearer ${token}`, 'POST', PATH, NOW, 'f'.repeat(32))],
  [
    "another body's hash",
    async () => read(`Bearer ${token.replace(await sha256('{"a":1}'), await sha256('{"a":2}'))}`),
  ],
  ['a later expiry', () => read(`Bearer ${token.replace(/^\d+/, (at) => String(Number(at) + 1))}`)],
  ['another nonce', () => read(`Bearer ${token.replace('.0000', '.1000')}`)],
  ['no scheme', () => read(token)],
  ['another scheme', () => read(`Basic ${token}`)],
  ['nothing', () => readOperator(SECRET, undefined, 'POST', PATH, NOW)],
])('is invalid with %s', async (_, result) => {
  expect(await result()).toBeNull();
});

it('is another for each method, path, body and time', async () => {
  const tokens = await Promise.all([
    operatorToken(SECRET, 'POST', '/a', '', NOW),
    operatorToken(SECRET, 'GET', '/a', '', NOW),
    operatorToken(SECRET, 'POST', '/a?b', '', NOW),
    operatorToken(SECRET, 'POST', '/a', ' ', NOW),
    operatorToken(SECRET, 'POST', '/a', '', NOW + 1),
    operatorToken(SECRET, 'POST', '/a', '', NOW, 'f'.repeat(16)),
  ]);
  expect(new Set(tokens.map((each) => each.slice(-64))).size).toBe(6);
});
