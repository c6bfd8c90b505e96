/**
 * Decides whether the platform's RegExp, which backtracks, can search for a tree in bounded time.
 *
 * Contract: only a tree with few ways to match from one character is searched with RegExp, so the time stays linear. The
 * result is the same as the automaton's. Pure.
 */
import type { CharSet } from './charset.ts';
import type { Assertion, Node } from './node.ts';

/** Steps from one character of a text over all ways: enough for a few words or an address. A step takes about 1 ns. */
const STEPS_MAX = 300;

/** The same for trees that are not selective: most characters of a text may take all steps. */
const UNSELECTIVE_STEPS_MAX = 10;

/**
 * The source of a RegExp with the flag `u` that matches what the tree matches. Null if it could take too long, can't be
 * expressed, or may match the empty text, which V8 also finds between the halves of a surrogate pair.
 */
export function boundedSource(node: Node): string | null {
  const { steps, least } = effortOf(node);
  if (least === 0 || steps > (selectivityOf(node) > 0 ? STEPS_MAX : UNSELECTIVE_STEPS_MAX)) return null;
  return sourceOf(node);
}

interface Effort {
  /** In how many ways the node can match at one place. */
  readonly ways: number;
  /** Characters and assertions tested over all ways. */
  readonly steps: number;
  /** The least number of characters of a match. */
  readonly least: number;
}

const NO_EFFORT: Effort = { ways: 1, steps: 0, least: 0 };

function effortOf(node: Node): Effort {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return { ways: 1, steps: 1, least: 0 };
    case 'chars':
      return { ways: 1, steps: 1, least: 1 };
    case 'choice':
      return node.of.map(effortOf).reduce(eitherOf);
    case 'sequence':
      return node.of.map(effortOf).reduce(inSequence, NO_EFFORT);
    case 'repeat': {
      // Each repetition takes at least one step.
      if (node.max > STEPS_MAX) return { ways: STEPS_MAX, steps: STEPS_MAX + 1, least: 0 };
      const once = effortOf(node.of);
      let run = NO_EFFORT;
      let ways = 0;
      for (let times = 0; times <= node.max; times++) {
        if (times >= node.min) ways += run.ways;
        if (run.steps > STEPS_MAX || ways > STEPS_MAX) return { ways, steps: STEPS_MAX + 1, least: 0 };
        if (times < node.max) run = inSequence(run, once);
      }
      return { ways, steps: run.steps + 1, least: node.min * once.least };
    }
  }
}

function eitherOf(all: Effort, one: Effort): Effort {
  return { ways: all.ways + one.ways, steps: all.steps + one.steps + 1, least: Math.min(all.least, one.least) };
}

function inSequence(all: Effort, one: Effort): Effort {
  return { ways: all.ways * one.ways, steps: all.steps + all.ways * one.steps, least: all.least + one.least };
}

const ASSERTIONS: { readonly [what in Assertion]: string } = {
  start: '^',
  end: '$',
  lineStart: String.raw`(?<![^\n])`,
  lineEnd: String.raw`(?![^\n])`,
  word: String.raw`\b`,
  notWord: String.raw`\B`,
};

function sourceOf(node: Node): string | null {
  switch (node.kind) {
    case 'empty':
      return '';
    case 'assert':
      return ASSERTIONS[node.what];
    case 'chars':
      return sourceOfSet(node.set);
    case 'repeat': {
      const once = sourceOf(node.of);
      return once === null ? null : `(?:${once}){${node.min},${node.max}}`;
    }
    case 'choice':
    case 'sequence': {
      const sources = node.of.map(sourceOf);
      if (sources.includes(null)) return null;
      return node.kind === 'choice' ? `(?:${sources.join('|')})` : sources.join('');
    }
  }
}

function sourceOfSet({ ranges, others, negated }: CharSet): string | null {
  if (others.length > 0) return null;
  const points = ranges.map(sourceOfPoint);
  const [first, last] = points;
  if (!negated && points.length === 2 && first === last && first !== undefined) return first;
  return `[${negated ? '^' : ''}${points.map((point, i) => (i % 2 === 0 ? point : `-${point}`)).join('')}]`;
}

function sourceOfPoint(point: number): string {
  const char = String.fromCodePoint(point);
  return /^[0-9A-Za-z_/]$/.test(char) ? char : `\\u{${point.toString(16)}}`;
}

/** How rare the node is in texts: the number of its characters that have only a few choices. */
export function selectivityOf(node: Node): number {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return 0;
    case 'chars': {
      const { ranges, others, negated } = node.set;
      const size = ranges.reduce((sum, point, i) => (i % 2 === 0 ? sum - point : sum + point + 1), 0);
      return !negated && others.length === 0 && size <= 4 ? 1 : 0;
    }
    case 'repeat':
      return node.min * selectivityOf(node.of);
    case 'choice':
      return Math.min(...node.of.map(selectivityOf));
    case 'sequence':
      return node.of.reduce((sum, one) => sum + selectivityOf(one), 0);
  }
}
