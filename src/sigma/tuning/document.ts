/**
 * A rule's document with the values of a tuning in place of its own, as if the rule had been written so.
 *
 * Contract: what the document has no place for is reported in the tuning, and null is returned. Pure.
 */
import { attributesOf, isGiven } from '../../yaml/fields.ts';
import type { MapEntry, MapNode, Node } from '../../yaml/yaml.ts';
import type { Tuning } from './read.ts';

/** The document of a detection or correlation, tuned; null if that can't be, which is reported. */
export function tunedDocument(document: MapNode, { given, report }: Tuning): MapNode | null {
  const errors = report.errors();
  let tuned = document;
  const [level, tags, timespan, threshold, dedup] = ['level', 'tags', 'timespan', 'threshold', 'dedup'].map((key) =>
    given.get(key),
  );
  if (level !== undefined) tuned = withEntry(tuned, level);
  if (tags !== undefined) {
    const before = attributesOf(document).get('tags');
    tuned = withEntry(tuned, {
      ...tags,
      value: { kind: 'list', items: [...itemsOf(before), ...itemsOf(tags)], place: tags.value.place },
    });
  }
  for (const count of [threshold, timespan]) {
    if (count === undefined) continue;
    const correlation = attributesOf(tuned).get('correlation');
    if (correlation?.value.kind !== 'map') {
      report.error(count.keyPlace, `a detection has no ${count.key}`, 'only correlations count');
      continue;
    }
    const changed = count === timespan ? withEntry(correlation.value, count) : withThreshold(correlation.value, count);
    if (changed !== null) tuned = withEntry(tuned, { ...correlation, value: changed });
    else
      report.error(
        count.keyPlace,
        'the rule has no threshold: its condition has no single "gte" or "gt"',
        'disable it, and write one of your own in rules/local/',
      );
  }
  if (dedup !== undefined) {
    const tocsin = attributesOf(tuned).get('tocsin') ?? { ...dedup, key: 'tocsin', value: EMPTY(dedup.value) };
    const before = attributesOf(mapOf(tocsin)).get('dedup');
    const entries = dedup.value.kind === 'map' ? dedup.value.entries : null;
    // What is not a map is reported by who reads it.
    const value = entries === null ? dedup.value : entries.reduce(withEntry, mapOf(before) ?? EMPTY(dedup.value));
    tuned = withEntry(tuned, { ...tocsin, value: withEntry(mapOf(tocsin) ?? EMPTY(dedup.value), { ...dedup, value }) });
  }
  return report.errors() > errors ? null : tuned;
}

const EMPTY = ({ place }: Node): MapNode => ({ kind: 'map', entries: [], place });

function mapOf(entry: MapEntry | undefined): MapNode | null {
  return entry?.value.kind === 'map' ? entry.value : null;
}

function itemsOf(entry: MapEntry | undefined): readonly Node[] {
  if (!isGiven(entry)) return [];
  return entry.value.kind === 'list' ? entry.value.items : [entry.value];
}

/** A map with an entry in place of the one with its key, or after all others. */
function withEntry(map: MapNode, entry: MapEntry): MapNode {
  const isNew = !map.entries.some(({ key }) => key === entry.key);
  const entries = isNew ? [...map.entries, entry] : map.entries.map((each) => (each.key === entry.key ? entry : each));
  return { ...map, entries };
}

/** A correlation with another number in its only lower bound; null if it has none, or several. */
function withThreshold(correlation: MapNode, { value }: MapEntry): MapNode | null {
  const condition = attributesOf(correlation).get('condition');
  const bounds = mapOf(condition)?.entries.filter(({ key }) => key === 'gte' || key === 'gt') ?? [];
  const [bound] = bounds;
  const map = mapOf(condition);
  if (condition === undefined || map === null || bound === undefined || bounds.length > 1) return null;
  return withEntry(correlation, { ...condition, value: withEntry(map, { ...bound, value }) });
}
