/** Reads the log source of a rule: which log it is for. Pure. */

import { nearest } from '../../text/nearest.ts';
import type { Report } from '../../yaml/diagnostics.ts';
import { attributesOf, readMap, readText, reportTypos } from '../../yaml/fields.ts';
import type { MapNode } from '../../yaml/yaml.ts';

const KEYS = ['category', 'product', 'service'] as const;

/** Hint: what to write. */
export const OUR_LOG_SOURCE = 'Tocsin reads {product: nirvana, service: audit}';

export interface LogSource {
  readonly category: string | null;
  readonly product: string | null;
  readonly service: string | null;
}

/** Whether rules for a log source are used. */
export type Accepts = (source: LogSource) => boolean;

/** The audit log of Nirvana Labs: `product: nirvana`, and `service: audit` or no service. */
export const isAuditLog: Accepts = ({ category, product, service }) =>
  category === null && product === 'nirvana' && (service === null || service === 'audit');

/** Whether two log sources may be the same log: where both have a value, it is the same. */
export function mayOverlap(one: LogSource, other: LogSource): boolean {
  return KEYS.every((key) => one[key] === null || other[key] === null || one[key] === other[key]);
}

/** Reads the log source of a detection or filter; null if it has an error, which is reported. */
export function readLogSource(document: MapNode, report: Report): LogSource | null {
  const entry = attributesOf(document).get('logsource');
  if (entry === undefined) {
    report.error(document.place, 'the rule has no logsource', OUR_LOG_SOURCE);
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
  const isEmpty = category === null && product === null && service === null;
  if (isEmpty && report.errors() === errors) {
    report.error(map.place, 'the logsource has no category, product or service', OUR_LOG_SOURCE);
  }
  if (source.product !== null && nearest(source.product, ['nirvana']) !== null && source.product !== 'nirvana') {
    report.error(map.place, `the product "${source.product}" looks like a typo`, 'did you mean "nirvana"?');
  }
  if (source.product === 'nirvana' && source.service !== 'audit' && nearest(source.service ?? '', ['audit']) !== null) {
    report.error(map.place, `the service "${source.service}" looks like a typo`, 'did you mean "audit"?');
  }
  return report.errors() > errors ? null : source;
}
