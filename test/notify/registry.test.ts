import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BINDINGS, SETTINGS } from '../../src/config/config.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';

test('types, and the settings that hold their secrets, are unique', () => {
  const types = RECEIVER_TYPES.map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  const own = RECEIVER_TYPES.flatMap(({ secret, signingSecret, settings, bindings }) => [
    secret,
    ...(signingSecret === null ? [] : [signingSecret]),
    ...settings,
    ...bindings,
  ]);
  expect(new Set([...SETTINGS, ...BINDINGS, ...own]).size).toBe(SETTINGS.length + BINDINGS.length + own.length);
});

test('docs/receivers.md has a row for each type, as the registry describes it', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/receivers.md'), 'utf8');
  const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  expect(cells).toEqual(
    RECEIVER_TYPES.map(({ type, label, docs: url, secret, expects, signingSecret, settings, bindings }) => [
      `\`${type}\``,
      `[${label}](${url})`,
      `\`${secret}\`: ${expects}`,
      [
        ...(signingSecret === null ? [] : [`\`${signingSecret}\``]),
        ...settings.map((name) => `\`${name}\``),
        ...bindings.map((name) => `the binding \`${name}\``),
      ].join(', '),
    ]),
  );
});
