/** How a number of a rule meets a number or a text of an entry: exactly. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../src/sigma/codegen/generate.ts';
import { compile } from '../../../src/sigma/engine.ts';
import { canonicalDecimal, compareDecimals, numberOf, sameDecimal } from '../../../src/sigma/evaluate/number.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import type { SourceFile } from '../../../src/yaml/yaml.ts';
import { ruleWith } from '../rules.ts';

/** A rule's item; the entry's `a` in JSON; whether it matches. */
type Row = readonly [item: string, json: string, expected: boolean];

/** Asks the engine with and without generated code. */
function check(rows: readonly Row[], lists: readonly SourceFile[] = []): void {
  test.each(rows)('%s, of %s', (item, json, expected) => {
    const rule = { path: 'x.yml', text: ruleWith(`sel:\n  ${item}\ncondition: sel`) };
    const { ruleSet, problems } = parseRules([rule], { lists });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const code = new Function(`return ${codeOf(ruleSet)}`)();
    for (const engine of [compile(ruleSet), compile(ruleSet, { code })]) {
      for (const body of [JSON.parse(`{"a":${json}}`), JSON.parse(`{"a":["x",${json}]}`)]) {
        const [match] = engine.evaluate(body);
        expect(match !== undefined).toBe(expected);
        if (match !== undefined) expect(match.evidence).toHaveLength(1);
      }
    }
  });
}

describe('a number that is written otherwise than it is printed', () => {
  check([
    ['a: 1.10', '"1.10"', true],
    ['a: 1.10', '"1.1"', true],
    ['a: 1.10', '1.1', true],
    ['a: 1.10', '"1.100"', false],
    ['a: 007', '"007"', true],
    ['a: 007', '"7"', true],
    ['a: 007', '7', true],
    ['a: 007', '"07"', false],
    ['a: 0x1F', '"0x1f"', true],
    ['a: 0x1F', '31', true],
    ['a: 0x1F', '"31"', true],
    ['a: 0o17', '15', true],
    ['a: .5', '0.5', true],
    ['a: .5', '"0.5"', true],
    ['a: .5', '".5"', true],
    ['a: +5', '5', true],
    ['a: +5', '"+5"', true],
    ['a: -0', '0', true],
    ['a: -0', '-0', true],
    ['a: -0', '"0"', true],
    ['a: -0', '"-0"', true],
    ['a: 0', '-0', true],
    ['a: 0', '"-0"', false],
    ['a: 1e3', '1000', true],
    ['a: 1e3', '"1000"', true],
    ['a: 1e3', '"1E3"', true],
    ['a|cased: 1e3', '"1E3"', false],
    ['a: 1e3', '"1e+3"', false],
    ['a: 1000', '"1e3"', false],
    ['a: 0.0000001', '"1e-7"', true],
    ['a: 1e22', '"1e+22"', true],
    ['a: 1e22', '10000000000000000000000', true],
    ['a: 00000000000000000000000000000001', '"00000000000000000000000000000001"', true],
    ['a|neq: 1.10', '"1.10"', false],
    ['a: [2, 1.10]', '"1.10"', true],
    ['a: 1_000', '1000', false],
    ['a: 1_000', '"1_000"', true],
    ['a|re: 1.10', '"x1.10"', true],
    ['a|re: 1.10', '"1.1"', false],
  ]);
});

