/** Rules for tests, written short. */
import { compile, type Engine } from '../../src/sigma/engine.ts';
import { type Parsed, parseRules } from '../../src/sigma/parse-rules.ts';
import { problemText } from '../../src/yaml/diagnostics.ts';

/** The options of Tocsin that concern no entry. */
export const OPTIONS = { logsource: { product: 'nirvana', service: 'audit' }, folder: 'rules/' } as const;

/** A detection with these lines under `detection:`, each indented by two. */
export function ruleWith(detection: string, id = 'r-1'): string {
  const lines = detection.replace(/^\n|\n\s*$/g, '').split('\n');
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  const body = lines.map((line) => `  ${line.slice(indent)}`).join('\n');
  return `title: A rule\nid: ${id}\nlogsource: {product: nirvana, service: audit}\ndetection:\n${body}\n`;
}

/** The problems of a file `x.yml`, as they are printed. */
export function problemsOf(text: string): readonly string[] {
  return parseRules([{ path: 'x.yml', text }], OPTIONS).problems.map((problem) => problemText(problem));
}

/** Parses what must have no errors. */
export function parsed(...texts: readonly string[]): Parsed {
  const result = parseRules(
    texts.map((text, i) => ({ path: `${i}.yml`, text })),
    OPTIONS,
  );
  const errors = result.problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((problem) => problemText(problem)).join('\n'));
  return result;
}

/** Compiles what must have no errors. */
export function engineOf(...texts: readonly string[]): Engine {
  return compile(parsed(...texts).ruleSet);
}
