/** The version of a set of rules changes when they decide otherwise, and only then. */
import { describe, expect, test } from 'vitest';
import { parsed } from '../rules.ts';

const RULE = `title: A rule
id: r-1
level: high
logsource: {product: nirvana}
detection:
  sel: {a: [1, 2], b|contains: x}
  condition: sel
`;
const version = (text: string) => parsed(text).ruleSet.version;

describe('the version', () => {
  test.each([
    ['a comment', RULE.replace('level', '# a comment\nlevel')],
    ['the order of keys', RULE.replace('a: [1, 2], b|contains: x', 'b|contains: x, a: [2, 1]')],
    ['texts for people', RULE.replace('A rule', 'The rule')],
    ['the name of a selection', RULE.replaceAll('sel', 'selection')],
    ['another way to write the same', RULE.replace('b|contains: x', "b: '*x*'")],
  ])('stays with %s', (_, text) => {
    expect(version(text)).toBe(version(RULE));
  });

  test.each([
    ['a value', RULE.replace('[1, 2]', '[1, 3]')],
    ['a type', RULE.replace('[1, 2]', '[1, "2*"]')],
    ['a field', RULE.replace('b|', 'c|')],
    ['the level', RULE.replace('high', 'low')],
    ['the dedup key', `${RULE}tocsin: {dedup: {by: x}}\n`],
    ['the condition', RULE.replace('condition: sel', 'condition: not sel')],
    ['another rule', `${RULE}---\n${RULE.replace('r-1', 'r-2')}`],
  ])('changes with %s', (_, text) => {
    expect(version(text)).not.toBe(version(RULE));
  });
});
