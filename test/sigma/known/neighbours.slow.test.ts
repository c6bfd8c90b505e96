/**
 * What is one slip away from a right rule: what can never match is always reported, nothing that can match is called
 * impossible, and each slip gets one message.
 *
 * Whether a rule can match is found out without the checks: by entries that are made for it, and the engine.
 */
import { isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import { pathTemplate } from '../../../src/audit-log/path-template.ts';
import { TOCSIN } from '../../../src/cli/rule-files.ts';
import { type KnownField, parseRules, problemText, valuesOf } from '../../../src/sigma/build.ts';
import { compile, networkOf } from '../../../src/sigma/index.ts';

/** One slip of the hand in a text. */
function slipsOf(text: string): readonly string[] {
  const slips: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const [before, at, after] = [text.slice(0, i), text.charAt(i), text.slice(i + 1)];
    slips.push(before + after, before + at + at + after);
    if (after !== '') slips.push(before + after.charAt(0) + at + after.slice(1));
    if (/[._/-]/.test(at)) slips.push(...['_', '-', '.', '', ' '].map((other) => before + other + after));
  }
  slips.push(
    text.toUpperCase(),
    text.replace(/(^|[._-])([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
  );
  slips.push(
    `${text}s`,
    `${text}x`,
    `${text}*`,
    `*${text}`,
    `${text}?`,
    ` ${text}`,
    `=${text}`,
    `${text}/24`,
    `${text}:1`,
  );
  return [...new Set(slips)].filter((slip) => slip !== text && slip.trim() !== '');
}

const item = (key: string, value: string): string =>
  JSON.stringify({
    title: 'A rule',
    id: '0b8f5a53-7a3f-4b5e-9a0e-3b7f6f0f5d21',
    logsource: { product: 'nirvana', service: 'audit' },
    detection: { selection: { [key]: value }, condition: 'selection' },
  });

const OPTIONS = { ...TOCSIN, expects: [] };
const NAMES = TOCSIN.fields.map(({ name }) => name);

describe('a slip in the name of a field', () => {
  test.each(NAMES.map((name) => [name]))('of %s gets one message, which names it', (name) => {
    const unnamed: string[] = [];
    for (const slip of slipsOf(name)) {
      if (NAMES.includes(slip.trim()) || slip.includes('|') || /[*?/:=]/.test(slip)) continue;
      const { problems } = parseRules([{ path: 'x.yml', text: item(`${slip}|exists`, true as never) }], OPTIONS);
      expect([slip, problems.length, problems[0]?.severity]).toEqual([slip, 1, 'warning']);
      if (!problems[0]?.hint?.includes(`"${name}"`)) unnamed.push(slip);
    }
    // `ida` may be anything.
    expect(unnamed.length).toBeLessThanOrEqual(name === 'id' ? 20 : 1);
  });
});

/** Right values of each field, and those that are not known to be. */
const VALUES: { readonly [field: string]: readonly string[] } = {
  action: ['vm.created', 'api_key.deleted'],
  'actor.type': ['user', 'api_key'],
  client_ip: ['192.0.2.7', '10.1.2.3', '2001:db8::1'],
  created_at: ['2026-01-05T12:00:00Z'],
  method: ['GET', 'DELETE'],
  path: ['/v1/api_keys', '/v1/compute/vms/6f0d5c0e-3c56-4a3c-8a63-0d1c2f4a9b10/restart'],
  status_code: ['200', '403', '4*'],
  'target.type': ['vm', 'nks_cluster'],
  'tocsin.client_family': ['ipv4'],
  'tocsin.client_network': ['192.0.2.0/24', '2001:db8::/64'],
  'tocsin.path_template': ['/v1/nks/clusters/{id}/kubeconfig'],
  'tocsin.mark': ['missing'],
};

/** Whether a text has the shape of a field's values. */
const SHAPES: { readonly [field: string]: (text: string) => boolean } = {
  client_ip: (text) => isIP(text) !== 0,
  created_at: (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text)),
  path: (text) => text.startsWith('/'),
  'tocsin.path_template': (text) => text.startsWith('/') && pathTemplate(text) === text,
  'tocsin.client_network': (text) => networkOf(text.replace(/\/\d+$/, ''), [24, 64]) === text,
};

/** What a wildcard, or the rest of a text, may stand for. */
function fillersOf(name: string): readonly string[] {
  const parts = (VALUES[name] ?? []).flatMap((value) =>
    Array.from({ length: value.length + 1 }, (_, i) => [value.slice(0, i), value.slice(i)]).flat(),
  );
  return [...new Set(['', '0', '1', '.0', '.1', '0.', ':1', '0:', 'Z', '/', '/x', ...parts])];
}

/** Values that a field may have, among them those that a text may be meant to match. */
function* possibleValues(field: KnownField, text: string, modifiers: string): Iterable<string | number> {
  if (field.range !== undefined) yield* Array.from({ length: 500 }, (_, i) => 100 + i);
  else yield* valuesOf(field);
  if (field.range !== undefined || field.closed) return;
  const isPossible = SHAPES[field.name] ?? (() => true);
  const isWild = /[*?]/.test(text) || /contains|swith/.test(modifiers);
  const fillers = isWild ? fillersOf(field.name) : [''];
  for (const before of fillers) {
    for (const after of fillers) {
      const starred = /[*]/.test(text) ? text.replace('*', before).replace('*', after) : `${before}${text}${after}`;
      for (const mark of ['1', 'Z', '/']) {
        const value = starred.replaceAll('?', mark);
        for (const written of [value, value.toLowerCase()]) if (isPossible(written)) yield written;
      }
    }
  }
}

/** Whether an entry exists that the rule matches. */
function canMatch(text: string, field: KnownField, value: string, modifiers: string): boolean {
  const engine = compile(parseRules([{ path: 'x.yml', text }]).ruleSet);
  for (const one of possibleValues(field, value, modifiers)) {
    if (engine.evaluate({ [field.name]: one }).length > 0) return true;
  }
  return false;
}

describe('a slip in a value', () => {
  const rows = Object.entries(VALUES).flatMap(([name, values]) =>
    ['', '|contains', '|startswith', '|endswith', '|cased', '|neq'].flatMap((modifiers) =>
      values.map((value) => [name, modifiers, value] as const),
    ),
  );
  test.each(rows)('%s%s: %s', (name, modifiers, right) => {
    const field = TOCSIN.fields.find((one) => one.name === name) as KnownField;
    const wrong: string[] = [];
    for (const value of [right, ...slipsOf(right)]) {
      const text = item(`${name}${modifiers}`, value);
      const { problems } = parseRules([{ path: 'x.yml', text }], OPTIONS);
      const can = canMatch(text.replace('|neq', ''), field, value, modifiers);
      const isReported = problems.some(({ severity, message }) => severity === 'warning' && !message.startsWith('"?"'));
      const isOpen =
        field.values !== undefined && !field.closed && field.format !== 'path' && field.format !== 'template';
      // Which segments are ids is decided by their looks: there, a notice will do.
      const isNoticed = field.format === 'template' && !can && problems.length === 1;
      if (!isNoticed && (problems.length > 1 || isReported !== (!can && !isOpen)))
        wrong.push(
          `${value}: ${can ? 'can match' : 'never matches'}; ${problems.map((one) => problemText(one)).join(', ')}`,
        );
    }
    expect(wrong).toEqual([]);
  });
});
