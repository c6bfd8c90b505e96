/** Reads the log source of a rule: which log it is for. Pure. */

import { nearest } from '../../text/nearest.ts';
import { type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { attributesOf, readMap, readText, reportTypos } from '../../yaml/fields.ts';
import type { MapNode } from '../../yaml/yaml.ts';

const KEYS = ['category', 'product', 'service'] as const;

export interface LogSource {
  readonly category: string | null;
  readonly product: string | null;
  readonly service: string | null;
}

/** The log that rules are for: its names, in small letters. */
export interface OwnLog {
  readonly product: string;
  readonly service: string;
}

/** Whether a rule is for our log, which it may name by its product alone. Without a log of our own, every rule is. */
export function isForLog({ category, product, service }: LogSource, log: OwnLog | null): boolean {
  if (log === null) return true;
  return category === null && product === log.product && (service === null || service === log.service);
}

/** A hint that names our log. */
export function logSourceHint(log: OwnLog | null): string | undefined {
  return log === null ? undefined : `the log here is {product: ${log.product}, service: ${log.service}}`;
}

/** Whether two log sources may be the same log: where both have a value, it is the same. */
export function mayOverlap(one: LogSource, other: LogSource): boolean {
  return KEYS.every((key) => one[key] === null || other[key] === null || one[key] === other[key]);
}

/** Reads the log source of a detection or filter. */
export function readLogSource(document: MapNode, log: OwnLog | null, report: Report): LogSource {
  const entry = attributesOf(document).get('logsource');
  if (entry === undefined) report.error(document.place, 'the rule has no logsource', logSourceHint(log));
  const errors = report.errors();
  const map = readMap(entry, report);
  if (map === null) return { category: null, product: null, service: null };
  const attributes = attributesOf(map);
  const [category = null, product = null, service = null] = KEYS.map(
    (key) => readText(attributes.get(key), report)?.trim().toLowerCase() ?? null,
  );
  const source: LogSource = { category, product, service };
  reportTypos(map, [...KEYS, 'definition'], KEYS, report);
  const isEmpty = category === null && product === null && service === null;
  if (isEmpty && report.errors() === errors) {
    report.error(map.place, 'the logsource has no category, product or service', logSourceHint(log));
  }
  if (log !== null) reportMisspelled(source, log, map.place, report);
  return source;
}

/** Reports a misspelled name of our log, which would skip the rule. */
function reportMisspelled({ category, product, service }: LogSource, log: OwnLog, place: Place, report: Report): void {
  const hint = logSourceHint(log);
  if (product === log.product) {
    const [key, other] = service === log.service || service === null ? ['category', category] : ['service', service];
    if (other !== null) report.error(place, `${log.product} has no log of the ${key} "${truncate(other)}"`, hint);
  } else if (product !== null && isLike(product, log.product)) {
    report.error(place, `the product "${truncate(product)}" looks like a typo`, `did you mean "${log.product}"?`);
  } else if (product === null && category === null && service === log.service) {
    report.error(place, 'the logsource has no product', hint);
  }
}

/** Whether a name is near ours, or ours with something before or after it. */
function isLike(name: string, ours: string): boolean {
  return nearest(name, [ours]) !== null || name.includes(ours);
}
