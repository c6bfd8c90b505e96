/**
 * Finds known keys that stand where they do nothing, and says where they belong.
 *
 * Contract: Sigma allows custom keys in a document, so that such a key is a warning; if its section lacks it, an error. Pure.
 */
import type { Report } from '../../yaml/diagnostics.ts';
import { attributesOf } from '../../yaml/fields.ts';
import type { MapNode } from '../../yaml/yaml.ts';
import { RULE_KEYS, type SECTIONS, TOCSIN_KEYS } from './header.ts';

/** What sections need, and is often written beside them. */
const NEEDED: { readonly [section in (typeof SECTIONS)[number]]: readonly string[] } = {
  detection: ['condition'],
  correlation: ['type', 'rules', 'group-by', 'timespan', 'condition'],
  filter: ['rules', 'condition'],
};
/** Keys of correlations, of Sigma 1 and of other tools. */
const COUNTING: readonly string[] = ['timeframe', 'timespan', 'group-by', 'threshold'];

/**
 * Reports misplaced keys at the root of a document. False: the section lacks one of them, and whatever else is wrong with it
 * may follow from that.
 */
export function reportMisplaced(document: MapNode, section: (typeof SECTIONS)[number], report: Report): boolean {
  const inner = attributesOf(document).get(section)?.value;
  const inside = attributesOf(inner?.kind === 'map' ? inner : null);
  let isWhole = true;
  for (const { key, keyPlace } of document.entries) {
    const message = `"${key}" does nothing here`;
    const home = homeOf(key);
    if (!NEEDED[section].includes(key)) {
      if (home !== null && home !== ROOT) report.warning(keyPlace, message, home);
    } else if (inside.has(key)) {
      report.warning(keyPlace, message, `there is one under "${section}:" too: remove this one`);
    } else {
      report.error(keyPlace, message, `it belongs under "${section}:"`);
      isWhole = false;
    }
  }
  return isWhole;
}

const ROOT = 'it belongs at the root of the document';

/** Where a key of detections belongs that is not one there; null: it is no known key. */
export function homeOf(key: string): string | null {
  if ((RULE_KEYS as readonly string[]).includes(key)) return ROOT;
  if ((TOCSIN_KEYS as readonly string[]).includes(key)) return 'it belongs under "tocsin:"';
  return COUNTING.includes(key) ? 'to count, write a correlation rule, which refers to this one by its name' : null;
}
