/**
 * The sentences about correlations as tests: a correlation over the rules a, b and c, entries with their times, and at
 * which of them it fires with what number.
 */
import { expect, test } from 'vitest';
import { compile, createSequence, type EntryBody } from '../../../src/sigma/index.ts';
import { document, errorsOf, indented, parse } from './examples.ts';

/**
 * Seconds, an entry, and the result: nothing; the number that the correlation fires with; or that it fires, whatever
 * the number.
 */
export type Step = readonly [seconds: number, entry: EntryBody, fires?: number | 'fires'];

/** A sentence, and what it means for a sequence of entries. */
export type Sequence = {
  readonly says: string;
  /** YAML: all that stands under `correlation:`. */
  readonly correlation: string;
  /** More documents beside it and the three rules. */
  readonly beside?: readonly string[];
} & ({ readonly steps: readonly Step[] } | { readonly refused: string } | { readonly notice: string });

/** An entry satisfies rule a if `is` holds an "a"; so "ab" satisfies two. */
export const ABC: readonly string[] = ['a', 'b', 'c'].map((name) =>
  document(`selection: {is|contains: ${name}}\ncondition: selection`, `name: ${name}\nid: id-of-${name}\n`),
);

/** A correlation's document; under test is the one named "it". */
export function correlation(body: string, name = 'it', head = ''): string {
  return `title: A correlation\nname: ${name}\n${head}correlation:\n${indented(body, 2)}\n`;
}

/** Each sequence as a test of its own. */
export function sequences(rows: readonly Sequence[]): void {
  test.each(rows)('$says', (row) => {
    const text = [...ABC, ...(row.beside ?? []), correlation(row.correlation)].join('---\n');
    if ('refused' in row) {
      expect(errorsOf(text).join('\n')).toContain(row.refused);
      return;
    }
    expect(errorsOf(text)).toEqual([]);
    if ('notice' in row) {
      const { problems } = parse(text);
      expect(problems.map(({ message }) => message).join('\n')).toContain(row.notice);
      return;
    }
    const steps = row.steps.map(([seconds, entry]) => [seconds, entry] as const);
    const fired = play(text, steps).map((correlationMatches) => correlationMatches[0]?.value);
    const wanted = row.steps.map(([, , fires], i) => (fires === 'fires' ? (fired[i] ?? 'fires') : fires));
    expect(row.steps.map(([seconds, entry], i) => [seconds, entry, fired[i]])).toEqual(
      row.steps.map(([seconds, entry], i) => [seconds, entry, wanted[i]]),
    );
  });
}

/** Of each entry, what the correlation named "it" fires with. */
export function play(
  text: string,
  steps: readonly (readonly [seconds: number, entry: EntryBody])[],
): readonly (readonly { readonly value: number; readonly seconds: number; readonly group: string }[])[] {
  const sequence = createSequence(compile(parse(text).ruleSet));
  return steps.map(([seconds, entry]) =>
    sequence
      .add(entry, START + seconds * 1_000)
      .correlationMatches.filter(({ rule }) => rule.name === 'it')
      .map(({ group, window: fired }) => ({
        value: fired.value,
        seconds: (fired.at - START) / 1_000,
        group: group.map(({ value }) => value).join('/'),
      })),
  );
}

const START = Date.parse('2025-01-01T00:00:00Z');
