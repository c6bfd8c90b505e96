/**
 * A rule file as the rule's page shows it: what the page has above it as prose is left out, and so are the tests, of which a
 * comment says how many there are. They are most of the text, and would be in the bundle. Pure.
 */
import { isMap, isScalar, isSeq, type Pair, parseAllDocuments, type YAMLMap } from 'yaml';
import { counted } from '../text/numbers.ts';

const PROSE: readonly unknown[] = ['description', 'falsepositives', 'references', 'author', 'runbook'];

/** The text without these; all else is unchanged, comments too. A text that is not YAML stays whole, and so do maps in braces. */
export function shownSource(text: string): string {
  const cuts = [...parseAllDocuments(text)].flatMap(({ errors, contents }) => {
    if (errors.length > 0 || !isMap(contents)) return [];
    const tocsin = contents.get('tocsin');
    return [contents, ...(isMap(tocsin) ? [tocsin] : [])].flatMap((map) => cutsIn(text, map, map === tocsin));
  });
  let shown = text;
  for (const { from, to, note } of cuts.sort((a, b) => b.from - a.from)) {
    shown = `${shown.slice(0, from)}${note}${shown.slice(to)}`;
  }
  return shown;
}

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly note: string;
}

function cutsIn(text: string, map: YAMLMap, isTocsin: boolean): readonly Cut[] {
  if (map.flow) return [];
  return map.items.flatMap((pair) => {
    const name = isScalar(pair.key) ? pair.key.value : null;
    if (isTocsin && name === 'tests' && isSeq(pair.value)) {
      return [cutOf(text, pair, `# ${counted(pair.value.items.length, 'test')}: see the file`)];
    }
    return PROSE.includes(name) ? [cutOf(text, pair, '')] : [];
  });
}

/** From the key to the end of the value's last line; without a note, its whole lines. */
function cutOf(text: string, { key, value }: Pair, note: string): Cut {
  const from = rangeOf(key)[0];
  // The end of a list or a folded text is behind its last line break.
  const last = text.slice(0, rangeOf(value)[1]).trimEnd().length;
  const end = text.slice(last).search(/\r?\n/);
  const to = end < 0 ? text.length : last + end;
  if (note !== '') return { from, to, note };
  const next = text.indexOf('\n', to);
  return { from: text.lastIndexOf('\n', from) + 1, to: next < 0 ? text.length : next + 1, note };
}

function rangeOf(node: unknown): readonly [number, number] {
  const { range } = (node ?? {}) as { readonly range?: readonly [number, number, number] };
  return range === undefined ? [0, 0] : [range[0], range[1]];
}
