/** The grammar of conditions: which selections must hold, a row each. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFormula } from '../../../src/sigma/parse/condition.ts';
import type { Formula, RuleLeaf } from '../../../src/sigma/rule.ts';
import { createReport, type Problem } from '../../../src/yaml/diagnostics.ts';
import { engineOf, problemsOf, ruleWith } from '../rules.ts';

/** Selections that hold where their field is 1. */
const SELECTIONS = 'a1: {f1: 1}\na2: {f2: 1}\nb1: {f3: 1}\n_c: {f4: 1}';

const holds = (condition: string, fields: string): boolean => {
  const engine = engineOf(ruleWith(`${SELECTIONS}\ncondition: ${condition}`));
  return engine.evaluate(Object.fromEntries(fields.split(' ').map((field) => [field, 1]))).length > 0;
};

describe('a condition', () => {
  test.each([
    ['a1', 'f1', true],
    ['a1 and a2', 'f1', false],
    ['a1 or a2', 'f2', true],
    ['not a1', 'f2', true],
    ['not not a1', 'f1', true],
    ['a1 or a2 and b1', 'f1', true],
    ['(a1 or a2) and b1', 'f1', false],
    ['not a1 and a2', 'f2', true],
    ['not (a1 and a2)', 'f1', true],
    ['not a1 or a2', 'f1 f2', true],
    ['1 of them', 'f3', true],
    ['1 of them', 'f4', false],
    ['any of them', 'f1', true],
    ['all of them', 'f1 f2 f3', true],
    ['all of them', 'f1 f2', false],
    ['1 of a*', 'f2', true],
    ['all of a*', 'f2', false],
    ['all of *1', 'f1 f3', true],
    ['all of a1', 'f1', true],
    ['1 of *', 'f4', false],
    ['1 of _*', 'f4', true],
    ['not 1 of a*', 'f3', true],
    ['not 1 of a* and b1', 'f3', true],
    ['A1 or b1', 'f3', null],
    ['a1 AND NOT b1', 'f1', true],
    ['((a1))and(b1)', 'f1 f3', true],
    ['[a1, b1]', 'f3', true],
  ])('%s, with %s: %s', (condition, fields, expected) => {
    if (expected === null) expect(() => holds(condition, fields)).toThrow(/unknown selection "A1"/);
    else expect(holds(condition, fields)).toBe(expected);
  });

  test('a selection may be called as a word is', () => {
    const engine = engineOf(ruleWith('not: {a: 1}\nof: {b: 1}\ncondition: not and of'));
    expect(engine.evaluate({ a: 1, b: 1 })).toHaveLength(1);
  });

  test.each([
    ['a1 and', 'x.yml:9:17: error: in the condition: expected a selection at the end'],
    ['and a1', 'x.yml:9:14: error: in the condition: expected a selection, not "and"'],
    ['(a1', 'x.yml:9:15: error: in the condition: unclosed "("'],
    ['a1)', 'x.yml:9:16: error: in the condition: expected "and", "or" or the end, not ")"'],
    ['a1 a2', 'x.yml:9:17: error: in the condition: expected "and", "or" or the end, not "a2"'],
    ['""', 'x.yml:9:14: error: in the condition: expected a selection at the end'],
    ['"a1 or a3"', 'x.yml:9:21: error: unknown selection "a3" (known: a1, a2, b1, _c)'],
    ['2 of a*', 'x.yml:9:14: error: in the condition: "2 of" is not part of Sigma (use "1 of", "any of" or "all of")'],
    ['1 of x*', 'x.yml:9:19: error: no selection matches "x*" (known: a1, a2, b1, _c)'],
    [
      'a1 | count() > 5',
      'x.yml:9:17: error: in the condition: aggregations ("| count() …") are not part of Sigma 2 (write a correlation rule)',
    ],
    ['[]', 'x.yml:9:14: error: the list of conditions is empty'],
    ['{a: b}', 'x.yml:9:14: error: a condition must be text, not a map'],
    [`${'('.repeat(1_000)}a1`, 'x.yml:9:78: error: in the condition: parentheses nested deeper than 64 levels'],
  ])('%s is refused at its place', (condition, problem) => {
    const problems = problemsOf(ruleWith(`${SELECTIONS}\ncondition: ${condition}`));
    expect(problems.filter((one) => one.includes('error'))).toEqual([problem]);
  });

  test('all of nothing is always true, with a notice', () => {
    const problems = problemsOf(ruleWith('a: {b: 1}\ncondition: a and all of x*'));
    expect(problems).toEqual(['x.yml:6:27: notice: no selection matches "x*": "all of" is then always true']);
  });

  test('a rule whose names expand to too much is rejected in time', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => i).join();
    const condition = Array.from({ length: 1_000 }, () => 'a').join(' or ');
    expect(problemsOf(ruleWith(`a: {b: [${values}]}\ncondition: ${condition}`))).toEqual([
      'x.yml:5:3: error: the rule has more than 20000 comparisons with its names resolved',
    ]);
  });
});

