/**
 * The specification's sentences as tests: each with entries that match and entries that do not, or with the error or
 * notice for a rule that violates it. Written from the specification, not from the code.
 */
import { expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { type Parsed, parseRules } from '../../../src/sigma/parse-rules.ts';
import type { EntryBody } from '../../../src/sigma/rule.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import { OPTIONS } from '../rules.ts';

/** A sentence, and what it means for entries. */
export type Example = {
  /** The specification's words, or what follows from them. */
  readonly says: string;
} & (
  | {
      /** YAML: one selection, whose name is the condition. */
      readonly selection: string;
    }
  | {
      /** YAML: all that stands under `detection:`, its condition too. */
      readonly detection: string;
    }
) &
  (
    | { readonly yes: readonly EntryBody[]; readonly no: readonly EntryBody[] }
    /** A part of the error, or of the warning or notice about a rule that still works. */
    | { readonly refused: string }
    | { readonly notice: string }
  );

/** Each example as a test of its own. `lists`: more files, by their paths. */
export function examples(rows: readonly Example[], lists: Readonly<Record<string, string>> = {}): void {
  test.each(rows)('$says', (row) => {
    const detection = 'selection' in row ? `selection: ${row.selection}\ncondition: selection` : row.detection;
    const { ruleSet, problems } = parse(document(detection), lists);
    const texts = (severity: string) =>
      problems.filter((one) => one.severity === severity).map((problem) => problemText(problem));
    if ('refused' in row) {
      expect(texts('error').join('\n')).toContain(row.refused);
      return;
    }
    expect(texts('error')).toEqual([]);
    if ('notice' in row) {
      expect([...texts('warning'), ...texts('notice')].join('\n')).toContain(row.notice);
      return;
    }
    const engine = compile(ruleSet);
    const matching = (entry: EntryBody) => engine.evaluate(entry).length > 0;
    expect(row.yes.filter((entry) => !matching(entry))).toEqual([]);
    expect(row.no.filter(matching)).toEqual([]);
    expect(row.yes.length).toBeGreaterThan(0);
    expect(row.no.length).toBeGreaterThan(0);
  });
}

/** A rule with these lines under `detection:`. */
export function document(detection: string, head = ''): string {
  return `title: A rule\n${head}logsource: {product: nirvana, service: audit}\ndetection:\n${indented(detection, 2)}\n`;
}

/** Parses one file and what it needs beside it. */
export function parse(text: string, others: Readonly<Record<string, string>> = {}): Parsed {
  const files = Object.entries(others).map(([path, other]) => ({ path, text: other }));
  const [lists = [], rules = []] = [true, false].map((are) =>
    files.filter(({ path }) => path.startsWith('lists/') === are),
  );
  return parseRules([{ path: 'x.yml', text }, ...rules], { ...OPTIONS, lists });
}

/** The errors of one file, as they are printed. */
export function errorsOf(text: string, others: Readonly<Record<string, string>> = {}): readonly string[] {
  return parse(text, others)
    .problems.filter(({ severity }) => severity === 'error')
    .map((problem) => problemText(problem));
}

/** Text moved so that its least indented line stands `by` to the right. */
export function indented(text: string, by: number): string {
  const lines = text.replace(/^\n|\n\s*$/g, '').split('\n');
  // The first line of `selection: …` is not indented like the others.
  const least = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => (line.trim() === '' ? '' : ' '.repeat(by) + line.slice(least))).join('\n');
}
