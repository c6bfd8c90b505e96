/**
 * Unicode properties and case variants as ranges.
 *
 * Contract: for build time, because a property takes about 50 ms the first time. The platform's RegExp decides, so there
 * are no Unicode tables here. Case folding is Unicode's simple one. Pure except for the cache.
 */
import { complement, LAST, type Ranges, united } from './charset.ts';

/** The set of ranges in any order: with their case variants if `fold`; then, if `negated`, everything outside. */
export function createSet(ranges: Ranges, fold: boolean, negated = false): Ranges {
  const set = fold ? folded(ranges) : united(ranges);
  return negated ? complement(set) : set;
}

/** The characters that have the property with this name; null if the platform knows none. */
export function rangesOfProperty(name: string): Ranges | null {
  for (const source of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    try {
      const property = new RegExp(source, 'u');
      return cached(source, () => scan(property));
    } catch {
      // Not a property in this form.
    }
  }
  return null;
}

/** Ranges with the case variants of their characters. */
function folded(ranges: Ranges): Ranges {
  return cached(ranges.join(), () => {
    const spelled = ranges.map((point, i) => `${i % 2 === 0 ? '' : '-'}\\u{${point.toString(16)}}`);
    const points = (casedText().match(new RegExp(`[${spelled.join('')}]`, 'giu')) ?? []).map(codeOf);
    return united([...ranges, ...points.flatMap((point) => [point, point])]);
  });
}

function codeOf(char: string): number {
  return char.codePointAt(0) as number;
}

/** No character beyond has case variants. */
const CASED_LAST = 0x1_efff;
let cased = '';

/** All characters that have case variants. */
function casedText(): string {
  if (cased !== '') return cased;
  for (let point = 0; point <= CASED_LAST; point++) {
    const char = String.fromCodePoint(point);
    if (/\p{Changes_When_Casemapped}/u.test(char)) cased += char;
  }
  return cased;
}

const CACHE = new Map<string, Ranges>();

function cached(key: string, create: () => Ranges): Ranges {
  const known = CACHE.get(key) ?? create();
  CACHE.set(key, known);
  return known;
}

/** The characters that match. */
function scan(expression: RegExp): Ranges {
  const ranges: number[] = [];
  for (let point = 0; point <= LAST; point++) {
    if (!expression.test(String.fromCodePoint(point))) continue;
    if (ranges.at(-1) === point - 1) ranges[ranges.length - 1] = point;
    else ranges.push(point, point);
  }
  return ranges;
}
