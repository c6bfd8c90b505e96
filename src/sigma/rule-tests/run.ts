/**
 * Runs the tests in rules' files.
 *
 * Contract: each test is run by itself, with empty windows. Pure.
 */
import type { Problem } from '../../yaml/diagnostics.ts';
import { createSequence } from '../correlate/sequence.ts';
import type { Engine } from '../engine.ts';
import { foundText, matchText, missText, progressText, type SequenceStep, satisfiedText } from './explain.ts';
import type { RuleTest, TestEntry } from './rule-test.ts';

/** A failed test. */
export interface FailedTest {
  readonly test: RuleTest;
  readonly matched: boolean;
  /** What happened instead, as a sentence. */
  readonly found: string;
}

/**
 * Runs tests; returns those that fail. Of one that expects alerts, only whether the rule matches at all: what alerts is
 * decided above sigma/. The engine needs all rules: a correlation may refer to rules of other files. */
export function runTests(engine: Engine, tests: readonly RuleTest[]): readonly FailedTest[] {
  return tests.flatMap((test) => {
    if (test.kind === 'filter') throw new Error('tests of filters are run by runFilterTests');
    const { matched, found } = test.kind === 'detection' ? runDetection(engine, test) : runCorrelation(engine, test);
    return matched === test.match ? [] : [{ test, matched, found }];
  });
}

/** What a failed test came to, and what was expected. */
export function failureText({ test, found }: FailedTest): string {
  const expected = expectedText(test);
  return expected === null ? found : `${found} (${expected})`;
}

/** What alerts should open stands in `found` where they do not. */
function expectedText({ kind, match, expect }: RuleTest): string | null {
  if (kind === 'filter') return match ? 'expected not to be excluded' : 'expected to be excluded';
  return expect === null ? `expected ${match ? 'a match' : 'no match'}` : null;
}

/** A failed test as a problem of its rule. */
export function testProblem({ test, found }: FailedTest): Problem {
  const hint = expectedText(test);
  const message = `the test "${test.name}" fails: ${found}`;
  return { path: test.path, ...test.place, severity: 'error', message, hint };
}

type Result = Omit<FailedTest, 'test'>;

/** Every entry should match, or none; if an alert should open, one of them. */
function runDetection(engine: Engine, { rule: id, match, expect, entries }: RuleTest): Result {
  const matchOf = ({ body, at }: TestEntry) => engine.evaluate(body, at).find(({ rule }) => rule.id === id);
  if (expect !== null && match && entries.some((entry) => matchOf(entry) !== undefined))
    return { matched: true, found: '' };
  const index = entries.findIndex((entry) => (matchOf(entry) !== undefined) !== match);
  const entry = entries[index];
  if (entry === undefined) return { matched: match, found: '' };
  const found = matchOf(entry);
  const rule = engine.rules.get(id);
  const why =
    found !== undefined ? matchText(found.evidence) : rule?.kind === 'detection' && missText(rule, entry, engine);
  const what = found === undefined ? 'the rule does not match' : 'the rule matches';
  const which = entries.length === 1 ? '' : ` entry ${index + 1} of ${entries.length}`;
  return { matched: !match, found: `${what}${which}${why ? `: ${why}` : ''}` };
}

/** One of the entries should complete a match, or time, up to the last of them; or none should. */
function runCorrelation(engine: Engine, test: RuleTest): Result {
  const rule = engine.rules.get(test.rule);
  const sequence = createSequence(engine, { latenessMs: Number.POSITIVE_INFINITY });
  const steps: SequenceStep[] = [];
  for (const [i, { body, at }] of test.entries.entries()) {
    const { matches, correlationMatches } = sequence.add(body, at);
    steps.push({
      body,
      at,
      detections: new Set(matches.map((match) => match.rule.id)),
      correlations: correlationMatches,
    });
    const match = correlationMatches.find((each) => each.rule.id === test.rule);
    if (match === undefined) continue;
    if (test.match) return { matched: true, found: '' };
    const time = new Date(match.window.at).toISOString();
    const why = `${foundText(match)}; ${satisfiedText(match.rule, steps, engine)}`;
    return { matched: true, found: `it matches at entry ${i + 1} of ${test.entries.length}, at ${time}: ${why}` };
  }
  const newest = Math.max(...test.entries.map(({ at }) => at));
  const absence = sequence.elapse(newest).find((each) => each.rule.id === test.rule);
  if (absence !== undefined) {
    const time = new Date(absence.window.at).toISOString();
    return { matched: true, found: test.match ? '' : `it matches at ${time}: ${foundText(absence)}` };
  }
  if (!test.match || rule?.kind !== 'correlation') return { matched: false, found: '' };
  return { matched: false, found: `it does not match: ${progressText(rule, steps, engine)}` };
}