describe('the grammar', () => {
  /** A condition as it may be written, and what it means where some of a, b and c hold. */
  interface ParsedCondition {
    readonly text: string;
    readonly means: (holds: ReadonlySet<string>) => boolean;
    /** How tightly it binds: 0 or, 1 and, 2 not, 3 a name or parentheses. */
    readonly binds: number;
  }
  const NAMES = ['a', 'b', 'ca'];
  const within = ({ text, binds }: ParsedCondition, least: number) => (binds < least ? `( ${text})` : text);
  const word = (text: string) => fc.constantFrom(text, text.toUpperCase());
  const { condition } = fc.letrec<{ condition: ParsedCondition; name: ParsedCondition; quantified: ParsedCondition }>(
    (tie) => ({
      name: fc.constantFrom(...NAMES).map((name) => ({ text: name, binds: 3, means: (holds) => holds.has(name) })),
      quantified: fc
        .tuple(
          word('of'),
          fc.constantFrom('1', 'any', 'all', 'ALL'),
          fc.constantFrom('them', 'THEM', '*', '*a', 'c*', 'b'),
        )
        .map(([of, quantity, pattern]) => {
          const names = NAMES.filter((name) =>
            pattern.toLowerCase() === 'them' ? true : new RegExp(`^${pattern.replace('*', '.*')}$`).test(name),
          );
          const means: ParsedCondition['means'] = (holds) =>
            quantity.toLowerCase() === 'all'
              ? names.every((name) => holds.has(name))
              : names.some((name) => holds.has(name));
          return { text: `${quantity} ${of} ${pattern}`, binds: 3, means };
        }),
      condition: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('name'),
        tie('quantified'),
        fc.tuple(word('not'), tie('condition')).map(([not, of]) => ({
          text: `${not} ${within(of, 2)}`,
          binds: 2,
          means: (holds: ReadonlySet<string>) => !of.means(holds),
        })),
        fc.tuple(word('and'), tie('condition'), tie('condition')).map(([and, left, right]) => ({
          text: `${within(left, 1)} ${and} ${within(right, 1)}`,
          binds: 1,
          means: (holds: ReadonlySet<string>) => left.means(holds) && right.means(holds),
        })),
        fc.tuple(word('or'), tie('condition'), tie('condition')).map(([or, left, right]) => ({
          text: `${left.text}  ${or} ${right.text}`,
          binds: 0,
          means: (holds: ReadonlySet<string>) => left.means(holds) || right.means(holds),
        })),
      ),
    }),
  );

  const isMet = (formula: Formula<RuleLeaf>, holds: (rule: number) => boolean): boolean => {
    if (formula.kind === 'leaf') return holds(formula.rule);
    if (formula.kind === 'not') return !isMet(formula.of, holds);
    return formula.kind === 'and'
      ? formula.of.every((child) => isMet(child, holds))
      : formula.of.some((child) => isMet(child, holds));
  };

  test('means what it says, however it is put together', () => {
    const known = new Map(NAMES.map((name, rule) => [name, { kind: 'leaf', rule } as const]));
    const place = { line: 1, column: 1 };
    fc.assert(
      fc.property(condition, ({ text, means }) => {
        const problems: Problem[] = [];
        const value = { value: text, place, textPlace: place };
        const formula = readFormula(value, { noun: 'rule', known }, new Set(), createReport('x.yml', problems));
        expect(problems).toEqual([]);
        for (let i = 0; i < 2 ** NAMES.length; i++) {
          const holds = new Set(NAMES.filter((_, n) => (i & (1 << n)) !== 0));
          expect(formula && isMet(formula, (rule) => holds.has(NAMES[rule] ?? ''))).toBe(means(holds));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('never throws, whatever it is given', () => {
    const known = new Map([['a', { kind: 'leaf', rule: 0 } as const]]);
    const place = { line: 1, column: 1 };
    const tokens = fc.array(
      fc.constantFrom('a', 'b', 'and', 'or', 'not', '(', ')', '1', 'of', 'all', 'them', '*', '|', 'a*'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          tokens.map((list) => list.join(' ')),
        ),
        (text) => {
          const problems: Problem[] = [];
          const value = { value: text, place, textPlace: null };
          const formula = readFormula(value, { noun: 'rule', known }, new Set(), createReport('x.yml', problems));
          expect(formula !== null || problems.length > 0).toBe(true);
        },
      ),
    );
  });
});
