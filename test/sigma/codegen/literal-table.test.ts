/** The table of literals finds what trying each finds: short ones too, few and many, in short and in long texts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Literal } from '../../../src/sigma/codegen/literal.ts';
import { LiteralTable, withAnchors } from '../../../src/sigma/codegen/literal-table.ts';
import { fold } from '../../../src/sigma/evaluate/fold.ts';

const unit = fc.constantFrom('a', 'b', 'c', '1', '/', 'é', 'ſ', '字', '😀');
const short = fc.string({ unit, minLength: 1, maxLength: 3 });
const long = fc.string({ unit, minLength: 3, maxLength: 7 });

const literal = fc
  .tuple(fc.oneof(short, long), fc.constantFrom<Literal['place'][]>('whole', 'start', 'end', 'anywhere', 'anywhere'))
  .map(([text, place]): Literal => ({ text: fold(text), place }));
const literals = fc
  .oneof(fc.array(literal, { maxLength: 8 }), fc.array(literal, { minLength: 40, maxLength: 120 }))
  .map((all) => [{ text: '', place: 'whole' } as const, ...all])
  .map((all) => [...new Map(all.map((one) => [`${one.place} ${one.text}`, one])).values()]);
const upper = fc.constantFrom('A', 'B', 'É', 'x');
const text = fc.string({ unit: fc.oneof(unit, upper), maxLength: 20 });
/** So long that even a few literals are not searched one by one. */
const PADDING = 'z'.repeat(70_000);

test('all literals in a text are found, each once', () => {
  fc.assert(
    fc.property(literals, fc.array(fc.tuple(text, fc.boolean()), { minLength: 1, maxLength: 6 }), (all, texts) => {
      const table = new LiteralTable(withAnchors(all));
      for (const [one, isLong] of texts) {
        const raw = isLong ? `${one}${PADDING}${one}` : one;
        const found: number[] = [];
        table.scan(raw, { text: () => fold(raw) }, (number) => found.push(number));
        const expected = [...all.keys()].filter((number) => isIn(all[number] as Literal, fold(raw)));
        expect(found.sort((a, b) => a - b)).toEqual(expected);
      }
    }),
    { numRuns: 200 },
  );
});

function isIn({ text: part, place }: Literal, whole: string): boolean {
  switch (place) {
    case 'whole':
      return whole === part;
    case 'start':
      return whole.startsWith(part);
    case 'end':
      return whole.endsWith(part);
    case 'anywhere':
      return whole.includes(part);
  }
}
