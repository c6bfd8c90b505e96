/**
 * Unicode properties and case variants as ranges.
 *
 * Contract: for build time, because a property takes about 50 ms the first time. The platform's RegExp decides, so there
 * are no Unicode tables here. Case folding is Unicode's simple one. Pure except for the cache.
 */
import { type CharSet, complement, LAST, type Property, type Ranges, united } from './charset.ts';

/** The ranges of a set. */
export function rangesOf({ ranges, others, negated }: CharSet): Ranges {
  const all = others.length === 0 ? ranges : united([...ranges, ...others.flatMap(rangesOfProperty)]);
  return negated ? complement(all) : all;
}

/** The property with this name; null if the platform knows none. */
export function createProperty(name: string, fold: boolean, negated: boolean): Property | null {
  for (const source of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    try {
      new RegExp(source, 'u');
      return { source, fold, negated };
    } catch {
      // Not a property in this form.
    }
  }
  return null;
}

function rangesOfProperty({ source, fold, negated }: Property): Ranges {
  const ranges = cached(`${fold}${source}`, () => scan(new RegExp(source, fold ? 'iu' : 'u'), LAST));
  return negated ? complement(ranges) : ranges;
}

/** A range with the case variants of its characters. */
export function folded(first: number, last: number): Ranges {
  return cached(`${first}-${last}`, () => {
    const set = new RegExp(`[\\u{${first.toString(16)}}-\\u{${last.toString(16)}}]`, 'giu');
    const points = (casedText().match(set) ?? []).map((char) => char.codePointAt(0) as number);
    return united([first, last, ...points.flatMap((point) => [point, point])]);
  });
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

/** The characters up to `last` that match. */
function scan(expression: RegExp, last: number): Ranges {
  const ranges: number[] = [];
  for (let point = 0; point <= last; point++) {
    if (!expression.test(String.fromCodePoint(point))) continue;
    if (ranges.at(-1) === point - 1) ranges[ranges.length - 1] = point;
    else ranges.push(point, point);
  }
  return ranges;
}