describe('equality with a number that is not a double', () => {
  check([
    ['a: 9007199254740993', '"9007199254740993"', true],
    ['a: 9007199254740993', '"9007199254740992"', false],
    ['a: 9007199254740993', '9007199254740993', true],
    ['a: 9007199254740993', '9007199254740992', true],
    ['a: 9007199254740993', '9007199254740994', false],
    ['a: -9007199254740993', '-9007199254740993', true],
    ['a: -9007199254740993', '"-9007199254740992"', false],
    ['a: -9007199254740993', '9007199254740993', false],
    ['a: 9007199254740992', '"9007199254740992"', true],
    ['a: 9232379236109516800', '9232379236109516800', true],
    ['a: 9232379236109516800', '"9232379236109516800"', true],
    ['a: 9232379236109516800', '"9232379236109517000"', false],
    ['a: 9232379236109516800', '9232379236109510000', false],
    ["a: '1234567890123456789'", '1234567890123456789', true],
    ["a: '1234567890123456789'", '"1234567890123456789"', true],
    ["a: '1234567890123456789'", '"1234567890123456800"', false],
    ["a|cased: '1234567890123456789'", '1234567890123456789', true],
    ['a: [5, -1234567890123456789]', '-1234567890123456789', true],
    ['a: [9007199254740993, 5]', '"9007199254740992"', false],
    ['a|neq: 1234567890123456789', '1234567890123456789', false],
    ['a|neq: 9007199254740993', '"9007199254740992"', true],
    ['a: 12345678901234567890', '"12345678901234567890"', true],
    ['a: 1e30', '1e30', true],
    ['a: 0.1000000000000000055', '0.1', true],
    ['a: 0.1000000000000000055', '"0.1000000000000000055"', true],
    ['a: 0.1000000000000000055', '"0.1"', false],
    ['a: 1e-400', '0', true],
    ['a: 1e-400', '"0"', false],
    ['a: 0xFFFFFFFFFFFFFFFF', '18446744073709551615', true],
    ['a: 0xFFFFFFFFFFFFFFFF', '"18446744073709551615"', true],
    ['a: 0xFFFFFFFFFFFFFFFF', '"18446744073709552000"', false],
    ['a: 1e400', '"1e400"', true],
    ['a: 1e400', '1e400', false],
    ['a: .inf', '".inf"', true],
    ['a: .inf', '1e400', false],
    ['a: .nan', '".nan"', true],
    ['a: 9007199254740993', 'true', false],
  ]);
});

describe('an order', () => {
  check([
    ['a|gte: 9007199254740993', '"9007199254740992"', false],
    ['a|gte: 9007199254740993', '"9007199254740993"', true],
    ['a|gte: 9007199254740993', '"9007199254740992.99"', false],
    ['a|gt: 9007199254740993', '"9007199254740993"', false],
    ['a|gt: 9007199254740993', '"9007199254740993.0000000001"', true],
    ['a|lt: 9007199254740993', '"9007199254740992"', true],
    ['a|lte: 9007199254740993', '"9007199254740993.0"', true],
    ['a|lte: 9007199254740993', '"9007199254740994"', false],
    ['a|gt: -9007199254740993', '"-9007199254740992"', true],
    ['a|lt: -9007199254740993', '"-9007199254740993"', false],
    ['a|gt: 9007199254740993', '9307199254740993', true],
    ['a|gt: 9007199254740993', '9007199254740993', false],
    ['a|gte: 9007199254740993', '9007199254740992', true],
    ['a|gt: 9007199254740993', '5', false],
    ['a|gt: 0.1', '"0.1000000000000000001"', true],
    ['a|gt: 0.1', '0.1', false],
    ['a|gte: 0.1', '"0.1"', true],
    ['a|gte: 0.1', '"0.09999999999999999999"', false],
    ['a|lte: 0.1', '"1e-1"', true],
    ['a|gt: 0.1000000000000000055', '"0.1000000000000000054"', false],
    ['a|gt: 0.1000000000000000055', '"0.1000000000000000056"', true],
    ['a|gte: 0.1000000000000000055', '0.1', true],
    ['a|gt: 1e30', '"1000000000000000000000000000001"', true],
    ['a|gte: 1e30', '1e30', true],
    ['a|gt: 0x1F', '"31.5"', true],
    ['a|lt: 0o17', '14', true],
    ['a|gte: .5', '".5"', true],
    ['a|gte: +5', '"+5.0"', true],
    ['a|gt: 0xFFFFFFFFFFFFFFFF', '"18446744073709551615"', false],
    ['a|gt: 0xFFFFFFFFFFFFFFFF', '"18446744073709551616"', true],
    ['a|gte: -0', '"0"', true],
    ['a|gt: -0', '"-0"', false],
    ['a|gt: 1e-400', '"0"', false],
    ['a|gt: 1e-400', '"2e-400"', true],
    ['a|lt: 1', '"1e-999999999999999999999999999999"', true],
    ['a|gt: 1', '"1e999999999"', true],
    ['a|gt: 1.7976931348623157e308', '"1.7976931348623158e308"', true],
    ['a|gt: 5', '"6x"', false],
    ['a|gt: 5', '" 6"', false],
    ['a|gt: 5', '"0x6"', false],
    ['a|gt: 5', '""', false],
    ['a|gt: 5', 'true', false],
    ['a|gt: 5', 'null', false],
    ['a|lt: 5', '"Infinity"', false],
    ['a|gt: 5', `"${'6'.repeat(40)}"`, true],
    ['a|gt: 5', `"${'6'.repeat(41)}"`, false],
  ]);
});

