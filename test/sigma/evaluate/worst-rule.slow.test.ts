/** For any rule that is accepted and a long text made of its own values: the time is bounded, as code and interpreted. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOf, parseRules } from '../../../src/sigma/build.ts';
import { compile } from '../../../src/sigma/engine.ts';
import type { EntryBody } from '../../../src/sigma/rule.ts';
import { msOf } from '../times.ts';
import { builtCode } from './agreement.ts';

/** The longest text that the times are about. */
const LENGTH = 200_000;
/** The longest text that code decides about. */
const CODE_LENGTH = 16_384;
/** Far more than a rule takes (docs/performance.md has what was measured), because tests run beside others. */
const PATIENCE_MS = 200;
const RULES = 150;

/** One character of each of Unicode's blocks of 1,024. */
const EVERYWHERE = Array.from({ length: 0x440 }, (_, block) => String.fromCodePoint(block * 1_024 + 7).toWellFormed());

const alphabet = fc.constantFrom('a', 'ab', 'abc', 'a/.\\', 'aé', '😀a', 'abcdefghijklmnop0123456789');

/** A rule's YAML and the texts that it searches for. */
const written = alphabet.chain((letters) => {
  const unit = fc.constantFrom(...letters);
  const word = (longest: number) => fc.string({ unit, minLength: 1, maxLength: longest });
  const short = fc.string({ unit: fc.constantFrom('a', 'b', 'x'), minLength: 1, maxLength: 8 });
  const list = (longest: number, most: number) => fc.array(word(longest), { minLength: 2, maxLength: most });
  const item = fc.oneof(
    fc.oneof(word(8), word(60), word(3_000)).map((one) => ['a|contains', quoted(one), [one]] as const),
    fc
      .tuple(fc.constantFrom('a|contains', 'a|startswith', 'a|endswith'), fc.oneof(list(8, 4), list(30, 200)))
      .map(([key, words]) => [key, `[${words.map(quoted).join(', ')}]`, words] as const),
    fc.integer({ min: 2, max: 3_000 }).map((length) => {
      const words = Array.from({ length }, (_, i) => `a${String.fromCodePoint(0x4e00 + i)}`);
      return ['a|contains', `[${words.map(quoted).join(', ')}]`, words] as const;
    }),
    list(30, 8).map((words) => ['a|contains|all', `[${words.map(quoted).join(', ')}]`, words] as const),
    fc
      .tuple(fc.constantFrom('*', ''), short, fc.constantFrom('*', '?', '*?'), short, fc.constantFrom('*', ''))
      .map(([start, one, gap, other, end]) => ['a', `'${start}${one}${gap}${other}${end}'`, [one, other]] as const),
    fc
      .tuple(short, fc.constantFrom('.*', '.{1,20}', '[^b]+', String.raw`\w+`, '(x|y)?', String.raw`\p{L}`), short)
      .map(([one, gap, other]) => ['a|re', `'${one}${gap}${other}'`, [one, other]] as const),
    short.map((one) => ['a|windash|contains', `' -${one} -${one}'`, [` -${one}`]] as const),
    fc.constant(['b|fieldref|contains', 'a', []] as const),
  );
  const items = fc.array(item, { minLength: 1, maxLength: 40 });
  const condition = fc.constantFrom('1 of s*', 'all of s*', 'not 1 of s*');
  return fc.record({ items, condition, letters: fc.constant(letters) });
});

test('the worst rule that is found', () => {
  let accepted = 0;
  fc.assert(
    fc.property(written, fc.infiniteStream(fc.nat()), ({ items, condition, letters }, numbers) => {
      const selections = items.map(([key, value], i) => `  s${i}:\n    ${key}: ${value}\n`).join('');
      const text = `title: x\nlogsource: {product: nirvana}\ndetection:\n${selections}  condition: ${condition}\n`;
      const { ruleSet, problems } = parseRules([{ path: 'x.yml', text }]);
      if (problems.some(({ severity }) => severity === 'error')) return;
      accepted++;
      const words = items.flatMap(([, , values]) => values);
      for (const long of textsOf(words, letters, numbers)) {
        for (const a of [long, long.slice(0, CODE_LENGTH)]) {
          for (const engine of [compile(ruleSet), compile(ruleSet, { code: builtCode({ codeOf }, ruleSet) })]) {
            // As entries come.
            const body = JSON.parse(JSON.stringify({ a, b: letters.repeat(20) })) as EntryBody;
            expect(msOf(() => engine.evaluate(body).map(({ evidence }) => evidence))).toBeLessThan(PATIENCE_MS);
          }
        }
      }
    }),
    { numRuns: RULES },
  );
  expect(accepted).toBeGreaterThan(RULES / 3);
}, 300_000);

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\')}'`;
}

/** Texts of the words, of all but their ends, and of others. */
function* textsOf(words: readonly string[], letters: string, numbers: Iterator<number>): Generator<string> {
  const pick = <T>(of: readonly T[]): T => of[numbers.next().value % of.length] as T;
  const of = words.length === 0 ? [letters] : words;
  const near = of.flatMap((word) => [word.slice(0, -1), word.slice(1), `${word.slice(0, -1)}q`]);
  for (const pieces of [near, [pick(near)], [pick([...letters])], [letters, ...near], ['é字'], ['😀'], EVERYWHERE]) {
    let text = '';
    while (text.length < LENGTH) text += pick(pieces) || 'a';
    yield text.slice(0, LENGTH);
  }
}
