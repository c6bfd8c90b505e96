/**
 * A rule file as the rule's page shows it: its tests are left out: they are most of the
 * text, and would be in the bundle. A comment says how many there are. Pure.
 */
import { isMap, isScalar, isSeq, type Pair, parseAllDocuments } from 'yaml';
import { counted } from '../text/numbers.ts';

/** The text without what is under `tocsin.tests`; all else is unchanged, comments too. A text that is not YAML stays whole. */
export function shownSource(text: string): string {
  const cuts = [...parseAllDocuments(text)].flatMap((document) => {
    const tocsin = document.errors.length === 0 && isMap(document.contents) ? document.contents.get('tocsin') : null;
    const tests = isMap(tocsin) && !tocsin.flow ? tocsin.items.find(isTests) : undefined;
    return tests === undefined ? [] : [cutOf(text, tests)];
  });
  let shown = text;
  for (const { from, to, note } of cuts.reverse()) shown = `${shown.slice(0, from)}${note}${shown.slice(to)}`;
  return shown;
}

function isTests({ key, value }: Pair): boolean {
  return isScalar(key) && key.value === 'tests' && isSeq(value);
}

/** From the key to the end of the value's last line. */
function cutOf(
  text: string,
  { key, value }: Pair,
): { readonly from: number; readonly to: number; readonly note: string } {
  const from = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
  const tests = isSeq(value) ? value.items.length : 0;
  // A list's own end is behind its last line break.
  const last = text.slice(0, isSeq(value) ? value.range?.[1] : from).trimEnd().length;
  const rest = text.slice(last).search(/\r?\n/);
  return { from, to: rest < 0 ? text.length : last + rest, note: `# ${counted(tests, 'test')}: see the file` };
}