describe('the number of a list', () => {
  const text = 'ns: [1.10, 9007199254740993, word]\nlimit: 9007199254740993\n';
  check(
    [
      ["a|expand: '%ns%'", '1.1', true],
      ["a|expand: '%ns%'", '"1.10"', true],
      ["a|expand: '%ns%'", '"1.1"', true],
      ["a|expand: '%ns%'", '9007199254740993', true],
      ["a|expand: '%ns%'", '"9007199254740993"', true],
      ["a|expand: '%ns%'", '"9007199254740992"', false],
      ["a|expand: '%ns%'", '"Word"', true],
      ["a|expand|cased: '%ns%'", '"Word"', false],
      ["a|expand: [5, '%ns%']", '5', true],
      ["a|expand|neq: '%ns%'", '"9007199254740993"', false],
      ["a|expand|gte: '%limit%'", '"9007199254740992"', false],
      ["a|expand|gte: '%limit%'", '"9007199254740993"', true],
    ],
    [{ path: 'lists/x.yml', text }],
  );
});

describe('decimals', () => {
  test.each([
    ['1.10', '1.1', 0],
    ['-0', '0', 0],
    ['0e999999999', '0', 0],
    ['+5.', '5', 0],
    ['.5', '5e-1', 0],
    ['1E3', '1000', 0],
    ['9007199254740993', '9007199254740992', 1],
    ['-2', '1', -1],
    ['-2', '-1', -1],
    ['-0.5', '-0.25', -1],
    ['1e999999999', '1e1000000000', -1],
    ['1e-9999999999999999999999', '1e-9999999999999999999998', -1],
    ['0.9', '1', -1],
    ['99', '100', -1],
    ['1', '0', 1],
  ])('%s and %s', (a, b, order) => {
    expect(Math.sign(compareDecimals(a, b))).toBe(order);
    expect(Math.sign(compareDecimals(b, a)) + order).toBe(0);
    expect(sameDecimal(a, b)).toBe(order === 0);
    expect(canonicalDecimal(a) === canonicalDecimal(b)).toBe(order === 0);
  });

  test.each(['', '.', 'e5', '1e', '--1', '1_000', '0x1f', 'Infinity', 'NaN', ' 1', '1 ', '١'])(
    '%j is not a decimal',
    (text) => {
      expect(compareDecimals(text, '1')).toBeNaN();
      expect(compareDecimals('1', text)).toBeNaN();
      expect(sameDecimal(text, text)).toBe(false);
      expect(canonicalDecimal(text)).toBeNull();
      expect(numberOf(text)).toBeNaN();
    },
  );

  const digits = fc.array(fc.constantFrom('0', '0', '1', '9'), { maxLength: 8 }).map((all) => all.join(''));
  const decimal = fc
    .tuple(fc.constantFrom('', '-', '+'), digits, fc.constantFrom('', '.'), digits, fc.integer({ min: -9, max: 9 }))
    .map(([sign, whole, point, fraction, e]) => `${sign}${whole}${point}${fraction}0e${e}`);

  test('compare as fractions do', () => {
    // With the point moved right by more than there are places, whole numbers.
    const scaled = (text: string) => {
      const [head = '', e = ''] = text.replace('+', '').split('e');
      const [whole = '', fraction = ''] = head.replace('-', '').split('.');
      const size = BigInt(whole + fraction) * 10n ** BigInt(30 + Number(e) - fraction.length);
      return head.startsWith('-') ? -size : size;
    };
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [x, y] = [scaled(a), scaled(b)];
        expect(Math.sign(compareDecimals(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0);
        expect(sameDecimal(a, canonicalDecimal(a) ?? '')).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('take time in proportion to their length', () => {
    const zeros = '0'.repeat(1_000_000);
    expect(sameDecimal(`1${zeros}1${zeros}`, `${zeros}1${zeros}2`)).toBe(false);
    expect(canonicalDecimal(`${'1'.repeat(1_000_000)}x`)).toBeNull();
  });
});
