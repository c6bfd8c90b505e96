/** Which log a rule is about, and whether that is ours. Pure. */

import { nearest } from '../../text/nearest.ts';
import type { Report } from '../../yaml/diagnostics.ts';
import { attributesOf, readMap, readText, reportTypos } from '../../yaml/fields.ts';
import type { MapNode } from '../../yaml/yaml.ts';

/** The keys that say which log it is. */
const KEYS = ['category', 'product', 'service'] as const;

/** What to write, for hints. */
export const OUR_LOG_SOURCE = 'ours is {product: nirvana, service: audit}';

export interface LogSource {
  readonly category: string | null;
  readonly product: string | null;
  readonly service: string | null;
}

/** Whether rules for a log source are evaluated here. */
export type Accepts = (source: LogSource) => boolean;

/** The audit log of Nirvana Labs: `product: nirvana`, with `service: audit` or none. */
export const isAuditLog: Accepts = ({ category, product, service }) =>
  category === null && product === 'nirvana' && (service === null || service === 'audit');

/** Whether two log sources may be of one log: what both of them say is the same. */
export function mayOverlap(one: LogSource, other: LogSource): boolean {
  return KEYS.every((key) => one[key] === null || other[key] === null || one[key] === other[key]);
}

/** Reads the log source of a detection or filter; null where it has an error, which is reported. */
export function readLogSource(document: MapNode, report: Report): LogSource | null {
  const entry = attributesOf(document).get('logsource');
  if (entry === undefined) {
    report.error(document.place, 'the rule names no logsource', OUR_LOG_SOURCE);
    return null;
  }
  const errors = report.errors();
  const map = readMap(entry, report);
  if (map === null) return null;
  const attributes = attributesOf(map);
  const [category = null, product = null, service = null] = KEYS.map(
    (key) => readText(attributes.get(key), report)?.trim().toLowerCase() ?? null,
  );
  const source: LogSource = { category, product, service };
  reportTypos(map, [...KEYS, 'definition'], KEYS, report);
  const isSilent = category === null && product === null && service === null;
  if (isSilent && report.errors() === errors) {
    report.error(map.place, 'the logsource names neither category, product nor service', OUR_LOG_SOURCE);
  }
  if (source.product !== null && nearest(source.product, ['nirvana']) !== null && source.product !== 'nirvana') {
    report.error(map.place, `the product "${source.product}" is near ours`, 'did you mean "nirvana"?');
  }
  if (source.product === 'nirvana' && source.service !== 'audit' && nearest(source.service ?? '', ['audit']) !== null) {
    report.error(map.place, `the service "${source.service}" is near ours`, 'did you mean "audit"?');
  }
  return report.errors() > errors ? null : source;
}
