/** Redirects after signing in stay on our own pages. */
import { expect, it } from 'vitest';
import { safeRedirect } from '../../src/web/safe-redirect.ts';

const URL_ = 'https://tocsin.example/session';

it.each([
  '/',
  '/alerts',
  '/alerts?state=all&level=high',
  '/entries/a-b_c',
  '/rules/%E8%AD%A6',
  '/?next=https://x.example',
  '/alerts/12#silence',
])('keeps %s', (path) => {
  expect(safeRedirect(path, URL_)).toBe(path);
});

it.each([
  null,
  undefined,
  '',
  'alerts',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' //evil.example',
  'https://evil.example',
  'https:/evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '/.//evil.example',
  '/..//evil.example',
  '/%09/../..//evil.example\\',
  '/a\\b',
  '/ä',
  '/\u0000',
  '/a b',
  `/${'a'.repeat(2_000)}`,
])('replaces %j by /', (text) => {
  expect(safeRedirect(text, URL_)).toBe('/');
});
